"""The real pull of a long ServiceTitan report, in this process."""

from bench.landing import measure
from servicetitan_pull import pull_reports

if __name__ == "__main__":
    measure(pull_reports, {"pipeline": "servicetitan", "dataset": "foreman"})
