"""Google's SQL analyser in this process: ZetaSQL, compiled to WebAssembly.

Compiling the module takes a minute of processor time, so the machine code is kept in the user's
cache folder, per version of the module and of wasmtime.
"""

import ctypes
import fcntl
import os
import sys
from functools import cache
from importlib.metadata import version
from pathlib import Path
from platform import machine
from typing import Any, TypeVar

import wasmtime
from google._upb import _message
from google.protobuf.message import Message
from zetasql.core.wasm_client import get_tzinfo_dir
from zetasql.wasi import get_wasm_path

Response = TypeVar("Response", bound=Message)

POINTER_BYTES = 4

# A long script's tree is deeper than the 100 levels that are read otherwise.
_message.SetAllowOversizeProtos(True)


class AnalyserError(Exception):
    """A statement that the analyser refuses; the text says why and where."""


class Analyser:
    """One instance of the module, called with protocol buffers."""

    def __init__(self) -> None:
        engine = wasmtime.Engine(_configuration())
        self._store = wasmtime.Store(engine)
        wasi = wasmtime.WasiConfig()
        zones = get_tzinfo_dir()
        assert zones is not None, "expected the package tzdata, found none"
        wasi.preopen_dir(zones, "/usr/share/zoneinfo")
        self._store.set_wasi(wasi)
        linker = wasmtime.Linker(engine)
        linker.define_wasi()
        instance = linker.instantiate(self._store, _compiled(engine))
        self._exports: Any = instance.exports(self._store)
        self._run("_initialize")

    def call(self, method: str, request: Message, response: type[Response]) -> Response:
        """Call a method of the service. Raise AnalyserError with its text if it fails."""
        content = request.SerializeToString()
        sent = self._allocate(len(content))
        size = self._allocate(POINTER_BYTES)
        self._write(sent, content)
        received = self._run(f"ZetaSqlLocalService_{method}", sent, len(content), size)
        try:
            if not received:
                raise AnalyserError(self._last_error())
            length = int.from_bytes(self._read(size, POINTER_BYTES), "little")
            answer: Response = response()
            answer.ParseFromString(self._read(received, length))
            return answer
        finally:
            for pointer in filter(None, (sent, size, received)):
                self._run("wasm_free", pointer)

    def _run(self, name: str, *arguments: int) -> int:
        return self._exports[name](self._store, *arguments)  # type: ignore[no-any-return]

    def _allocate(self, size: int) -> int:
        return self._run("wasm_malloc", size)

    def _address(self) -> int:
        """Return where the module's memory begins, which changes whenever it grows."""
        pointer = self._exports["memory"].data_ptr()
        return ctypes.addressof(pointer.contents)

    def _write(self, pointer: int, content: bytes) -> None:
        ctypes.memmove(self._address() + pointer, content, len(content))

    def _read(self, pointer: int, size: int) -> bytes:
        return ctypes.string_at(self._address() + pointer, size)

    def _last_error(self) -> str:
        size = self._run("wasm_get_last_error_size")
        return self._read(self._run("wasm_get_last_error"), size).decode()


@cache
def analyser() -> Analyser:
    """Return this process's instance."""
    return Analyser()


def _configuration() -> wasmtime.Config:
    configuration = wasmtime.Config()
    configuration.shared_memory = True
    return configuration


def _compiled(engine: wasmtime.Engine) -> wasmtime.Module:
    """Return the module from the cache, or compile it once, whichever process comes first."""
    name = f"zetasql-{version('zetasql')}-wasmtime-{version('wasmtime')}-{machine()}"
    file = _cache_folder() / f"{name}.cwasm"
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not file.exists():
            _compile(engine, file)
    return wasmtime.Module.deserialize_file(engine, str(file))


def _compile(engine: wasmtime.Engine, file: Path) -> None:
    sys.stderr.write(f"Compiling Google's SQL analyser into {file}, once: up to a minute\n")
    module = wasmtime.Module.from_file(engine, str(get_wasm_path()))
    half_written = file.with_suffix(".part")
    half_written.write_bytes(module.serialize())
    half_written.rename(file)


def _cache_folder() -> Path:
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "baton"
