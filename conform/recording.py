"""The recording: what was observed on Google's services, or is documented where nothing was yet."""

import json
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from conform.probes import Json, Probe, agrees
from conform.running import Result

FILE = Path(__file__).with_name("recording.json")
DOCUMENTED, OBSERVED = "documented", "observed"

# By the probes' names: basis, expected; if observed, also observed and date.
Recording = Mapping[str, Mapping[str, Any]]


def read(file: Path = FILE) -> Recording:
    """Return the recording; an empty one where there is none."""
    if not file.exists():
        return {}
    found: Recording = json.loads(file.read_text(encoding="utf-8"))
    return found


def write(recording: Recording, file: Path = FILE) -> None:
    """Write the recording."""
    text = json.dumps(recording, indent=1, ensure_ascii=False)
    file.write_text(text + "\n", encoding="utf-8")


def updated(
    before: Recording, probes: Iterable[Probe], results: Iterable[Result], today: date
) -> Recording:
    """Return the recording of these probes, with what was observed now and before."""
    observed = {result.probe.name: result.observed for result in results if not result.error}
    return {probe.name: _entry(probe, before, observed, today) for probe in probes}


def truth(probe: Probe, recording: Recording) -> Json:
    """Return what the local cloud is held to: what Google does if that is not what it says."""
    entry = recording[probe.name]
    if entry["basis"] == DOCUMENTED or agrees(probe.expected, entry["observed"]):
        return probe.expected
    return entry["observed"]


def _entry(
    probe: Probe, before: Recording, observed: Mapping[str, Json], today: date
) -> Mapping[str, Any]:
    known = before.get(probe.name, {})
    if probe.name in observed:
        found = {"date": str(today), "observed": observed[probe.name]}
    elif known.get("basis") == OBSERVED:
        found = {"date": known["date"], "observed": known["observed"]}
    else:
        return {"basis": DOCUMENTED, "expected": probe.expected}
    return {"basis": OBSERVED, "expected": probe.expected, **found}
