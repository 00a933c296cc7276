"""Explore the protocol: what `make model` runs.

Exits with 1 when the new rules have a counterexample, or the model no longer finds a known fault.
"""

import gc
import sys

from tests.model.explore import Exploration, Progress, explore
from tests.model.present import FAULTS
from tests.model.protocol import NewProtocol
from tests.model.rules import Rules
from tests.model.world import Protocol

CONFIGURATIONS = {
    "two batches, two crashes, one withdrawal": NewProtocol("12", crashes=2, undos=1),
    "two batches of one day, one crash, one withdrawal": NewProtocol("11", crashes=1, undos=1),
    "two batches, two crashes or expired staging tables": NewProtocol("12", crashes=2, expiry=True),
    "three batches, one crash": NewProtocol("121", crashes=1),
}


def main() -> int:
    """Print what each set of rules leads to; returns the exit code."""
    gc.disable()  # States hold no cycles, and looking for some takes a third of the time.
    try:
        known = _faults_of_the_present() + _rules_switched_off()
        return 0 if _new_rules() == 0 and all(found.broken for found in known) else 1
    except KeyboardInterrupt:
        _say("\nStopped.")
        return 130


def _faults_of_the_present() -> list[Exploration]:
    _say("The rules of ca571a4, without a crash\n")
    found = []
    for name, protocol in FAULTS.items():
        found.append(_explore(name, protocol))
        _say(f"{name}, after {found[-1].states:,} states:")
        _say("\n".join(found[-1].lines()) + "\n")
    return found


def _rules_switched_off() -> list[Exploration]:
    _say("The new rules, one of them off\n")
    found = []
    for name, rules in Rules.each_off():
        found.append(_explore(name, NewProtocol.without(name, rules)))
        _say(f"  {name:<20} {len(found[-1].schedule):>3} steps: {found[-1].broken}")
    return found


def _new_rules() -> int:
    _say("\nThe new rules: two instances of each stage\n")
    states = counterexamples = 0
    for name, protocol in CONFIGURATIONS.items():
        found = _explore(name, protocol)
        states += found.states
        counterexamples += bool(found.broken)
        _say(f"  {name:<52} {found.states:>9,} states {found.seconds:>5.0f} s")
        if found.broken:
            _say("\n".join(found.lines()))
    _say(f"\n{states:,} states explored, {counterexamples} counterexamples")
    return counterexamples


def _explore(name: str, protocol: Protocol) -> Exploration:
    progress = Progress(name)
    found = explore(protocol, progress)
    progress.clear()
    return found


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
