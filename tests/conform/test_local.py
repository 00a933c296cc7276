"""The local cloud does what Google's services do, probe by probe, but for declared differences."""

import pytest

from conform import recording
from conform.catalogue import probes
from conform.probes import Probe, agrees
from conform.running import Result

KNOWN = recording.read()
ASKED = [probe for probe in probes() if probe.observe]
SAME = [probe for probe in ASKED if probe.local is None]
DIFFERENT = [probe for probe in ASKED if probe.local and probe.local.observed is not None]


def _name(probe: Probe) -> str:
    return probe.name


@pytest.mark.parametrize("probe", SAME, ids=_name)
def test_the_local_cloud_does_as_google_does(probe: Probe, results: dict[str, Result]) -> None:
    result = results[probe.name]
    assert result.error == ""
    assert agrees(recording.truth(probe, KNOWN), result.observed), result.observed


@pytest.mark.parametrize("probe", DIFFERENT, ids=_name)
def test_the_local_cloud_differs_as_declared(probe: Probe, results: dict[str, Result]) -> None:
    result = results[probe.name]
    assert result.error == ""
    assert probe.local is not None
    assert agrees(probe.local.observed, result.observed), result.observed
    assert not agrees(recording.truth(probe, KNOWN), result.observed), "no longer a difference"
