"""The real Partyhelp snapshot, in this process."""

from bench.landing import measure
from partyhelp_pull import take_snapshot

if __name__ == "__main__":
    request = {"pipeline": "partyhelp", "dataset": "partyhelp_snapshot", "replace_past_day": True}
    measure(take_snapshot, request)
