import json

import pytest

from deploy import state
from deploy.environment import Environment
from deploy.questions import NotConfirmedError, agreed
from tests.deploy.conftest import PROJECT, Google, Tools

BUCKETS = "/STORAGE/storage/v1/b"
BUCKET = f"{BUCKETS}/{PROJECT}-baton-state"
LOCK = f"{BUCKET}/o/baton%2Fdefault.tflock"
BACKEND = f"-backend-config=bucket={PROJECT}-baton-state -backend-config=prefix=baton"


def refuse(question: str, project: str) -> None:
    raise NotConfirmedError


def init(tools: Tools) -> str:
    (call,) = (call for call in tools.calls if call.startswith("terraform init"))
    return call.removeprefix("terraform init -input=false").strip()


def test_without_a_bucket_the_state_is_a_file(
    tools: Tools, here: Environment, google: Google
) -> None:
    state.init(here)
    assert init(tools) == ""


def test_a_bucket_that_is_there_is_used(tools: Tools, here: Environment, google: Google) -> None:
    google.answer(f"GET {BUCKET}")
    state.init(here)
    assert init(tools) == f"-reconfigure {BACKEND}"
    assert json.loads((here.folder / "backend.tf.json").read_text()) == state.BUCKET


def test_a_state_that_is_still_a_file_moves_to_the_bucket(
    tools: Tools, here: Environment, google: Google
) -> None:
    google.answer(f"GET {BUCKET}")
    (here.folder / "terraform.tfstate").write_text('{"resources": [{}]}')
    state.init(here)
    assert init(tools) == f"-migrate-state -force-copy {BACKEND}"


def test_ones_own_backend_is_left_alone(tools: Tools, here: Environment, google: Google) -> None:
    google.answer(f"GET {BUCKET}")
    (here.folder / "backend.tf").write_text("")
    state.init(here)
    state.offer_bucket(here, refuse)
    assert init(tools) == ""


def test_the_bucket_is_made_once_and_keeps_versions(
    tools: Tools, here: Environment, google: Google
) -> None:
    google.answer(f"POST {BUCKETS}")
    state.offer_bucket(here, agreed(approved=True))
    (body,) = google.sent("POST")
    assert json.loads(body)["versioning"] == {"enabled": True}
    assert json.loads(body)["iamConfiguration"]["publicAccessPrevention"] == "enforced"
    google.answer(f"GET {BUCKET}")
    state.offer_bucket(here, refuse)
    assert len(google.sent("POST")) == 1


def test_who_wants_no_bucket_is_not_asked_again(
    tools: Tools, here: Environment, google: Google, capsys: pytest.CaptureFixture[str]
) -> None:
    state.offer_bucket(here, refuse)
    assert "keep it" in capsys.readouterr().out
    assert (here.folder / "backend.tf").read_text() == state.LOCAL
    assert google.sent("POST") == []


def test_the_lock_of_a_killed_deploy_is_released_after_a_question(
    tools: Tools, here: Environment, google: Google
) -> None:
    google.answer(f"GET {LOCK}", {"generation": "7", "timeCreated": "10:15"})
    google.answer(f"DELETE {LOCK}")
    with pytest.raises(NotConfirmedError):
        state.release_lock(here, refuse)
    assert google.sent("DELETE") == []
    state.release_lock(here, agreed(approved=True))
    assert [call for call, _ in google.calls][-1] == f"DELETE {LOCK}?ifGenerationMatch=7"
