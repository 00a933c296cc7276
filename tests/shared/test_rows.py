"""Encoding rows of a source for a raw table."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.catalog import RawTable, catalog
from shared.errors import ConfigurationError, ContractError
from shared.rows import RowEncoder
from shared.source_columns import SourceColumn

PULLED_AT = datetime(2026, 11, 16, 6, 50, tzinfo=UTC)
WBR = (
    "Name",
    "ClosedOpportunities",
    "CompletedJobs",
    "SalesOpportunity",
    "CloseRate",
    "TotalSales",
)
WBR_COLUMNS = tuple(SourceColumn(name) for name in (*WBR, "ClosedAverageSale"))
PAYMENT_COLUMNS = (
    SourceColumn("PaidOn", "Paid On"),
    SourceColumn("CustomerName", "Customer"),
    SourceColumn("PaymentAmount", "Amount"),
    SourceColumn("InvoiceNumber", "Invoice Number"),
    SourceColumn("InvoiceBusinessUnit", "Invoice Business Unit"),
    SourceColumn("InvoiceBalance", "Invoice Balance"),
)
PAYMENT = ["2026-11-14T00:00:00-07:00", "Ann", "$1,250.00", 7012, "Tucson-Sales", 0]


def table(dataset: str) -> RawTable:
    return catalog().dataset(dataset).tables[0]


def encoder(
    dataset: str = "collections",
    columns: Sequence[SourceColumn] = PAYMENT_COLUMNS,
    given: Mapping[str, Any] | None = None,
    **more: Any,
) -> RowEncoder:
    return RowEncoder(
        table(dataset), columns, batch_id="b1", pulled_at=PULLED_AT, given=given, **more
    )


def wbr_encoder(**more: Any) -> RowEncoder:
    asked_for = {"day": date(2026, 11, 14), "business_unit": "Tucson-Sales"}
    return encoder("daily_wbr", WBR_COLUMNS, asked_for, **more)


def lines(text: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def payment(**values: Any) -> list[Any]:
    changed = dict(zip((column.name for column in PAYMENT_COLUMNS), PAYMENT, strict=True)) | values
    return list(changed.values())


def estimator(name: str | None) -> list[Any]:
    return [name, 1, 3, 2, 0.5, 1200, 1200]


def test_a_row_gets_the_tables_columns_types_and_origin() -> None:
    encode = encoder()
    (row,) = lines(encode.encode([PAYMENT]).lines)
    assert row == {
        "payment_date": "2026-11-14",
        "bu_key": "Tucson-Sales",
        "job_id": "7012",
        "customer_name": "Ann",
        "amount": "1250",
        "invoice_balance": "0",
        "raw": dict(zip((column.name for column in PAYMENT_COLUMNS), PAYMENT, strict=True)),
        "_batch_id": "b1",
        "_pulled_at": "2026-11-16T06:50:00+00:00",
        "_row": 0,
        "_filled": 6,
    }
    assert set(row) == set(table("collections").schema.columns)
    assert (encode.fetched, encode.rejected, encode.days) == (1, 0, {"2026-11-14"})


@pytest.mark.parametrize("text", ["payment_date", "PAID ON", "PaidOn", " Paid On "])
def test_a_column_is_found_by_name_label_or_the_tables_own_name(text: str) -> None:
    named = (SourceColumn(text), *PAYMENT_COLUMNS[1:])
    labelled = (SourceColumn("Col1", text), *PAYMENT_COLUMNS[1:])
    for columns in (named, labelled):
        (row,) = lines(encoder(columns=columns).encode([PAYMENT]).lines)
        assert row["payment_date"] == "2026-11-14"


def test_columns_in_another_order_give_the_same_values() -> None:
    (row,) = lines(encoder(columns=PAYMENT_COLUMNS[::-1]).encode([PAYMENT[::-1]]).lines)
    (expected,) = lines(encoder().encode([PAYMENT]).lines)
    assert row == expected


def test_a_column_that_the_catalogue_does_not_know_stays_in_raw() -> None:
    columns = (*PAYMENT_COLUMNS, SourceColumn("Memo"))
    (row,) = lines(encoder(columns=columns).encode([[*PAYMENT, "cash"]]).lines)
    assert row["raw"]["Memo"] == "cash"
    assert "Memo" not in row


def test_missing_columns_are_listed_with_what_was_found() -> None:
    with pytest.raises(ContractError) as caught:
        encoder(columns=PAYMENT_COLUMNS[2:])
    message = str(caught.value)
    assert "Paid On or PaidOn; Customer or CustomerName" in message
    assert "found Amount, Invoice Number, Invoice Business Unit, Invoice Balance" in message


def test_what_the_pull_asked_for_fills_columns_that_the_rows_lack() -> None:
    (row,) = lines(wbr_encoder().encode([estimator("Jo Ng")]).lines)
    assert (row["event_date"], row["bu_name"]) == ("2026-11-14", "Tucson-Sales")


def test_a_files_own_column_wins_over_what_was_asked_for() -> None:
    asked_for = {"day": date(2026, 11, 14), "business_unit": "Tucson-Sales"}
    columns = (*WBR_COLUMNS, SourceColumn("Date"))
    encode = encoder("daily_wbr", columns, asked_for)
    (row,) = lines(encode.encode([[*estimator("Jo Ng"), "2026-11-02"]]).lines)
    assert row["event_date"] == "2026-11-02"


def test_a_required_column_must_be_given_when_the_rows_lack_it() -> None:
    with pytest.raises(ContractError, match="Date or Event Date"):
        encoder("daily_wbr", WBR_COLUMNS, {"business_unit": "Tucson-Sales"})


def test_a_nullable_column_need_not_be_given() -> None:
    columns = (SourceColumn("Name"), SourceColumn("Date"), *WBR_COLUMNS[1:])
    encode = encoder("daily_wbr_consolidated", columns)
    (row,) = lines(encode.encode([["Tucson-Sales", "11/2/2026", 1, 2, 3, None, 5, 6]]).lines)
    assert row["window_last"] is None
    assert row["_filled"] == 7


@pytest.mark.parametrize(
    ("values", "field", "reason"),
    [
        ({"PaymentAmount": "a lot"}, "amount", "expected a number"),
        ({"PaymentAmount": None}, "amount", "expected a value"),
        ({"InvoiceBusinessUnit": "  "}, "bu_key", "expected a value"),
        ({"PaidOn": "14 Nov"}, "payment_date", "expected a date such as 2025-10-15 or 10/15/2025"),
    ],
)
def test_a_row_that_does_not_fit_is_rejected_with_its_reason(
    values: dict[str, Any], field: str, reason: str
) -> None:
    encode = encoder(first_row=10)
    encoded = encode.encode([PAYMENT, payment(**values), PAYMENT])
    assert [row["_row"] for row in lines(encoded.lines)] == [10, 12, 11]
    (reject,) = lines(encoded.rejects)
    (value,) = values.values()
    source = dict(zip((c.name for c in PAYMENT_COLUMNS), payment(**values), strict=True))
    assert reject == {
        "row": source,
        "field": field,
        "value": value,
        "reason": reason,
        "batch_id": "b1",
        "position": 11,
        "given": {},
    }
    assert (encode.fetched, encode.rejected) == (3, 1)
    assert encode.reasons == [f"{field}: {reason}, found {value!r}"]


def test_a_row_of_the_wrong_width_is_rejected_whole() -> None:
    encoded = encoder().encode([PAYMENT, PAYMENT[:2]])
    assert ["_is_rejected" in line for line in lines(encoded.lines)] == [False, True]
    (reject,) = lines(encoded.rejects)
    assert (reject["row"], reject["reason"]) == (PAYMENT[:2], "expected 6 values")


def test_a_rejected_row_counts_for_no_day() -> None:
    encode = encoder()
    encode.encode([payment(PaidOn="2026-11-02", PaymentAmount="a lot")])
    assert encode.days == set()


def test_no_rows_are_no_lines() -> None:
    encoded = encoder().encode([])
    assert (encoded.lines, encoded.rejects) == (b"", b"")


def names(text: bytes) -> list[str]:
    return [row["estimator"] for row in lines(text) if "_is_rejected" not in row]


def test_people_of_one_name_are_numbered() -> None:
    encoded = wbr_encoder().encode([estimator(name) for name in ("Jo Ng", "Al", "Jo Ng", "Jo Ng")])
    assert names(encoded.lines) == ["Jo Ng", "Al", "Jo Ng (2)", "Jo Ng (3)"]
    assert lines(encoded.lines)[2]["raw"]["Name"] == "Jo Ng"


def test_numbering_goes_on_in_the_next_chunk_and_in_the_next_part() -> None:
    first = wbr_encoder()
    assert names(first.encode([estimator("Jo Ng")]).lines) == ["Jo Ng"]
    assert names(first.encode([estimator("Jo Ng")]).lines) == ["Jo Ng (2)"]
    remembered = json.loads(json.dumps(first.homonyms))
    second = wbr_encoder(homonyms=remembered)
    assert names(second.encode([estimator("Jo Ng")]).lines) == ["Jo Ng (3)"]


def test_somebody_may_really_be_called_like_a_numbered_person() -> None:
    calls = ("Jo Ng (2)", "Jo Ng", "Jo Ng", "Jo Ng (2)", "Jo Ng")
    found = names(wbr_encoder().encode([estimator(name) for name in calls]).lines)
    assert found == ["Jo Ng (2)", "Jo Ng", "Jo Ng (3)", "Jo Ng (2) (2)", "Jo Ng (4)"]


def test_a_rejected_row_takes_no_number() -> None:
    broken = [*estimator("Jo Ng")[:-1], "n/a"]
    assert names(wbr_encoder().encode([broken, estimator("Jo Ng")]).lines) == ["Jo Ng"]


@given(st.lists(st.sampled_from(["Jo", "Jo (2)", "Jo (2) (2)", "Al"])), st.integers(1, 5))
def test_every_estimator_of_a_run_has_a_name_of_their_own(calls: list[str], size: int) -> None:
    encode = wbr_encoder()
    found: list[str] = []
    for start in range(0, len(calls), size):
        rows = [estimator(name) for name in calls[start : start + size]]
        found += names(encode.encode(rows).lines)
    assert len(set(found)) == len(found) == len(calls)


def hashing(table: RawTable) -> RawTable:
    columns = tuple(replace(c, hashed=c.name == "customer_name") for c in table.columns)
    return replace(table, columns=columns)


def test_a_hashed_column_lands_nowhere_plain() -> None:
    encode = RowEncoder(
        hashing(table("collections")),
        PAYMENT_COLUMNS,
        batch_id="b1",
        pulled_at=PULLED_AT,
        hash_key=b"key",
    )
    encoded = encode.encode([PAYMENT, payment(PaymentAmount="a lot")])
    row, _ = lines(encoded.lines)
    assert len(row["customer_name"]) == 64
    assert row["raw"]["CustomerName"] == row["customer_name"]
    assert b"Ann" not in encoded.lines + encoded.rejects


def test_a_hashed_column_needs_a_key() -> None:
    with pytest.raises(ConfigurationError, match="customer_name is to land hashed"):
        RowEncoder(
            hashing(table("collections")), PAYMENT_COLUMNS, batch_id="b1", pulled_at=PULLED_AT
        )


MARK = {"_batch_id": "b1", "_pulled_at": PULLED_AT.isoformat(), "_is_rejected": True}


def test_a_rejected_row_lands_as_a_line_with_its_key() -> None:
    wbr = wbr_encoder()
    encoded = wbr.encode([["Kim", 1, 1, 2, 0.5, "much", 9.99]])
    key = {"event_date": "2026-11-14", "bu_name": "Tucson-Sales", "estimator": "Kim"}
    assert lines(encoded.lines) == [key | MARK | {"_row": 0}]
    assert wbr.rejected == 1


def test_a_rejected_row_whose_key_can_not_be_read_lands_as_a_line_without() -> None:
    wbr = wbr_encoder()
    encoded = wbr.encode([[None, 1, 1, 2, 0.5, 1, 9.99], ["Kim"]])
    assert lines(encoded.lines) == [MARK | {"_row": 0}, MARK | {"_row": 1}]
    assert wbr.rejected == 2
