"""Terraform packs the same zips as deploy/package.py, under names that tell their content."""

from pathlib import Path

import pytest

from deploy import package
from shared.topology import topology
from tests.terraform.evaluation import Evaluated


def object_name(evaluated: Evaluated, function: str) -> str:
    return str(evaluated.resources["google_storage_bucket_object.function"][function]["name"])


@pytest.mark.parametrize("function", topology().functions)
def test_terraform_packs_the_same_files(function: str, evaluated: Evaluated) -> None:
    archive = evaluated.resources["archive_file.function"][function]
    packed = {source["filename"]: source["content"] for source in archive["source"]}
    files = package.function_files(function)
    assert packed == {name: path.read_text(encoding="utf-8") for name, path in files.items()}


@pytest.mark.parametrize("function", topology().functions)
def test_a_zip_is_named_by_its_content(function: str, evaluated: Evaluated) -> None:
    digest = package.digest(package.function_files(function))
    assert object_name(evaluated, function) == f"functions/{function}-{digest}.zip"


def test_a_function_is_deployed_again_when_its_files_change(evaluated: Evaluated) -> None:
    deployed = evaluated.resources["google_cloudfunctions2_function.function"]
    for function, settings in deployed.items():
        (source,) = settings["build_config"][0]["source"][0]["storage_source"]
        assert source["object"] == object_name(evaluated, function)


def test_every_file_of_a_zip_is_text(tmp_path: Path) -> None:
    for function in topology().functions:
        for path in package.function_files(function).values():
            path.read_text(encoding="utf-8")  # Terraform's file() reads nothing else
