"""Tokens, retries and errors, against the double."""

import socket
import time
import traceback
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from local.servicetitan import APP_KEY, TENANT_ID, ServiceTitanDouble
from local.servicetitan import faults as wrong
from servicetitan_access import Credentials
from servicetitan_answers import BusyError, NotFoundError, UnauthorizedError
from servicetitan_api import ServiceTitan, servicetitan
from shared.clock import Clock
from shared.errors import ConfigurationError, DeadlineError

UNITS = f"/settings/v2/tenant/{TENANT_ID}/business-units"


def clock(seconds: float = 60) -> Clock:
    return Clock(time.monotonic() + seconds)


def test_a_token_is_asked_for_once_and_kept(double: ServiceTitanDouble) -> None:
    for _ in range(3):
        servicetitan().get(UNITS, clock())
    assert len(double.log.of("token")) == 1
    assert len(double.log.of("business_units", status=200)) == 3


def test_a_token_is_renewed_a_minute_before_it_runs_out(double: ServiceTitanDouble) -> None:
    double.behaviour.token_lifetime_seconds = 60.1
    servicetitan().get(UNITS, clock())
    time.sleep(0.15)
    servicetitan().get(UNITS, clock())
    assert len(double.log.of("token")) == 2
    assert double.log.of("business_units", status=401) == []


def test_a_token_that_is_refused_is_renewed_once(double: ServiceTitanDouble) -> None:
    servicetitan().get(UNITS, clock())
    double.expire_tokens()
    servicetitan().get(UNITS, clock())
    assert len(double.log.of("token")) == 2


def test_a_refused_app_key_is_a_matter_of_configuration(
    double: ServiceTitanDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SERVICETITAN_APP_KEY", "ak1.wrong")
    with pytest.raises(UnauthorizedError, match="SERVICETITAN_APP_KEY") as caught:
        servicetitan().get(UNITS, clock())
    assert "ak1.wrong" not in str(caught.value)
    assert len(double.log.of("business_units", status=401)) == 2


def test_another_tenant_is_a_matter_of_configuration(double: ServiceTitanDouble) -> None:
    with pytest.raises(ConfigurationError, match="no access to tenant 7"):
        servicetitan().get("/settings/v2/tenant/7/business-units", clock())


def test_a_missing_setting_is_named(
    double: ServiceTitanDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SERVICETITAN_APP_KEY")
    with pytest.raises(ConfigurationError, match="SERVICETITAN_APP_KEY is not set"):
        servicetitan()


def test_what_does_not_exist_is_not_asked_for_again(double: ServiceTitanDouble) -> None:
    with pytest.raises(NotFoundError, match="404"):
        servicetitan().get(f"{UNITS}-of-yore", clock())
    assert len(double.log) == 2


def test_the_pause_is_the_one_asked_for(double: ServiceTitanDouble) -> None:
    double.faults.add(wrong.rate_limited(0.25), operation="business_units", times=1)
    servicetitan().get(UNITS, clock())
    refused, answered = double.log.of("business_units")
    assert 0.25 <= answered.at - refused.at < 1


def test_a_pause_that_does_not_fit_the_time_is_not_begun(double: ServiceTitanDouble) -> None:
    double.faults.add(wrong.rate_limited(50), operation="business_units")
    with pytest.raises(DeadlineError, match="no time left to wait 50 s"):
        servicetitan().get(UNITS, clock(10))
    assert len(double.log.of("business_units")) == 1


def test_after_some_tries_the_message_is_to_come_again(double: ServiceTitanDouble) -> None:
    double.faults.add(wrong.html_error(502), operation="business_units")
    with pytest.raises(BusyError, match="502"):
        servicetitan().get(UNITS, clock())
    assert len(double.log.of("business_units")) == 5


def test_the_token_endpoint_may_fail_for_a_while(double: ServiceTitanDouble) -> None:
    double.faults.add(wrong.html_error(503), operation="token", times=2)
    servicetitan().get(UNITS, clock())
    assert len(double.log.of("token", status=200)) == 1


def test_a_server_that_is_not_there_may_be_there_the_next_time(
    double: ServiceTitanDouble,
) -> None:
    url = double.url
    double.stop()
    api = ServiceTitan(url, url, Credentials("1", "id", "not-to-be-told", "key"))
    with pytest.raises(BusyError, match="ConnectionError") as caught:
        api.get(UNITS, clock())
    assert "not-to-be-told" not in str(caught.value)


class _Dribbling(BaseHTTPRequestHandler):
    """Gives a token at once, and every other answer byte by byte, for ten seconds."""

    def do_POST(self) -> None:
        self._answer([b'{"access_token": "t", "expires_in": 900}'])

    def do_GET(self) -> None:
        with suppress(ConnectionError):
            self._answer([b" "] * 100)

    def _answer(self, pieces: list[bytes]) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", f"{len(b''.join(pieces))}")
        self.end_headers()
        for piece in pieces:
            self.wfile.write(piece)
            time.sleep(0.1)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


def _tried(url: str, seconds: float) -> float:
    """How long it takes to give up the API at `url`, with so many seconds left."""
    started = time.monotonic()
    api = ServiceTitan(url, url, Credentials("1", "id", "secret", "key"))
    with pytest.raises(DeadlineError):
        api.get(UNITS, clock(seconds))
    return time.monotonic() - started


def test_a_server_that_takes_connections_and_is_silent_is_waited_for_no_longer_than_the_time() -> (
    None
):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert _tried(f"http://127.0.0.1:{silent.getsockname()[1]}", seconds=1) < 3


def test_an_answer_that_never_ends_is_cut_off_when_the_time_is_over() -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Dribbling) as server:
        server.daemon_threads = True
        Thread(target=server.serve_forever, daemon=True).start()
        assert _tried(f"http://127.0.0.1:{server.server_port}", seconds=1.5) < 4
        server.shutdown()


def test_a_secret_may_end_with_a_line_feed(
    double: ServiceTitanDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SERVICETITAN_APP_KEY", f"{APP_KEY}\n")
    assert servicetitan().get(UNITS, clock())["data"]


def test_a_header_that_can_not_be_sent_is_not_told(
    double: ServiceTitanDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SERVICETITAN_APP_KEY", "not-to\nbe-told")
    with pytest.raises(BusyError, match="InvalidHeader") as caught:
        servicetitan().get(UNITS, clock())
    assert "be-told" not in "".join(traceback.format_exception(caught.value))


def test_credentials_do_not_show_their_secrets() -> None:
    shown = repr(Credentials("1180244537", "cid.1", "cs1.secret", "ak1.key"))
    assert shown == "Credentials(tenant='1180244537')"
