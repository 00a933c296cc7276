"""A probe: one behaviour of Google's, what Google says of it, and how to observe it."""

from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from conform.place import Place

# What JSON can hold. In what is expected, "…" stands for any text, and only the keys named count.
Json = Any
Observe = Callable[["Place"], Json]

ANY_TEXT = "…"


@dataclass(frozen=True)
class Difference:
    """How the local cloud differs: why, and what is observed there (None: it isn't asked)."""

    why: str
    observed: Json = None


@dataclass(frozen=True)
class Probe:
    """A claim about one of Google's services.

    Attributes:
        name: `<module>.<function>`.
        claim: the behaviour in one sentence.
        source: where Google says so, or who found it.
        expected: what is observed if the claim is true.
        observe: observes it; None where that would cost too much time or money.
        seconds: how long it may take.
        cents: what it may cost, in hundredths of a US dollar.
        local: the local cloud's difference, if there is one.
    """

    name: str
    claim: str
    source: str
    expected: Json
    observe: Observe | None
    seconds: float
    cents: float
    local: Difference | None


def probe(
    claim: str,
    *,
    source: str,
    expected: Json,
    seconds: float,
    cents: float,
    local: Difference | None = None,
) -> Callable[[Observe], Probe]:
    """Make a probe of the function that observes."""

    def made(observe: Observe) -> Probe:
        module = observe.__module__.rsplit(".", 1)[-1]
        name = f"{module}.{observe.__name__}"
        return Probe(name, claim, source, expected, observe, seconds, cents, local)

    return made


def agrees(expected: Json, observed: Json) -> bool:
    """Whether an observation is what was expected."""
    if isinstance(expected, dict):
        return isinstance(observed, dict) and all(
            name in observed and agrees(value, observed[name]) for name, value in expected.items()
        )
    if isinstance(expected, list):
        return (
            isinstance(observed, list)
            and len(expected) == len(observed)
            and all(map(agrees, expected, observed))
        )
    if isinstance(expected, str) and ANY_TEXT in expected:
        pattern = expected.replace("[", "[[]").replace(ANY_TEXT, "*")
        return isinstance(observed, str) and fnmatchcase(observed, pattern)
    return type(expected) is type(observed) and bool(expected == observed)
