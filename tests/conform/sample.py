"""A probe that needs no service."""

from conform.probes import Probe


def a_probe(name: str = "transactions.a_probe", **changes: object) -> Probe:
    """Return a probe that expects 1 and observes it."""
    settings: dict[str, object] = {
        "claim": "One is one.",
        "source": "https://example.com/arithmetic#one",
        "expected": 1,
        "observe": lambda _: 1,
        "seconds": 10,
        "cents": 0.1,
        "local": None,
    }
    return Probe(name=name, **{**settings, **changes})  # type: ignore[arg-type]
