"""One apply: a plan is shown, refused or confirmed, and that very plan applied."""

import shutil
import sys

from deploy import existing, package, readiness, refusals, replaced, state, terraform
from deploy.changes import Plan
from deploy.environment import Environment
from deploy.questions import Confirm, typed


def plan(here: Environment) -> Plan:
    """Show what would change and save it; RefusedError when it may not be applied."""
    package.build_all(package.ZIPS)
    imports = here.folder / existing.FILE
    imports.unlink(missing_ok=True)
    if here.imports_file.exists():
        shutil.copyfile(here.imports_file, imports)
    state.init(here)
    planned = terraform.plan(here)
    if there := existing.found(planned):
        refusals.refuse(existing.not_ours(there))
        taken = existing.imported(imports)
        imports.write_text(existing.import_blocks([*taken, *there]), encoding="utf-8")
        sys.stdout.write(f"\n{len(there)} of these exist already, and are taken over instead:\n\n")
        planned = terraform.plan(here)
    refusals.refuse(refusals.refused(planned))
    return planned


def apply(here: Environment, confirm: Confirm) -> None:
    """Plan, ask, and do what was shown."""
    readiness.enable_first_apis(str(here.project))
    state.offer_bucket(here, confirm)
    state.release_lock(here, typed)
    planned = plan(here)
    if not planned.is_empty:
        confirm("Apply this plan?", planned.project)
        if going := replaced.replaced(planned):
            replaced.let_go(here, going)
            _check_same(planned, terraform.plan(here))
        terraform.apply(here)
        for path in (here.folder / existing.FILE, here.imports_file):
            path.unlink(missing_ok=True)  # Their labels say from now on whose they are.
    replaced.delete_left(here, planned)


def _check_same(shown: Plan, planned: Plan) -> None:
    """Refuse a second plan that does more than the one that was confirmed."""
    known = {(change.address, change.actions) for change in shown.changes}
    refusals.refuse(
        f"{change.address} was not in the plan that was shown"
        for change in planned.changes
        if (change.address, change.actions) not in known
    )
