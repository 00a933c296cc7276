"""What keeps a deployment from running, before its first run finds out."""

import base64
from collections.abc import Iterator

from deploy import api, readiness
from deploy.environment import Environment
from deploy.once import UNSET
from shared.topology import dashed, topology

TENANT = "SERVICETITAN_TENANT_ID"


def complaints(here: Environment) -> Iterator[str]:
    """Yield each thing that is wrong, as one line that says how to mend it."""
    lacking = list(readiness.missing(here))
    yield from lacking
    if lacking:
        return
    if TENANT not in here.text:
        yield f"settings has no {TENANT}: ServiceTitan can't be pulled; write it into {here.file}"
    yield from _secrets(here)
    yield from _functions(here)
    yield from _schedules(here)


def _secrets(here: Environment) -> Iterator[str]:
    readers: dict[str, list[str]] = {}
    for function in topology().functions.values():
        for variable in function.secrets:
            readers.setdefault(variable, []).append(function.name)
    for variable, functions in readers.items():
        name = f"{here.prefix}{dashed(variable.lower())}"
        wrong = _secret(here, name)
        if wrong:
            yield (
                f"the secret {name} {wrong}, and {' and '.join(functions)} can't run without it: "
                f"gcloud secrets versions add {name} --project={here.project} --data-file=-"
            )


def _secret(here: Environment, name: str) -> str | None:
    """Return what is wrong with a secret's newest version, if anything is."""
    place = f"projects/{here.project}/secrets/{name}/versions/latest:access"
    try:
        version = api.get(api.url("SECRET_MANAGER", place), str(here.project))
    except api.RefusedError as refused:
        return f"can't be read ({refused})"
    if version is None:
        return "has no version"
    value = base64.b64decode(version["payload"]["data"]).decode(errors="replace").strip()
    return "is still unset" if value in ("", UNSET) else None


def _functions(here: Environment) -> Iterator[str]:
    for name in topology().functions:
        deployed = f"{here.prefix}baton-{dashed(name)}"
        place = f"projects/{here.project}/locations/{here.region}/functions/{deployed}"
        function = api.find(api.url("CLOUDFUNCTIONS2", place), str(here.project))
        if function is None:
            yield f"the function {deployed} is not deployed: make deploy"
        elif function.get("state") != "ACTIVE":
            told = " ".join(m.get("message", "") for m in function.get("stateMessages", []))
            yield f"the function {deployed} is {function.get('state')}: {told}".strip()


def _schedules(here: Environment) -> Iterator[str]:
    place = f"projects/{here.project}/locations/{here.region}/jobs"
    listed = api.find(api.url("CLOUD_SCHEDULER", place), str(here.project)) or {}
    for job in listed.get("jobs", []):
        name = job["name"].rsplit("/", 1)[-1]
        ours = job.get("description", "").startswith("Baton") and name.startswith(here.prefix)
        if ours and job.get("state") == "PAUSED":
            yield (
                f"the schedule {name} is paused: gcloud scheduler jobs resume {name} "
                f"--location={here.region} --project={here.project}, if that is not meant"
            )
