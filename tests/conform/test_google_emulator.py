"""Google's own Pub/Sub emulator, held to the same probes where this machine has it."""

from collections.abc import Iterator

import pytest

from conform.catalogue import probes
from conform.local import local_place
from conform.probes import Probe, agrees
from conform.running import Result, run
from tests.local.pubsub.google import MISSING, google_command, google_emulator

SERVICES = ("delivery.", "subscriptions.", "dead_letters.")
UNFILTERED = "It keeps filters, and applies none."
# It writes no rows, so that is not asked.
ASKED = [
    probe
    for probe in probes()
    if probe.name.startswith(SERVICES) and probe.name != "dead_letters.messages_become_rows"
]
DIFFERS = {
    "delivery.retry_policy_delays": "A rejected message comes at once, whatever the policy.",
    "subscriptions.filter_takes_equal_values": UNFILTERED,
    "subscriptions.filter_takes_other_values": UNFILTERED,
    "subscriptions.filters_combine": UNFILTERED,
    "subscriptions.long_filter_is_refused": UNFILTERED,
    "subscriptions.deadlines_have_limits": "It takes less than 10 seconds.",
    "subscriptions.attributes_have_a_limit": "It takes more than 100 attributes.",
}


@pytest.fixture(scope="session")
def google_results() -> Iterator[dict[str, Result]]:
    """What came of the probes of Pub/Sub on Google's emulator, by name."""
    command = google_command()
    if command is None:
        pytest.skip(MISSING)
    with google_emulator(command) as host, local_place(host) as place:
        place.open()
        yield {result.probe.name: result for result in run(place, ASKED, lambda _: None)}
        place.remove()
        place.close()


@pytest.mark.parametrize("probe", ASKED, ids=lambda probe: probe.name)
def test_googles_emulator_does_what_is_expected_of_pubsub(
    probe: Probe, google_results: dict[str, Result]
) -> None:
    result = google_results[probe.name]
    assert result.error == ""
    as_expected = agrees(probe.expected, result.observed)
    assert as_expected == (probe.name not in DIFFERS), result.observed
