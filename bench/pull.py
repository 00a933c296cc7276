"""The real pull of a long ServiceTitan report, in this process."""

import secrets

from bench.landing import measure
from servicetitan_pull import pull_reports

if __name__ == "__main__":
    request = {"pipeline": "servicetitan", "dataset": "foreman", "event_id": secrets.token_hex(4)}
    measure(pull_reports, request)
