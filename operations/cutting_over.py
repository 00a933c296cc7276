"""Point an older pipeline's view at our figures, and back."""

import argparse
import getpass
import sys

from operations.console import note, say
from operations.shadowing import OURS, good_nights, nights
from shared import foreign
from shared.errors import BadRequestError
from shared.foreign import Foreign
from shared.schemas import table_schema
from shared.settings import settings
from shared.statements import statement
from shared.warehouse import jobs

NOT_DONE = 1


def cut_over(arguments: argparse.Namespace) -> int:
    """Swap a view's query to ours, once enough nights were good; the old one is kept."""
    view = _view(arguments.view)
    query = our_query(view)
    if view.query == query:
        say(f"{view.name} shows our figures already")
        return 0
    good = good_nights(nights(view))
    if good < arguments.nights:
        raise BadRequestError(
            f"expected {arguments.nights} nights in a row without an unexplained difference, found "
            f"{good}: python -m operations shadow {view.name}, or --nights {good}"
        )
    return _swap(view, query, is_ours=True, is_agreed=arguments.yes)


def cut_back(arguments: argparse.Namespace) -> int:
    """Give a view the query again that it had before the cut-over."""
    view = _view(arguments.view)
    swaps = jobs.query(statement("shadow/swapped.sql"), {"view_name": view.name}, step="swapped")
    if not swaps:
        raise BadRequestError(f"{view.name} was never cut over")
    if view.query == swaps[0]["former_query"]:
        say(f"{view.name} has its own query already")
        return 0
    if view.query != swaps[0]["query"]:
        raise BadRequestError(
            f"{view.name} was changed since: expected the query of the cut-over, found {view.query}"
        )
    return _swap(view, swaps[0]["former_query"], is_ours=False, is_agreed=arguments.yes)


def our_query(view: Foreign) -> str:
    """Return the query that shows our figures in a view's own columns, in their order."""
    ours = table_schema(OURS).columns
    if lacking := [name for name in view.columns if name not in ours]:
        raise BadRequestError(
            f"{view.name} has columns that ours lacks, and its readers would miss: "
            f"{', '.join(lacking)}"
        )
    columns = ",\n".join(f"  {name}" for name in view.columns)
    return f"SELECT\n{columns}\nFROM\n  `{settings().table(OURS)}`"


def _view(name: str) -> Foreign:
    found = foreign.find(name)
    if found.query is None:
        raise BadRequestError(f"{found.name} is a table: only a view can be swapped")
    return found


def _swap(view: Foreign, query: str, *, is_ours: bool, is_agreed: bool) -> int:
    """Keep the old query, then give the view the new one."""
    say(f"{view.name} has the query\n\n{view.query}\n\nand would have\n\n{query}\n")
    if not (is_agreed or _is_agreed()):
        say("nothing changed")
        return NOT_DONE
    entry = {
        "view_name": view.name,
        "swapped_by": getpass.getuser(),
        "is_ours": is_ours,
        "former_query": view.query,
        "query": query,
    }
    jobs.execute(statement("shadow/swap.sql"), entry, step="swap")
    foreign.redefine(view.name, query)
    say(
        f"done; back with: python -m operations {'cut-back' if is_ours else 'cut-over'} {view.name}"
    )
    return 0


def _is_agreed() -> bool:
    note("Swap it? [y/N]")
    return sys.stdin.readline().strip().lower() in ("y", "yes")
