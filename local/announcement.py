"""Where other shells find the running local cloud: a file of environment variables to source."""

import os
import shlex
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import requests

# It holds no secret but the ServiceTitan double's.
FILE = Path("build/local.env")
OWNER, GATEWAY = "LOCAL_CLOUD_PID", "GATEWAY"

ANSWER_SECONDS = 5.0


@contextmanager
def announced(gateway: str, variables: Mapping[str, str]) -> Iterator[bool]:
    """Keep the file while the cloud runs; gives False when it is another running cloud's."""
    if _is_running(announcement().get(OWNER)):
        yield False
        return
    owner = str(os.getpid())
    _write({OWNER: owner, GATEWAY: gateway, **variables})
    try:
        yield True
    finally:
        if announcement().get(OWNER) == owner:
            FILE.unlink()


def announcement() -> dict[str, str]:
    """What the file says; nothing without one."""
    if not FILE.exists():
        return {}
    lines = FILE.read_text(encoding="utf-8").splitlines()
    return dict(shlex.split(line)[0].split("=", 1) for line in lines)


def answers(gateway: str) -> bool:
    """Whether a gateway is there."""
    try:
        return requests.get(f"{gateway}/health", timeout=ANSWER_SECONDS).ok
    except requests.RequestException:
        return False


def _write(variables: Mapping[str, str]) -> None:
    FILE.parent.mkdir(exist_ok=True)
    lines = [f"{name}={shlex.quote(value)}" for name, value in variables.items()]
    FILE.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _is_running(pid: str | None) -> bool:
    if pid is None:
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
