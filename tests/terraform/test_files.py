import os
import re
import subprocess
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from tests.terraform.hcl import Block, read

ROOT = Path(__file__).resolve().parents[2]
TERRAFORM = ROOT / "terraform"
ADDRESS = re.compile(r"(?<!data\.)\b((?:google_\w+|time_sleep|terraform_data|local)\.\w+)")
MODULES = [TERRAFORM, TERRAFORM / "modules" / "topology"]


def run(*command: str | Path, folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "TF_CLI_CONFIG_FILE": os.devnull, "CHECKPOINT_DISABLE": "1"}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)


def variables(folder: Path) -> dict[str, Block]:
    return {block.labels[0]: block for block in read(folder).of("variable")}


def test_the_files_are_formatted(terraform: str) -> None:
    done = run(terraform, "fmt", "-check", "-diff", "-recursive", folder=TERRAFORM)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_topology_module_is_valid_and_its_rules_hold(terraform: str) -> None:
    module = MODULES[1]
    for arguments in (["init", "-input=false"], ["validate"], ["test"]):
        done = run(terraform, *arguments, "-no-color", folder=module)
        assert done.returncode == 0, done.stdout + done.stderr


def test_checkov_finds_nothing_that_is_not_justified_beside_it() -> None:
    checkov = ROOT / ".venv-terraform" / "bin" / "checkov"
    if not checkov.exists():
        pytest.skip("CHECKOV IS MISSING: POLICIES WERE NOT CHECKED. Run `make .venv-terraform`.")
    options = ["--framework", "terraform", "--compact", "--quiet", "--skip-download"]
    done = run(checkov, "--directory", TERRAFORM, *options, folder=ROOT)
    assert done.returncode == 0, done.stdout


def test_only_the_project_has_no_default() -> None:
    declared = variables(TERRAFORM).items()
    assert [n for n, block in declared if "default" not in block.attributes] == ["project_id"]


@pytest.mark.parametrize("folder", MODULES, ids=lambda folder: folder.name)
def test_every_variable_and_output_is_described(folder: Path) -> None:
    module = read(folder)
    for block in module.of("variable") + module.of("output"):
        assert next(iter(block.attributes)) == "description", block.labels


def test_every_variable_that_is_not_a_switch_is_validated() -> None:
    free = [name for name, block in variables(TERRAFORM).items() if not block.of("validation")]
    assert free == ["python", "protect_data"]


def test_the_example_names_every_variable_that_a_user_may_want() -> None:
    example = (TERRAFORM / "main.tfvars.example").read_text(encoding="utf-8")
    missing = [name for name in variables(TERRAFORM) if f"{name} " not in example]
    assert missing == ["python", "protect_data"], "the deploy commands' own"


def test_every_address_that_a_resource_depends_on_exists() -> None:
    module = read(TERRAFORM)
    made = {".".join(block.labels) for block in module.of("resource")}
    for block in module.of("resource") + module.of("data"):
        assert set(ADDRESS.findall(block.attributes.get("depends_on", ""))) <= made, block.labels


def test_nothing_depends_on_itself() -> None:
    module = read(TERRAFORM)
    graph = {".".join(block.labels): addresses(block) for block in module.of("resource")}
    for local in module.of("locals"):
        for name, text in local.attributes.items():
            graph[f"local.{name}"] = set(ADDRESS.findall(text))
    assert list(TopologicalSorter(graph).static_order())


def addresses(block: Block) -> set[str]:
    """The resources and locals that a block names, in its nested blocks and depends_on too."""
    own = {address for text in block.attributes.values() for address in ADDRESS.findall(text)}
    return own.union(*(addresses(inner) for inner in block.blocks))
