"""The decisions of a schedule: each follows from the seed and its own label, from no other.

Taking one decision away therefore leaves the others as they are, which is what shrinking needs.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import TypeVar

Choice = TypeVar("Choice")


@dataclass
class Choices:
    """What chance decides. `only`: the labels that may deviate from the default (None: all)."""

    seed: str
    only: Collection[str] | None = None
    deviations: dict[str, object] = field(default_factory=dict)

    def number(self, label: str) -> int:
        """Return a number of 64 bits for this label."""
        digest = blake2b(f"{self.seed}/{label}".encode(), digest_size=8).digest()
        return int.from_bytes(digest, "big")

    def one_of(self, label: str, options: Sequence[Choice]) -> Choice:
        """Return one of the options, each as likely as the others; never shrunk."""
        return options[self.number(label) % len(options)]

    def deviate(
        self, label: str, odds: float, default: Choice, options: Sequence[Choice]
    ) -> Choice:
        """Return the default, or (as often as `odds` says) one of the options."""
        number = self.number(label)
        if number % 1_000_000 >= odds * 1_000_000 or not self._may(label):
            return default
        chosen = options[number // 1_000_000 % len(options)]
        self.deviations[label] = chosen
        return chosen

    def _may(self, label: str) -> bool:
        return self.only is None or label in self.only
