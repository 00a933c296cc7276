from pathlib import Path

import pytest

from deploy.environment import MisconfiguredError, find


def write(folder: Path, name: str, text: str) -> None:
    (folder / f"{name}.tfvars").write_text(text)


def test_the_main_environment_needs_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TF_VAR_project_id", "from-the-environment")
    main = find("main", tmp_path)
    assert (main.project, main.arguments) == ("from-the-environment", ())
    assert main.process["TF_WORKSPACE"] == "default"


def test_an_environment_has_its_own_variables_and_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TF_VAR_project_id", "from-the-environment")
    write(tmp_path, "dev", 'project_id = "dev-project"\n')
    dev = find("dev", tmp_path)
    assert (dev.project, dev.arguments) == ("dev-project", ("-var-file=dev.tfvars",))
    assert dev.process["TF_WORKSPACE"] == "dev"


def test_an_environment_without_a_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MisconfiguredError, match=r"expected its variables in terraform/dev\.tf"):
        find("dev", tmp_path)


def test_two_environments_in_one_place_are_refused(tmp_path: Path) -> None:
    write(tmp_path, "main", 'project_id = "one"\n')
    write(tmp_path, "dev", 'project_id = "one"\n')
    with pytest.raises(MisconfiguredError, match="give one of them another prefix"):
        find("dev", tmp_path)


def test_a_prefix_or_a_project_tells_environments_apart(tmp_path: Path) -> None:
    write(tmp_path, "main", 'project_id = "one"\n')
    write(tmp_path, "dev", 'project_id = "one"\nprefix = "dev-"\n')
    write(tmp_path, "other", 'project_id = "two"\n')
    assert [find(name, tmp_path).name for name in ("main", "dev", "other")]


def test_variables_of_all_environments_are_refused(tmp_path: Path) -> None:
    write(tmp_path, "terraform", 'project_id = "one"\n')
    with pytest.raises(MisconfiguredError, match=r"mv terraform/terraform\.tfvars"):
        find("main", tmp_path)
