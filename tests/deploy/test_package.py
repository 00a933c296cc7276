import re
import zipfile
from pathlib import Path

import pytest

from deploy import package
from shared.topology import topology

FUNCTIONS = tuple(topology().functions)
LOCK = package.ROOT / "requirements" / "functions.lock"


def pins(path: Path) -> set[str]:
    """Each `name==version` of a requirements file, names as PyPI compares them."""
    found = re.findall(r"^([\w.-]+==[^\s;\\]+)", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {pin.lower().replace("_", "-") for pin in found}


def test_the_same_files_give_the_same_bytes(tmp_path: Path) -> None:
    first = package.build("load", tmp_path / "first")
    second = package.build("load", tmp_path / "second")
    assert first.name == second.name
    assert first.read_bytes() == second.read_bytes()


def test_a_changed_file_changes_the_name(tmp_path: Path) -> None:
    changed = tmp_path / "main.py"
    changed.write_text("changed")
    files = package.function_files("load")
    assert package.digest(files) != package.digest({**files, "main.py": changed})


def test_a_renamed_file_changes_the_name() -> None:
    files = package.function_files("load")
    renamed = {**files, "other.py": files["main.py"]}
    del renamed["main.py"]
    assert package.digest(files) != package.digest(renamed)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_zip_holds_what_the_function_needs_and_no_other_function(
    function: str, tmp_path: Path
) -> None:
    names = zipfile.ZipFile(package.build(function, tmp_path)).namelist()
    at_root = {name for name in names if "/" not in name and name.endswith(".py")}
    assert at_root == {path.name for path in (package.ROOT / "functions" / function).glob("*.py")}
    assert {"main.py", "requirements.txt", "shared/topology.yaml"} <= set(names)
    statements = {name.split("/")[1] for name in names if name.endswith(".sql")}
    assert statements <= set(topology().function(function).sql)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_the_functions_lock_has_its_requirements_at_the_projects_versions(function: str) -> None:
    folder = package.ROOT / "functions" / function
    locked = pins(folder / "requirements.lock")
    assert pins(folder / "requirements.txt") <= locked, "run make lock"
    assert locked <= pins(LOCK), "run make lock"


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_package_of_a_function_is_pinned_by_hash(function: str) -> None:
    text = (package.ROOT / "functions" / function / "requirements.lock").read_text(encoding="utf-8")
    blocks = re.split(r"\n(?=\S)", text)
    assert all("--hash=sha256:" in block for block in blocks)
