"""Personal data: what never leaves the database as it is, whatever the catalogue says."""

import re
from typing import Any

from shared.catalog import Column, RawTable
from shared.errors import ConfigurationError

# The application's columns that tell who somebody is or how to reach them, and why.
PERSONAL = {
    "first_name": "a customer's name",
    "last_name": "a customer's name",
    "email": "reaches a customer",
    "phone": "reaches a customer",
    "special_requirements": "free text by a customer",
    "webhook_payload": "the customer's whole enquiry",
    "notes": "free text about a customer",
    "contact_name": "a venue's contact",
    "contact_email": "reaches a venue's contact",
    "contact_phone": "reaches a venue's contact",
    "address": "a sole trader's may be their home",
    "abn": "a sole trader's tells their name",
    "password": "opens a person's account",
    "remember_token": "opens a person's account",
    "two_factor_secret": "opens a person's account",
    "two_factor_recovery_codes": "opens a person's account",
    "stripe_customer_id": "opens a person's record at Stripe",
    "stripe_payment_method_id": "a person's card at Stripe",
}

# Of the enquiry, these alone may be taken out, and only where they are a range of guests.
GUESTS = frozenset(
    {"webhook_payload.Number_of_Guests", "webhook_payload.guest_count", "webhook_payload.guests"}
)
_RANGE = re.compile(r"\s*(\d{1,4})\s*(?:-|–|to)\s*(\d{1,4})\s*")  # noqa: RUF001 - people type it


def check_personal(table: RawTable) -> None:
    """ConfigurationError when the catalogue lets personal data out of `table` unhashed."""
    for column in table.columns:
        for name in column.names or (column.name,):
            _check(table, column, name)


def guest_range(value: Any) -> str | None:
    """A range of guests such as 46-60, or None for anything else."""
    match = _RANGE.fullmatch(str(value))
    return f"{match[1]}-{match[2]}" if match else None


def _check(table: RawTable, column: Column, name: str) -> None:
    place = f"partyhelp_snapshot.yaml: tables.{table.name}.columns.{column.name}"
    if "." in name and name not in GUESTS:
        raise ConfigurationError(
            f"{place}: from: expected a column, or one of {', '.join(sorted(GUESTS))}, found {name}"
        )
    if (reason := PERSONAL.get(name.lower())) and not column.hashed:
        raise ConfigurationError(
            f"{place}: {name} is personal data ({reason}): expected `hash: true`, found "
            "none. Declare it so, or take the column out."
        )
