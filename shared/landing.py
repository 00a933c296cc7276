"""Batches on Cloud Storage: immutable parts, checkpoints, and a manifest written last.

    landing/<pipeline>/<dataset>/<batch_id>/<part>-<digest>.ndjson.gz
    landing/<pipeline>/<dataset>/<batch_id>/<part>.checkpoint.json
    landing/<pipeline>/<dataset>/<batch_id>/manifest.json
    rejects/<pipeline>/<dataset>/<batch_id>/<part>-<digest>.ndjson.gz

Every object is created once (`if_generation_match=0`). A part's name holds the digest of its
content, so writing it again changes nothing; a checkpoint and a manifest belong to whoever is
first, and who comes second takes what the first wrote. Nothing reads a batch without a manifest.
"""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from shared import bucket, clock
from shared.days import Window
from shared.errors import ContractError
from shared.events import IngestCompleted
from shared.payloads import quoted

FOLDER = "landing/"
CHECKPOINT = ".checkpoint.json"
# So many manifests are read side by side where all of a dataset are.
READERS = 16
# An object's name has at most 1024 bytes, a bucket's 222:
# https://cloud.google.com/storage/docs/objects#naming
LONGEST_ADDRESS_BYTES = 1_024 + 222 + len("gs:///")


@dataclass(frozen=True)
class Landed:
    """What lies on Cloud Storage for one raw table of a batch. `days` are those of its rows.

    `fetched` rows came from the source and as many `landed`: in the `objects`, or (`rejected` of
    them, which did not fit their types) in the `rejects`. Only those in the objects are loaded, so
    fetched = landed = loaded + rejected. Beside them the objects have a line for each rejected row,
    with nothing but its position and its key, if that can be read.
    `fingerprints` are those of the good rows, as
    `shared.fingerprints.written` gives them; None in manifests from before there were any.
    """

    table: str
    objects: tuple[str, ...]
    rejects: tuple[str, ...]
    fetched: int
    landed: int
    rejected: int
    days: tuple[date, ...]
    fingerprints: dict[str, Any] | None = None


@dataclass(frozen=True)
class Manifest:
    """A complete batch: what was asked for, when the pull began, and what it brought.

    `business_units` are those whose rows it speaks for; None: all of them.
    """

    batch_id: str
    run_id: str
    pipeline: str
    dataset: str
    business_units: tuple[str, ...] | None
    window: Window
    pulled_at: datetime
    tables: tuple[Landed, ...]

    @property
    def days(self) -> tuple[date, ...]:
        """The window's days, those without rows as well (they may have had some), and the rows'."""
        days = set(self.window.days()).union(*(table.days for table in self.tables))
        return tuple(sorted(days))

    @property
    def fetched(self) -> int:
        """Rows that the source gave."""
        return sum(table.fetched for table in self.tables)

    @property
    def landed(self) -> int:
        """Rows on Cloud Storage, the rejected ones included."""
        return sum(table.landed for table in self.tables)

    @property
    def rejected(self) -> int:
        """Rows in the batch's rejects."""
        return sum(table.rejected for table in self.tables)


@dataclass(frozen=True)
class Batch:
    """The place of a batch on Cloud Storage."""

    pipeline: str
    dataset: str
    batch_id: str

    @property
    def folder(self) -> str:
        """The prefix of the batch's own objects, without the bucket."""
        return f"{FOLDER}{self.pipeline}/{self.dataset}/{self.batch_id}"

    @property
    def manifest_uri(self) -> str:
        """The manifest's gs:// address."""
        return bucket.uri(self._manifest)

    @property
    def _manifest(self) -> str:
        return f"{self.folder}/manifest.json"

    def part(self, part: str) -> str:
        """The name of a part of the batch, without what its content adds."""
        return f"{self.folder}/{part}"

    def rejects(self, part: str) -> str:
        """The name of a part's rejected rows, which are kept beside the batch."""
        return f"rejects/{self.pipeline}/{self.dataset}/{self.batch_id}/{part}"

    def checkpoint(self, part: str, content: Mapping[str, Any]) -> dict[str, Any]:
        """Record that `part` is done, unless it is already; returns what is recorded."""
        return bucket.create_json(f"{self.folder}/{part}{CHECKPOINT}", content)

    def progress(self) -> tuple[Manifest | None, dict[str, dict[str, Any]]]:
        """The manifest; or, as long as there is none, what is recorded of each part, by part."""
        names = bucket.list_objects(f"{self.folder}/")
        if self._manifest in names:
            return self.manifest(), {}
        done = (name for name in names if name.endswith(CHECKPOINT))
        start = len(self.folder) + 1
        return None, {name[start : -len(CHECKPOINT)]: bucket.read_json(name) for name in done}

    def completed(self, manifest: Manifest, **ids: Any) -> IngestCompleted:
        """The event that says so, with the ids that its cause gives it."""
        return IngestCompleted(
            **ids,
            dataset=manifest.dataset,
            batch_id=manifest.batch_id,
            manifest_uri=self.manifest_uri,
            fetched=manifest.fetched,
            landed=manifest.landed,
            rejected=manifest.rejected,
        )

    def manifest(self) -> Manifest | None:
        """The batch's manifest, or None as long as the batch isn't complete."""
        content = bucket.find_json(self._manifest)
        return None if content is None else _manifest(content)

    def complete(self, manifest: Manifest) -> Manifest:
        """Write the manifest, unless there is one; returns the one that holds."""
        return _manifest(bucket.create_json(self._manifest, asdict(manifest)))


def read_manifest(address: str) -> Manifest:
    """The manifest at a gs:// address; ContractError when there is none."""
    content = bucket.find_json(bucket.object_name(address)) if _is_ours(address) else None
    if content is None:
        raise ContractError(
            f"expected a manifest at {address:.300}, found nothing: not a complete batch"
        )
    try:
        return _manifest(content)
    except (KeyError, TypeError, ValueError) as error:
        raise ContractError(f"{address}: expected a manifest, found {quoted(content)}") from error


def manifests(pipeline: str, dataset: str) -> list[Manifest]:
    """Return the manifest of every complete batch of a dataset, in the order of their pulls."""
    names = bucket.list_objects(f"{FOLDER}{pipeline}/{dataset}/")
    with ThreadPoolExecutor(READERS, initializer=clock.handed_on()) as pool:
        found = pool.map(bucket.read_json, (n for n in names if n.endswith("/manifest.json")))
    landed = (_manifest(content) for content in found)
    return sorted(landed, key=lambda manifest: (manifest.pulled_at, manifest.batch_id))


def _is_ours(address: str) -> bool:
    is_short = len(address.encode()) <= LONGEST_ADDRESS_BYTES
    return is_short and address.startswith(bucket.uri(FOLDER))


def _manifest(content: dict[str, Any]) -> Manifest:
    window = content["window"]
    units = content["business_units"]
    tables = tuple(_landed(table) for table in content["tables"])
    return Manifest(
        **{
            **content,
            "business_units": None if units is None else tuple(units),
            "window": Window(
                date.fromisoformat(window["first"]), date.fromisoformat(window["last"])
            ),
            "pulled_at": datetime.fromisoformat(content["pulled_at"]),
            "tables": tables,
        }
    )


def _landed(content: dict[str, Any]) -> Landed:
    return Landed(
        **{
            **content,
            "objects": tuple(content["objects"]),
            "rejects": tuple(content["rejects"]),
            "days": tuple(date.fromisoformat(day) for day in content["days"]),
        }
    )
