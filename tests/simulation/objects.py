"""The local Cloud Storage, asked in this process: its own handler, on bytes instead of a socket."""

import io
from collections.abc import Callable, Mapping
from http.client import HTTPResponse
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from local.storage.server import StorageRequestHandler, StorageServer
from local.storage.store import ObjectStore


class Objects:
    """Buckets and objects below a folder; `respond` answers one request of the JSON API."""

    def __init__(self, folder: Path) -> None:
        self.store = ObjectStore(folder)
        self._server = _Server(self.store, 0, publish=None)

    def respond(
        self,
        method: str,
        path: str,
        query: dict[str, list[str]],
        headers: Mapping[str, str],
        body: bytes,
    ) -> tuple[int, Mapping[str, str], bytes]:
        """Answer a request."""
        target = quote(path, safe="/%") + (f"?{urlencode(query, doseq=True)}" if query else "")
        lines = [f"{method} {target} HTTP/1.1", "Connection: close"]
        lines += [
            f"{name}: {value}" for name, value in headers.items() if name.lower() != "connection"
        ]
        connection = _Connection("\r\n".join([*lines, "", ""]).encode() + body)
        StorageRequestHandler(connection, ("client", 0), self._server)
        answer = HTTPResponse(_Connection(connection.answer()))  # type: ignore[arg-type]
        answer.begin()
        return answer.status, dict(answer.getheaders()), answer.read()

    def clear(self) -> None:
        """Delete every object, and count generations anew; buckets stay."""
        self.store.wipe(keep_buckets=True)
        self.store._generation = 0


class _Server(StorageServer):
    """The local Cloud Storage's server, which listens to nobody."""

    def server_bind(self) -> None:
        """Take no port, and need no socket."""
        self.socket.close()

    def server_activate(self) -> None:
        """Accept no connections."""


class _Connection:
    """As much of a socket as a request handler, or a response's reader, uses."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._written: list[bytes] = []

    def makefile(self, mode: str, *_: Any) -> Any:
        return io.BytesIO(self._content) if "r" in mode else _Written(self._written.append)

    def sendall(self, data: bytes) -> None:
        self._written.append(data)

    def setsockopt(self, *_: object) -> None:
        """There is nothing to set."""

    def answer(self) -> bytes:
        return b"".join(self._written)


class _Written(io.BytesIO):
    """A file that hands over what was written when it is closed or flushed."""

    def __init__(self, take: Callable[[bytes], None]) -> None:
        super().__init__()
        self._take = take

    def flush(self) -> None:
        self._take(self.getvalue())
        self.seek(0)
        self.truncate()

    def close(self) -> None:
        if not self.closed:
            self.flush()
        super().close()
