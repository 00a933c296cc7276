"""Runs one command and exits with its code."""

import sys

from operations.arguments import parse
from operations.console import complain
from shared import clients
from shared.errors import BatonError

WRONG = 2  # As argparse exits.


def main(words: list[str]) -> int:
    """The exit code of the command that `words` give."""
    arguments = parse(words)
    try:
        code: int = arguments.command(arguments)
    except (BatonError, clients.refusal()) as error:
        complain(str(error).strip())
        return WRONG
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
