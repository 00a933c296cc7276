"""The options of `conform`, known before Google's clients are imported."""

import argparse


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--project", help="an empty project, to run the probes in")
    where.add_argument("--local", action="store_true", help="run them against the local cloud")
    where.add_argument(
        "--declare", action="store_true", help="write the recording's form and page, run nothing"
    )
    parser.add_argument("--location", default="US", help="of the dataset and the bucket")
    parser.add_argument("--only", default="", help="run the probes whose names have this in them")
    parser.add_argument("--yes", action="store_true", help="ask no question")
    parser.add_argument("--pubsub", help="with --local: HOST:PORT of another Pub/Sub emulator")
    parser.add_argument("--remove", metavar="PREFIX", help="remove what a killed run left, only")
