"""What follows what."""

from datetime import date
from typing import Any

import pytest

from shared.catalog import catalog
from shared.chain import ends_in_quality, expected_after, marts_after
from shared.event import Event
from shared.events import (
    DedupeCompleted,
    DedupeRequested,
    IngestCompleted,
    IngestRequested,
    LoadCompleted,
    MartCompleted,
    MartRequested,
    QualityCompleted,
    StageFailed,
)

COMMON: dict[str, Any] = {"event_id": "e1", "run_id": "r1", "pipeline": "servicetitan"}
ROWS: dict[str, Any] = {"fetched": 2, "landed": 2, "rejected": 0}
DAYS = (date(2025, 10, 13),)


def requested(dataset: str, unit: str | None = None) -> Event:
    return IngestRequested(**COMMON, dataset=dataset, business_unit=unit)


def deduped(dataset: str) -> Event:
    return DedupeCompleted(**COMMON, dataset=dataset, version=1, days=DAYS)


def rebuilt(mart: str) -> Event:
    return MartCompleted(**COMMON, mart=mart, version=1, days=DAYS, rows=1)


INGESTED = IngestCompleted(**COMMON, **ROWS, dataset="leads", batch_id="b", manifest_uri="gs://b/m")
LOADED = LoadCompleted(**COMMON, **ROWS, dataset="leads", batch_id="b", loaded=2, days=DAYS)
CHECKED = QualityCompleted(**COMMON, passed=1, mentioned=0, failed=0)
FAILED = StageFailed(**COMMON, function="load", reason="", error="")


@pytest.mark.parametrize(
    ("event", "marts"),
    [
        (deduped("leads"), ("leads",)),
        (deduped("daily_wbr"), ("wbr",)),
        (deduped("daily_wbr_consolidated"), ()),
        (deduped("dim_regional_bu_map"), ("region_map",)),
        (rebuilt("wbr"), ("consolidated",)),
        (rebuilt("consolidated"), ()),
        (MartRequested(**COMMON, mart="wbr"), ("wbr",)),
        (LOADED, ()),
    ],
)
def test_marts_follow_what_feeds_them(event: Event, marts: tuple[str, ...]) -> None:
    assert marts_after(event, catalog()) == marts


@pytest.mark.parametrize(
    ("event", "ends"),
    [
        (deduped("leads"), False),
        (deduped("daily_wbr_consolidated"), True),
        (rebuilt("region_map"), True),
        (rebuilt("wbr"), False),
        (rebuilt("consolidated"), True),
        (rebuilt("partyhelp"), True),
        (MartRequested(**COMMON, mart="consolidated"), False),
        (INGESTED, False),
        (LOADED, False),
        (CHECKED, False),
    ],
)
def test_the_last_effect_of_a_chain_is_checked(event: Event, ends: bool) -> None:
    assert ends_in_quality(event, catalog()) is ends


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (requested("leads"), [(IngestCompleted, "")]),
        (requested("leads", "Tucson-Sales"), [(IngestCompleted, "")]),
        (requested("daily_wbr", "Tucson-Sales"), [(IngestCompleted, "")]),
        (INGESTED, [(LoadCompleted, "")]),
        (LOADED, [(DedupeCompleted, "")]),
        (DedupeRequested(**COMMON, dataset="leads"), [(DedupeCompleted, "")]),
        (deduped("leads"), [(MartCompleted, "leads")]),
        (MartRequested(**COMMON, mart="wbr"), [(MartCompleted, "wbr")]),
        (rebuilt("wbr"), [(MartCompleted, "consolidated")]),
        (rebuilt("consolidated"), [(QualityCompleted, "")]),
        (CHECKED, []),
        (FAILED, []),
    ],
)
def test_each_event_leads_to_the_next(
    event: Event, expected: list[tuple[type[Event], str]]
) -> None:
    assert list(expected_after(event, catalog())) == expected


def test_a_request_for_all_units_leads_to_one_for_each_that_has_a_report() -> None:
    units = catalog().dataset("daily_wbr").business_units
    found = list(expected_after(requested("daily_wbr"), catalog()))
    assert found == [(IngestRequested, unit) for unit in units]


@pytest.mark.parametrize("dataset", catalog().datasets)
def test_every_dataset_ends_in_quality(dataset: str) -> None:
    def ends(event: Event) -> bool:
        marts = marts_after(event, catalog())
        return (
            all(ends(rebuilt(mart)) for mart in marts)
            if marts
            else ends_in_quality(event, catalog())
        )

    assert ends(deduped(dataset))
