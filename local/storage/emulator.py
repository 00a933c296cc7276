"""Start and stop the local Cloud Storage."""

import threading
from pathlib import Path
from typing import Self

from local.service import Service
from local.storage.notifications import Config, Publish
from local.storage.server import StorageServer
from local.storage.store import ObjectStore

FLUSH_SECONDS = 0.5
POLL_SECONDS = 0.05  # How long stop() may wait for the server to notice.


class StorageEmulator(Service):
    """Cloud Storage over the files below `data_dir`, which outlive it.

    `publish` is called with (topic, data, attributes) for each notification of a bucket: topic as
    `projects/…/topics/…`, data and attributes as the real service sends them. It is called from
    the thread that serves the request, before the answer.
    """

    def __init__(self, data_dir: Path, port: int = 0, publish: Publish | None = None) -> None:
        self._store = ObjectStore(data_dir.resolve())
        self._port = port
        self._publish = publish
        self._server: StorageServer | None = None
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []

    @property
    def files_root(self) -> Path:
        """The folder whose children are the buckets, and theirs the objects."""
        return self._store.files_root

    @property
    def url(self) -> str:
        """What `STORAGE_EMULATOR_HOST` is to be."""
        return f"http://127.0.0.1:{self._running.server_port}"

    @property
    def calls(self) -> int:
        """How many requests it has answered since it was started."""
        return self._running.calls

    def notifications(self, bucket: str) -> list[Config]:
        """The notification configurations of a bucket, as the API returns them."""
        return self._running.notifications.of(bucket)

    def start(self) -> Self:
        """Listen; returns once clients can connect."""
        server = StorageServer(self._store, self._port, self._publish)
        self._stopping.clear()
        self._threads = [
            threading.Thread(target=server.serve_forever, args=(POLL_SECONDS,), daemon=True),
            threading.Thread(target=self._flush_until_stopped, args=(server,), daemon=True),
        ]
        for thread in self._threads:
            thread.start()
        self._server = server
        return self

    def clear(self) -> None:
        """Delete every object; buckets and their notifications stay."""
        with self._running.lock:
            self._store.wipe(keep_buckets=True)

    def stop(self) -> None:
        """Stop listening, end the open connections, and write the index."""
        server, self._server = self._running, None
        server.shutdown()
        server.server_close()
        self._stopping.set()
        for thread in self._threads:
            thread.join()
        with server.lock:
            self._store.flush()

    @property
    def _running(self) -> StorageServer:
        if self._server is None:
            raise RuntimeError("The local storage is not running: call start() first.")
        return self._server

    def _flush_until_stopped(self, server: StorageServer) -> None:
        while not self._stopping.wait(FLUSH_SECONDS):
            with server.lock:
                self._store.flush()
