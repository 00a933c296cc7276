"""The local cloud as the place of a run."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from conform.place import Place
from local.environment import environment
from local.services import GoogleServices
from shared import clients

PROJECT = "conform-local"


class LocalPlace(Place):
    """A place without rights: everybody may do everything."""

    def let_storage_publish(self, topic: str) -> None:
        """Grant nothing."""

    def let_pubsub_bury(self, subscription: str, topic: str) -> None:
        """Grant nothing."""

    def let_pubsub_write(self) -> None:
        """Grant nothing."""


@contextmanager
def local_place(pubsub_host: str | None = None) -> Iterator[LocalPlace]:
    """Start the local services, within which Google's clients lead to them.

    `pubsub_host` is the address of another Pub/Sub emulator, such as Google's own.
    """
    with (
        tempfile.TemporaryDirectory(prefix="baton-") as folder,
        GoogleServices(Path(folder)) as services,
    ):
        variables = {
            **services.variables,
            "GOOGLE_CLOUD_PROJECT": PROJECT,
            "BATON_BUCKET": PROJECT,
        }
        if pubsub_host:
            variables["PUBSUB_EMULATOR_HOST"] = pubsub_host
        with environment(variables):
            clients.forget()
            yield LocalPlace(PROJECT)
            clients.forget()
