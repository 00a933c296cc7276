"""Compiles the analyser, if it is not yet: `python -m tests.sql.analyser`."""

from tests.sql.analyser.engine import analyser

analyser()
