"""Filling lost tables again, from the command to the facts."""

import pytest

from local.cloud import MAP_DATASET, MAP_ROWS, LocalCloud
from local.provision import plan
from operations.__main__ import main
from shared import clients
from shared.settings import settings
from tests.deployment import create_table, select

WEEK = ["--from", "2025-10-13", "--to", "2025-10-19"]
RAW, FACTS = "st_raw.raw_leads", "st_kpi_mart.leads_daily_fact"


def lose(address: str) -> None:
    clients.bigquery().delete_table(settings().table(address))
    create_table(address, plan().tables[address])


def rows(address: str) -> list[str]:
    return [str({k: v for k, v in row.items() if k != "_version"}) for row in select(address)]


def test_a_raw_table_and_its_facts_are_filled_again(cloud: LocalCloud) -> None:
    cloud.drop(MAP_DATASET, MAP_ROWS)
    assert cloud.drain()
    assert main(["trigger", "leads", *WEEK, "--wait", "60"]) == 0
    before = rows(RAW), rows(FACTS)
    assert len(before[0]) > 10
    lose(RAW)
    lose(FACTS)
    assert main(["refill", "leads", "--wait", "60"]) == 0
    assert main(["refill", "leads", "--mart", "--wait", "60"]) == 0
    cloud.drain()
    assert (rows(RAW), rows(FACTS)) == before


def test_an_unknown_dataset_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["refill", "lead"]) == 2
    assert "unknown dataset 'lead': expected one of" in capsys.readouterr().err
