"""`python -m local.pubsub --port 8085`: the emulator alone, until Ctrl-C or SIGTERM."""

import argparse
import signal
import sys

from local.pubsub.emulator import PubSubEmulator


def main() -> None:
    """Serve until a signal comes."""
    parser = argparse.ArgumentParser(prog="python -m local.pubsub", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="on 127.0.0.1; 0 takes a free one")
    port = parser.parse_args().port
    # Blocked before the emulator's threads start, which inherit it: the signal waits for sigwait.
    signals = {signal.SIGINT, signal.SIGTERM}
    signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    with PubSubEmulator(port) as emulator:
        sys.stdout.write(f"export PUBSUB_EMULATOR_HOST={emulator.host}\n")
        sys.stdout.flush()
        signal.sigwait(signals)


if __name__ == "__main__":
    main()
