"""Functions: documented and not tried, because to deploy one takes minutes and more rights."""

from conform.probes import Difference, Json, Probe

RUN = "https://cloud.google.com/run/docs"
NOT_TRIED = Difference("A function's instances are threads of one process; nothing is deployed.")


def documented(name: str, claim: str, source: str, expected: Json) -> Probe:
    """Return a probe that nobody runs."""
    return Probe(f"functions.{name}", claim, source, expected, None, 0, 0, NOT_TRIED)


instances = documented(
    "two_instances_run_at_once",
    "Two instances of a function can run at once although max_instances is 1: a revision overlaps"
    " the next, and the limit can be exceeded for a moment.",
    f"{RUN}/configuring/max-instances-limits",
    {"at once": 2},
)
concurrency = documented(
    "concurrency_limits_requests",
    "An instance is given as many requests at once as its concurrency allows, and no more.",
    f"{RUN}/about-concurrency",
    {"most at once": 1},
)
time_out = documented(
    "request_ends_at_its_timeout",
    "A request that takes longer than the time-out is answered 504.",
    f"{RUN}/configuring/request-timeout",
    {"status": 504},
)
zombie = documented(
    "work_goes_on_after_the_timeout",
    "The instance may go on with the work of a request that has timed out.",
    f"{RUN}/configuring/request-timeout",
    {"goes on": True},
)
acknowledgement = documented(
    "success_acknowledges_a_push",
    "A push that is answered 102, 200, 201, 202 or 204 is acknowledged; any other comes again.",
    "https://cloud.google.com/pubsub/docs/push#receive_push",
    {"acknowledged": [102, 200, 201, 202, 204]},
)
termination = documented(
    "instance_has_ten_seconds_to_end",
    "An instance that is shut down is sent SIGTERM, and SIGKILL ten seconds later.",
    f"{RUN}/container-contract#instance-shutdown",
    {"seconds": 10},
)
