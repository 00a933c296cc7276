"""The commands and their arguments."""

import argparse
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from operations.audit import audit
from operations.batches import confirm, undo
from operations.carrying import carry_over
from operations.cutting_over import cut_back, cut_over
from operations.dead_letters import discard, list_dead_letters, redrive
from operations.ledger_gaps import gaps
from operations.protocol import protocol
from operations.querying import query
from operations.rejected_rows import rejects, replay
from operations.run_table import show_runs
from operations.shadowing import shadow
from operations.starting import backfill, refill, trigger
from shared.days import parse_day
from shared.errors import BadRequestError
from shared.protocol.audit import LOOKS_BACK

if TYPE_CHECKING:
    _Commands: TypeAlias = argparse._SubParsersAction[argparse.ArgumentParser]

EPILOG = """\
exit codes: 0 done, 1 the run failed, days are missing, a promise is broken or a message stays where
it was, 2 the command can't be meant, 3 the run was still going after --wait

environment: GOOGLE_CLOUD_PROJECT and BATON_BUCKET (and BATON_PREFIX, BATON_LOCATION where set) name
the deployment; Google's own credentials, or the local cloud's emulator hosts, open it."""


def parse(words: list[str]) -> argparse.Namespace:
    """The arguments, `command` being the function to call. Exits with 2 when they're wrong."""
    parser = argparse.ArgumentParser(
        prog="python -m operations",
        description="Run Baton day by day.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    _add_starting(commands)
    _add_looking(commands)
    _add_mending(commands)
    _add_moving(commands)
    return parser.parse_args(words)


def _add_starting(commands: "_Commands") -> None:
    pull = commands.add_parser("trigger", help="pull a dataset now")
    pull.add_argument("dataset")
    pull.add_argument("--bu", help="one business unit; all without it")
    _add_window(pull, required=False)
    pull.add_argument("--days", type=int, help="the last so many days, instead of a window")
    pull.add_argument("--offset-days", type=int, default=0, help="so many days earlier")
    pull.add_argument(
        "--replace-past-day",
        action="store_true",
        help="take a database as it is now for a day that is over",
    )
    _add_wait(pull)
    pull.set_defaults(command=trigger)

    fill = commands.add_parser("backfill", help="pull a long window, piece by piece, in one run")
    fill.add_argument("dataset")
    fill.add_argument("--bu", help="one business unit; all without it")
    _add_window(fill, required=True)
    _add_wait(fill)
    fill.set_defaults(command=backfill)


def _add_looking(commands: "_Commands") -> None:
    runs = commands.add_parser("runs", help="recent runs, or where one stands")
    runs.add_argument("run_id", nargs="?")
    runs.add_argument("--days", type=int, default=2, help="how far back to look (2)")
    runs.set_defaults(command=show_runs)

    asking = commands.add_parser("query", help="run a query, and print its rows as a table")
    asking.add_argument("sql", help='such as "SELECT * FROM st_kpi_mart.dim_regional_bu_map"')
    asking.set_defaults(command=query)

    origin = commands.add_parser("explain", help="where a number comes from, down to the source")
    origin.add_argument("table", help="such as st_kpi_mart.kpi_daily_regional_consolidated")
    origin.add_argument("column", help="such as total_wbr_sales")
    origin.add_argument(
        "where",
        nargs="+",
        metavar="COLUMN=VALUE",
        help="the row: kpi_date=2026-11-03 region_key=PHX",
    )
    origin.add_argument("--every-row", action="store_true", help="all rows, however many")
    origin.set_defaults(command=_explain)

    everything = commands.add_parser("audit", help="compare everything, over all of history")
    everything.add_argument("pipeline", nargs="?", help="such as partyhelp; all without it")
    everything.set_defaults(command=audit)

    missing = commands.add_parser("gaps", help="days that no batch covers")
    missing.add_argument("dataset")
    missing.set_defaults(command=gaps)

    kept = commands.add_parser("protocol", help="what the logs and events show to be broken")
    kept.add_argument("--days", type=int, default=LOOKS_BACK.days, help="how far back (35)")
    kept.set_defaults(command=protocol)

    letters = commands.add_parser("dead-letters", help="messages that were given up, with reasons")
    letters.add_argument("function", nargs="?", help="such as load; every function without it")
    letters.set_defaults(command=list_dead_letters)

    rejected = commands.add_parser("rejects", help="a batch's rows that didn't fit, with reasons")
    rejected.add_argument("dataset")
    rejected.add_argument("batch_id")
    rejected.set_defaults(command=rejects)


def _add_mending(commands: "_Commands") -> None:
    again = commands.add_parser("redrive", help="publish a function's dead letters again")
    again.set_defaults(command=redrive)
    away = commands.add_parser("discard", help="show a function's dead letters, throw them away")
    away.add_argument("--yes", action="store_true", help="don't ask")
    away.set_defaults(command=discard)
    for each in (again, away):
        each.add_argument("function")
        each.add_argument("--only-run", metavar="RUN_ID", help="those of one run; all without it")

    accept = commands.add_parser("confirm", help="let a batch that was held back take effect")
    accept.add_argument("batch_id")
    accept.add_argument("--unit", help="one business unit of it; all that are held without it")
    accept.add_argument("--why", help="the reason, for the record")
    _add_wait(accept)
    accept.set_defaults(command=confirm)

    back = commands.add_parser("undo", help="withdraw a batch: what it superseded comes back")
    back.add_argument("batch_id")
    back.add_argument("--why", required=True, help="the reason, for the record")
    back.add_argument("--restore", action="store_true", help="take the batch's withdrawal back")
    _add_wait(back)
    back.set_defaults(command=undo)

    lost = commands.add_parser(
        "refill", help="fill tables that were lost, from all that has landed"
    )
    lost.add_argument("name", metavar="DATASET")
    lost.add_argument("--mart", action="store_true", help="the name is a mart's: rebuild every day")
    _add_wait(lost)
    lost.set_defaults(command=refill)

    anew = commands.add_parser("replay", help="drop a batch again together with its rejects")
    anew.add_argument("dataset")
    anew.add_argument("batch_id")
    anew.set_defaults(command=replay)


def _add_moving(commands: "_Commands") -> None:
    carried = commands.add_parser(
        "carry-over", help="bring rows of an older pipeline's table into raw, once"
    )
    carried.add_argument("dataset")
    carried.add_argument("--from", dest="source", required=True, metavar="[PROJECT.]DATASET.TABLE")
    carried.add_argument(
        "--map", type=Path, metavar="FILE", help="a query of our columns FROM ${source}"
    )
    carried.add_argument("--show-map", action="store_true", help="print the query, bring nothing")
    carried.set_defaults(command=carry_over)

    beside = commands.add_parser(
        "shadow", help="compare an older pipeline's figures with ours, and keep the night's result"
    )
    beside.add_argument("view", metavar="[PROJECT.]DATASET.VIEW", help="theirs")
    beside.add_argument("--days", type=int, default=35, help="how many days, up to yesterday (35)")
    beside.add_argument("--known", type=Path, metavar="FILE", help="known differences, in YAML")
    beside.set_defaults(command=shadow)

    over = commands.add_parser("cut-over", help="let an older pipeline's view show our figures")
    over.add_argument("--nights", type=int, default=7, help="after so many good nights (7)")
    over.set_defaults(command=cut_over)
    back = commands.add_parser("cut-back", help="give the view its own query again")
    back.set_defaults(command=cut_back)
    for each in (over, back):
        each.add_argument("view", metavar="[PROJECT.]DATASET.VIEW")
        each.add_argument("--yes", action="store_true", help="don't ask")


def _add_window(parser: argparse.ArgumentParser, *, required: bool) -> None:
    for option, name, ends in (("--from", "first", "first"), ("--to", "last", "last")):
        parser.add_argument(
            option,
            dest=name,
            type=_day,
            required=required,
            metavar="YYYY-MM-DD",
            help=f"the {ends} business day",
        )


def _add_wait(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--wait", type=float, metavar="SECONDS", help="wait for the run's end, and show it"
    )


def _explain(arguments: argparse.Namespace) -> int:
    from operations.explaining.command import explain  # It reads SQL: half a second of imports.

    return explain(arguments)


def _day(text: str) -> date:
    try:
        return parse_day(text, "a day")
    except BadRequestError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
