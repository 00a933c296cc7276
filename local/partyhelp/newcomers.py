"""A new lead's and a new venue's columns, as the application first writes them."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from local.partyhelp.people import (
    AREAS,
    GUEST_RANGES,
    OCCASIONS,
    SUBURBS,
    Occasion,
    someone,
    suburb_area,
)

LEAD_LIFETIME = timedelta(days=14)
PURCHASE_TARGET = 3
TOP_UP = Decimal(250)
TOP_UP_BELOW = Decimal(100)


def new_venue(random: Random, number: int, name: str, now: datetime) -> dict[str, Any]:
    """The venue that gets the id `number`; its owner is somebody, its credit nothing."""
    owner, suburb = someone(random, 90_000 + number), random.choice(SUBURBS)
    area_id = list(AREAS).index(suburb_area(suburb)) + 1
    is_approved = number % 12 != 0
    return {
        "user_id": number + 1,
        "business_name": name,
        "abn": f"51 824 753 {number:03}",
        "contact_name": f"{owner.first_name} {owner.last_name}",
        "contact_email": owner.email,
        "contact_phone": owner.phone,
        "website": f"https://venue-{number}.example",
        "address": f"{random.randint(1, 400)} Confidential Street",
        "suburb": suburb if number % 10 else "",
        "state": "VIC",
        "postcode": f"3{random.randint(0, 199):03}",
        "area_id": area_id if number % 8 else None,
        "suburb_tags": [suburb],
        "occasion_tags": [occasion.key for occasion in random.sample(OCCASIONS, 4)],
        "credit_balance": Decimal(0),
        "auto_topup_threshold": TOP_UP_BELOW,
        "auto_topup_amount": TOP_UP,
        "auto_topup_enabled": number % 3 != 0,
        "stripe_customer_id": f"cus_planted{number:04}",
        "stripe_payment_method_id": f"pm_planted{number:04}",
        "status": "active" if is_approved else "pending",
        "approved_at": now if is_approved else None,
        "last_activity_at": None,
        "deleted_at": None,
    }


def new_lead(random: Random, number: int, occasion: Occasion, now: datetime) -> dict[str, Any]:
    """The lead that gets the id `number`, for the occasion given."""
    customer, suburbs = someone(random, number), random.sample(SUBURBS, random.randint(1, 3))
    guests, written = _guests(random)
    areas = sorted({suburb_area(suburb) for suburb in suburbs})
    return {
        "first_name": customer.first_name,
        "last_name": customer.last_name,
        "email": customer.email,
        "phone": customer.phone,
        "occasion_type": occasion.key,
        "guest_count": guests,
        "preferred_date": now.date() + timedelta(days=random.randint(10, 200)),
        "suburb": suburbs[0],
        "suburb_preferences": suburbs if number % 3 else None,
        "location_selections": areas if number % 2 else None,
        "room_styles": ["function_room"],
        "budget_range": None,
        "special_requirements": f"Please ring {customer.first_name} on {customer.phone}",
        "base_price": occasion.price,
        "current_price": occasion.price,
        "discount_percent": 0,
        "status": "new",
        "purchase_target": PURCHASE_TARGET,
        "purchase_count": 0,
        "distributed_at": None,
        "fulfilled_at": None,
        "expires_at": now + LEAD_LIFETIME,
        "additional_services_email_sent_at": None,
        "webhook_payload": {
            "First_Name": customer.first_name,
            "Last_Name": customer.last_name,
            "Email": customer.email,
            "Phone": customer.phone,
            **written,
        },
        "referring_domain": None,
        "deleted_at": None,
    }


def _guests(random: Random) -> tuple[int, Mapping[str, Any]]:
    """How many guests, and how the enquiry's form put it: it has had three by now."""
    low, high = random.choice(GUEST_RANGES)
    form = random.randrange(4)
    if form == 0:
        return high, {"Number_of_Guests": f"{low}-{high}"}
    if form == 1:
        return high, {"guest_count": f"{low} - {high}"}
    guests = random.randint(low, high)
    return guests, {"guests": guests} if form == 2 else {}
