"""One local cloud for every test that wants one.

- `cloud`       all of it, chains included, as `make up` runs it; empty at the start of a test
- `deployment`  tables, topics and a bucket of its services to which no function listens, empty too
"""

from collections.abc import Iterator
from datetime import date

import pytest
from hypothesis import HealthCheck, settings

from local.cloud import LocalCloud
from local.environment import environment
from shared import logs
from tests.deployment import create_deployment

# No test is timed: a busy machine is not a fault.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")

# A Sunday, the evening on which the specification's weekly reports are pulled.
TODAY = date(2025, 10, 19)


@pytest.fixture(autouse=True)
def no_labels() -> None:
    """Logs begin without the labels of a message that another test has handled."""
    logs.clear()


@pytest.fixture(scope="session")
def local_cloud() -> Iterator[LocalCloud]:
    """A running local cloud, in force only in the tests that ask for `cloud`."""
    running = LocalCloud(today=TODAY)
    running.start()
    yield running
    running.stop()


@pytest.fixture
def cloud(local_cloud: LocalCloud) -> Iterator[LocalCloud]:
    """The local cloud, with ServiceTitan's tenant at the end of TODAY.

    Ask for windows: without one, a pull asks for days by the real clock, later than any of those.
    """
    with local_cloud.in_force():
        yield local_cloud
        local_cloud.reset()


@pytest.fixture(scope="session")
def deployed(local_cloud: LocalCloud) -> dict[str, str]:
    """What of the environment makes it a deployment that no function listens to."""
    variables = {"BATON_PREFIX": "quiet-", "BATON_BUCKET": "quiet"}
    with local_cloud.in_force(), environment(variables):
        create_deployment()
    return variables


@pytest.fixture
def deployment(local_cloud: LocalCloud, deployed: dict[str, str]) -> Iterator[LocalCloud]:
    """A deployment that no function listens to."""
    with local_cloud.in_force(), environment(deployed):
        yield local_cloud
        local_cloud.reset()
