"""Settings from the environment."""

import pytest

from shared.errors import ConfigurationError
from shared.settings import Settings, optional_number, settings

DEV = Settings(project="acme", bucket="acme-landing", prefix="dev-", partyhelp_dataset="market")


def test_a_prefix_tells_environments_apart() -> None:
    assert DEV.topic("load-completed") == "projects/acme/topics/dev-load-completed"
    assert DEV.subscription("record-x") == "projects/acme/subscriptions/dev-record-x"
    assert DEV.table("st_raw.raw_leads") == "acme.dev_st_raw.raw_leads"


def test_the_marketplaces_reporting_dataset_has_the_name_that_it_was_given() -> None:
    assert DEV.dataset("partyhelp") == "dev_market"
    assert DEV.dataset("partyhelp_raw") == "dev_partyhelp_raw"


def test_datasets_have_the_names_that_they_were_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "acme")
    monkeypatch.setenv("BATON_BUCKET", "acme-landing")
    monkeypatch.setenv("BATON_DATASETS", "st_raw=baton_raw,ops=baton_ops")
    given = settings()
    assert given.dataset("st_raw") == "baton_raw"
    assert given.dataset("st_raw_superseded") == "baton_raw_superseded"
    assert given.dataset("st_raw_incoming") == "baton_raw_incoming"
    assert given.dataset("ops") == "baton_ops"
    assert given.dataset("ops_log") == "ops_log"


def test_the_environment_is_read_when_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "acme")
    monkeypatch.setenv("BATON_BUCKET", "acme-landing")
    monkeypatch.setenv("BATON_LOCATION", "EU")
    for name in ("BATON_PREFIX", "PARTYHELP_DATASET", "BATON_DATASETS"):
        monkeypatch.delenv(name, raising=False)
    assert settings() == Settings("acme", "acme-landing", location="EU")


@pytest.mark.parametrize("value", [None, "", "unset"])
def test_a_missing_setting_is_named(monkeypatch: pytest.MonkeyPatch, value: str | None) -> None:
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "acme")
    monkeypatch.delenv("BATON_BUCKET", raising=False)
    if value is not None:
        monkeypatch.setenv("BATON_BUCKET", value)
    with pytest.raises(ConfigurationError, match=r"BATON_BUCKET is not set: .* Terraform sets it"):
        settings()


def test_a_number_is_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BATON_MAXIMUM_GIB_BILLED", raising=False)
    assert optional_number("BATON_MAXIMUM_GIB_BILLED", 50.0) == 50.0
    monkeypatch.setenv("BATON_MAXIMUM_GIB_BILLED", "0.5")
    assert optional_number("BATON_MAXIMUM_GIB_BILLED", 50.0) == 0.5
    monkeypatch.setenv("BATON_MAXIMUM_GIB_BILLED", "plenty")
    with pytest.raises(ConfigurationError, match="GIB_BILLED: expected a number, found 'plenty'"):
        optional_number("BATON_MAXIMUM_GIB_BILLED", 50.0)
