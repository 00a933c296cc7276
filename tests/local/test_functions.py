"""The host of all functions."""

import json
import threading
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from local.cloud import LocalCloud
from local.functions import _Limited
from shared.topology import topology


def test_the_gateway_answers_at_the_root(cloud: LocalCloud) -> None:
    with urllib.request.urlopen(f"{cloud.url}/health") as response:
        assert json.load(response) == {"status": "ok"}


def test_every_other_function_answers_pushes_at_a_url_of_its_own(cloud: LocalCloud) -> None:
    names = [name for name, function in topology().functions.items() if not function.http]
    push = json.dumps({"message": {}, "subscription": "another"}).encode()
    for name in names:
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(cloud.functions.push_endpoint(name), data=push)
        assert refused.value.code == 400
        refused.value.close()
    assert len(names) == len({cloud.functions.push_endpoint(name) for name in names}) == 8


def test_no_more_requests_run_at_once_than_the_function_allows() -> None:
    running, most = 0, 0
    lock, both = threading.Lock(), threading.Barrier(2, timeout=10)

    def app(_: Any, __: Any) -> list[bytes]:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        both.wait()
        with lock:
            running -= 1
        return []

    limited = _Limited(app, 2)
    with ThreadPoolExecutor(6) as threads:
        for answer in [threads.submit(limited, {}, lambda *_: None) for _ in range(6)]:
            assert answer.result() == []
    assert most == 2
