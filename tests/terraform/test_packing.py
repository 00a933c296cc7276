"""Terraform deploys the zips that deploy/package.py writes, named by content."""

from deploy import package
from tests.terraform.evaluation import Evaluated


def test_each_functions_zip_is_the_one_that_was_packed(evaluated: Evaluated) -> None:
    objects = evaluated.resources["google_storage_bucket_object.function"]
    for function, stored in objects.items():
        digest = package.digest(package.function_files(function))
        assert stored["name"] == f"functions/{function}-{digest}.zip"
        assert stored["source"].endswith(f"/build/functions/{function}-{digest}.zip")


def test_a_function_is_deployed_again_when_its_zip_changes(evaluated: Evaluated) -> None:
    objects = evaluated.resources["google_storage_bucket_object.function"]
    for function, settings in evaluated.resources[
        "google_cloudfunctions2_function.function"
    ].items():
        (source,) = settings["build_config"][0]["source"][0]["storage_source"]
        assert source["object"] == objects[function]["name"]
