"""Buckets and objects: gcp-storage-emulator's store with generations that only grow."""

import json
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from gcp_storage_emulator.exceptions import BadRequest  # type: ignore[import-untyped]
from gcp_storage_emulator.settings import STORAGE_DIR  # type: ignore[import-untyped]
from gcp_storage_emulator.storage import (  # type: ignore[import-untyped]
    RESUMABLE_DIR,
    Storage,
)

Resource = dict[str, Any]


@dataclass(frozen=True)
class Finalized:
    """An object that came to be, and the generation that it replaced, if any."""

    resource: Resource
    overwrote: str | None


class ObjectStore(Storage):  # type: ignore[misc]
    """The package's store; its callers hold the server's lock."""

    def __init__(self, data_dir: Path) -> None:
        self.files_root: Path = data_dir / STORAGE_DIR
        self._finalized: list[Finalized] = []
        self._generation = 0
        self._changed = False
        super().__init__(data_dir=str(data_dir))

    def find(self, bucket: str, name: str) -> Resource | None:
        """The object's resource, or None."""
        found: Resource | None = self.objects.get(bucket, {}).get(name)
        return found

    def take_finalized(self) -> list[Finalized]:
        """The objects that came to be since the last call."""
        taken, self._finalized = self._finalized, []
        return taken

    def flush(self) -> None:
        """Write the index if anything changed: a kill loses what changed since the last call."""
        if not self._changed:
            return
        self._changed = False
        index = {
            "buckets": self.buckets,
            "objects": self.objects,
            "resumable": self.resumable,
            "bucket_iam_policies": self.bucket_iam_policies,
            "soft_deleted": self.soft_deleted,
        }
        fresh = self.files_root / ".meta.new"
        fresh.write_text(json.dumps(index), encoding="utf-8")
        fresh.replace(self.files_root / ".meta")

    def create_file(
        self,
        bucket_name: str,
        file_name: str,
        content: bytes,
        file_obj: Resource,
        file_id: str | None = None,
    ) -> None:
        """Store an object, whichever way it came: upload, copy or compose."""
        previous = self.find(bucket_name, file_name)
        self._stamp(file_obj, len(content))
        super().create_file(bucket_name, file_name, content, file_obj, file_id)
        overwrote = previous["generation"] if previous else None
        self._finalized.append(Finalized(dict(file_obj), overwrote))

    def get_resumable_byte_count(self, file_id: str) -> int:
        """How much of an unfinished upload is there, in bytes."""
        path = self._unfinished(file_id)
        return path.stat().st_size if path.exists() else 0

    def add_to_resumable_upload(
        self,
        file_id: str,
        content: bytes | None,
        total_size: int | None = None,
        expected_start: int | None = None,
    ) -> bytes | None:
        """Append a chunk, which the package does by writing all before it again.

        Returns the whole content once it is complete; raises BadRequest for a chunk out of turn.
        """
        received = self.get_resumable_byte_count(file_id)
        if expected_start not in (None, received):
            raise BadRequest(f"The next chunk starts at {received}, not at {expected_start}")
        path = self._unfinished(file_id)
        path.parent.mkdir(exist_ok=True)
        with path.open("ab") as file:
            file.write(content or b"")
        if total_size is None or path.stat().st_size < total_size:
            return None
        return path.read_bytes()[:total_size]

    def _unfinished(self, file_id: str) -> Path:
        folder: Path = self.files_root / RESUMABLE_DIR
        return folder / str(self.safe_id(file_id))

    def _stamp(self, resource: Resource, size: int) -> None:
        # The package takes the generation when an upload starts, counts a first version as the
        # second, and puts the server's port into mediaLink, which outlives it on disk: without
        # one, clients make the address themselves.
        self._generation = max(time.time_ns() // 1000, self._generation + 1)
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        generation = str(self._generation)
        resource.update(
            id=f"{resource['bucket']}/{resource['name']}/{generation}",
            generation=generation,
            metageneration="1",
            etag=f"{generation}/1",
            size=str(size),
            timeCreated=now,
            updated=now,
        )
        resource.pop("mediaLink", None)

    def _write_config_to_file(self) -> None:
        # Called by the package at every change, when it would write the whole index again.
        self._changed = True

    def _bucket_soft_delete_retention_seconds(self, bucket_name: str) -> int:
        return 0  # The package's default keeps deleted objects for seven days.
