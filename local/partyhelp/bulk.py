"""A marketplace with a great many sales, made inside the database: for benchmarks."""

from datetime import datetime
from decimal import Decimal
from random import Random

from sqlalchemy import Engine, insert, literal, select, true

from local.partyhelp.newcomers import new_lead, new_venue
from local.partyhelp.people import OCCASIONS
from local.partyhelp.sample import create_tables
from local.partyhelp.tables import LEAD_PURCHASES, LEADS, VENUES

OPENED = datetime(2026, 7, 1, 9)


def create_bulk(engine: Engine, purchases: int) -> None:
    """Fill a database with so many purchases: every venue has bought every lead.

    `purchases` is a square number, such as 1,000,000. Tables that are there already are dropped.
    """
    create_tables(engine)
    count, random = round(purchases**0.5), Random(7)  # noqa: S311 - no secrets here
    numbers = range(1, count + 1)
    leads = [new_lead(random, number, OCCASIONS[0], OPENED) for number in numbers]
    venues = [
        new_venue(random, number, f"Venue {number}", OPENED) | {"area_id": None}
        for number in numbers
    ]
    price = Decimal("19.90") + VENUES.c.id + LEADS.c.id / literal(100)
    id_of_sale = (LEADS.c.id - 1) * count + VENUES.c.id
    sales = select(
        id_of_sale, LEADS.c.id, VENUES.c.id, price, literal(OPENED), literal(OPENED)
    ).select_from(LEADS.join(VENUES, true()))
    columns = ["id", "lead_id", "venue_id", "amount_paid", "created_at", "updated_at"]
    with engine.begin() as connection:
        connection.execute(insert(LEADS), leads)
        connection.execute(insert(VENUES), venues)
        connection.execute(insert(LEAD_PURCHASES).from_select(columns, sales))
