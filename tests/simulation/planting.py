"""Planting a defect: a text of our own SQL or Python replaced by another while schedules run."""

import inspect
import textwrap
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import Any
from unittest.mock import patch

from shared import statements


class UprootedError(Exception):
    """The text that a defect replaces is no longer there."""


@dataclass(frozen=True)
class Defect:
    """A small fault. `where`: a file below sql/, or `module:function` (`module:Class.method`).

    `needs`: the name of the circumstance without which it can't show.
    """

    name: str
    where: str
    right: str
    wrong: str
    needs: str = "always"


@contextmanager
def planted(name: str) -> Iterator[None]:
    """Within it, the code has the defect of this name."""
    from tests.simulation.defects import DEFECTS

    defect = DEFECTS[name]
    plant = _in_sql if defect.where.endswith(".sql") else _in_python
    with plant(defect):
        yield


@contextmanager
def _in_sql(defect: Defect) -> Iterator[None]:
    read = statements._read

    def read_with_defect(path: str) -> str:
        text = read(path)
        return _replaced(defect, text) if path == defect.where else text

    read_with_defect(defect.where)
    with patch.object(statements, "_read", read_with_defect):
        yield


@contextmanager
def _in_python(defect: Defect) -> Iterator[None]:
    """Exchange the function's code, so that whoever has imported it runs the other."""
    function = _function(defect.where)
    source = textwrap.dedent(inspect.getsource(function))
    made: dict[str, Any] = {}
    exec(_replaced(defect, source), function.__globals__, made)
    right, wrong = function.__code__, inspect.unwrap(made[function.__name__]).__code__
    function.__code__ = wrong
    try:
        yield
    finally:
        function.__code__ = right


def _function(where: str) -> Callable[..., Any] | Any:
    module, _, path = where.partition(":")
    found: Any = import_module(module)
    for name in path.split("."):
        found = getattr(found, name)
    return inspect.unwrap(getattr(found, "__func__", found))


def _replaced(defect: Defect, text: str) -> str:
    if text.count(defect.right) != 1:
        raise UprootedError(
            f"{defect.name}: expected once in {defect.where}: {defect.right!r}, "
            f"found {text.count(defect.right)} times"
        )
    return text.replace(defect.right, defect.wrong)
