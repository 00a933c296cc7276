"""How long a job may take, and the labels that the cost report goes by."""

# BigQuery stops a query after it as well, so a query never outlives its retry.
JOB_TIMEOUT_SECONDS = 480.0
CALL_TIMEOUT_SECONDS = 60.0


def labels(step: str) -> dict[str, str]:
    """Return labels for the cost report: lower-case letters, digits, dashes; at most 63."""
    allowed = "".join(c if c.isalnum() or c == "-" else "-" for c in step.lower())
    return {"baton-step": allowed[:63]}
