import signal
import socket
import subprocess
import sys

import pytest

from tests.local.pubsub.bench import PATIENCE_SECONDS


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_the_module_serves_until_it_is_told_to_stop(sent: signal.Signals) -> None:
    command = [sys.executable, "-m", "local.pubsub"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        host = process.stdout.readline().strip().removeprefix("export PUBSUB_EMULATOR_HOST=")
        address, port = host.split(":")
        socket.create_connection((address, int(port))).close()
        process.send_signal(sent)
        assert process.wait(PATIENCE_SECONDS) == 0
