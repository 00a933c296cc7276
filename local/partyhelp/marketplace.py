"""The marketplace's life: leads come in, venues are told, look and buy, credit moves.

Deterministic: the same seed, first day and number of days give the same rows, and one day more adds
to them what that day brings. Times are wall clock of Australia/Melbourne, as the application writes
them.
"""

import heapq
from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from local.partyhelp.newcomers import TOP_UP, TOP_UP_BELOW, new_lead, new_venue
from local.partyhelp.people import AREAS, OCCASIONS, UNLISTED_OCCASION, VENUE_NAMES, Occasion

Row = dict[str, Any]
Action = Callable[[datetime], None]

LEADS_A_DAY = (1, 4)
RUSH = (7 * 60, 22 * 60)
"""Leads come in between these minutes of the day."""

MATCHES_A_LEAD = (3, 7)
EARLIEST_HOUR = 6
DISCOUNTS_AFTER_DAYS = {1: 10, 3: 20}
NOTE = 'Goodwill: the guest list was "a bit" off 🙈'


class Marketplace:
    """The application's tables, as lists of rows in the order in which they were made."""

    def __init__(self, seed: int, first_day: date) -> None:
        self.seed = seed
        self.tables: dict[str, list[Row]] = {}
        self._agenda: list[tuple[datetime, int, Action]] = []
        self._entries = 0
        self._random = Random(f"{seed} {first_day}")  # noqa: S311 - no secrets here
        self._next_day = first_day
        self._open_for_business(datetime.combine(first_day, time(6)))

    def live_until(self, day: date) -> None:
        """Let every day before `day` happen."""
        while self._next_day < day:
            self._random = Random(f"{self.seed} {self._next_day}")  # noqa: S311
            self._plan_day(datetime.combine(self._next_day, time.min))
            self._next_day += timedelta(days=1)
            self._happen_before(datetime.combine(self._next_day, time.min))

    def _plan_day(self, midnight: datetime) -> None:
        for _ in range(self._random.randint(*LEADS_A_DAY)):
            self._at(midnight + timedelta(minutes=self._random.randint(*RUSH)), self._receive_lead)
        if midnight.day == 15:
            self._at(midnight + timedelta(hours=11), self._adjust_credit)
        if midnight.month in (3, 9) and midnight.day == 20:
            self._at(midnight + timedelta(hours=16), self._lose_venue)

    def _at(self, moment: datetime, action: Action) -> None:
        """Put `action` on the agenda; people sleep until six, also while the clocks change."""
        if moment.hour < EARLIEST_HOUR:
            moment += timedelta(hours=EARLIEST_HOUR)
        self._entries += 1
        heapq.heappush(self._agenda, (moment, self._entries, action))

    def _happen_before(self, end: datetime) -> None:
        while self._agenda and self._agenda[0][0] < end:
            moment, _, action = heapq.heappop(self._agenda)
            action(moment)

    def _add(self, table: str, now: datetime, **values: Any) -> Row:
        rows = self.tables.setdefault(table, [])
        row = {"id": len(rows) + 1, **values, "created_at": now, "updated_at": now}
        rows.append(row)
        return row

    def _open_for_business(self, now: datetime) -> None:
        for order, area in enumerate(AREAS):
            self._add("areas", now, name=area, sort_order=order)
        for order, occasion in enumerate(OCCASIONS):
            self._add(
                "occasion_types",
                now,
                key=occasion.key,
                label=occasion.label,
                sort_order=order,
                is_active=occasion.is_active,
            )
        for number, name in enumerate(VENUE_NAMES, start=1):
            venue = self._add("venues", now, **new_venue(self._random, number, name, now))
            self._add("rooms", now, venue_id=number, name="Main room", style="function_room")
            if venue["status"] == "active":
                self._move_credit(venue, "topup", TOP_UP, now, payment=f"pi_first_{number:05}")

    def _receive_lead(self, now: datetime) -> None:
        number = len(self.tables.get("leads", [])) + 1
        occasion = UNLISTED_OCCASION if number % 40 == 0 else self._random.choice(OCCASIONS)
        lead = self._add("leads", now, **new_lead(self._random, number, occasion, now))
        fate = self._random.random()
        if fate < 0.03:
            self._at(now + timedelta(hours=1), lambda at: _change(lead, at, status="cancelled"))
            return
        self._at(now + timedelta(minutes=6), lambda at: self._distribute(lead, at))
        self._at(lead["expires_at"], lambda at: self._expire(lead, at))
        for days, percent in DISCOUNTS_AFTER_DAYS.items():
            self._at(now + timedelta(days=days), _discounting(lead, occasion, percent))
        if fate < 0.06:
            self._at(now + timedelta(days=9), lambda at: _change(lead, at, deleted_at=at))

    def _distribute(self, lead: Row, now: datetime) -> None:
        _change(lead, now, status="distributed", distributed_at=now)
        venues = [venue for venue in self.tables["venues"] if venue["status"] == "active"]
        count = min(self._random.randint(*MATCHES_A_LEAD), len(venues))
        for venue in self._random.sample(venues, count):
            match = self._add(
                "lead_matches",
                now,
                lead_id=lead["id"],
                venue_id=venue["id"],
                match_score=Decimal(self._random.randint(4_000, 10_000)) / 100,
                status="notified",
                notified_at=now,
                viewed_at=None,
                purchased_at=None,
            )
            self._plan_match(match, lead, venue)

    def _plan_match(self, match: Row, lead: Row, venue: Row) -> None:
        interest = self._random.random()
        viewed = match["notified_at"] + timedelta(minutes=self._random.randint(5, 6_000))
        decided = viewed + timedelta(minutes=self._random.randint(1, 900))
        if interest < 0.8:
            self._at(viewed, lambda at: _view(match, at))
        if interest < 0.5:
            self._at(decided, lambda at: self._buy(match, lead, venue, at))
        elif interest < 0.6:
            self._at(decided, lambda at: _decline(match, at))

    def _buy(self, match: Row, lead: Row, venue: Row, now: datetime) -> None:
        if not _is_for_sale(lead, now) or venue["status"] != "active":
            return
        if venue["credit_balance"] < lead["current_price"]:
            self._top_up(venue, now)
        purchase = self._add(
            "lead_purchases",
            now,
            lead_id=lead["id"],
            venue_id=venue["id"],
            lead_match_id=match["id"],
            amount_paid=lead["current_price"],
            discount_percent=lead["discount_percent"],
            lead_status="pending",
            notes=f"Left a message for {lead['first_name']}",
        )
        _change(match, now, status="purchased", purchased_at=now)
        _count_purchase(lead, now)
        self._move_credit(venue, "purchase", -purchase["amount_paid"], now, purchase=purchase)
        self._follow_up(purchase, venue, now)
        if venue["auto_topup_enabled"] and venue["credit_balance"] < TOP_UP_BELOW:
            self._top_up(venue, now)

    def _follow_up(self, purchase: Row, venue: Row, now: datetime) -> None:
        outcome = self._random.choice(("contacted", "quoted", "booked", "lost"))
        later = now + timedelta(days=self._random.randint(1, 20))
        self._at(later, lambda at: _change(purchase, at, lead_status=outcome))
        if self._random.random() < 0.04:
            self._at(later, lambda at: self._refund(purchase, venue, at))

    def _refund(self, purchase: Row, venue: Row, now: datetime) -> None:
        self._move_credit(venue, "refund", purchase["amount_paid"], now, purchase=purchase)

    def _top_up(self, venue: Row, now: datetime) -> None:
        kind = "auto_topup" if venue["auto_topup_enabled"] else "topup"
        number = len(self.tables["credit_transactions"]) + 1
        self._move_credit(venue, kind, TOP_UP, now, payment=f"pi_sample_{number:06}")

    def _adjust_credit(self, now: datetime) -> None:
        venue = self._random.choice(self.tables["venues"])
        self._move_credit(venue, "adjustment", Decimal("12.35"), now, note=NOTE)

    def _lose_venue(self, now: datetime) -> None:
        venue = self._random.choice(self.tables["venues"])
        _change(venue, now, status="inactive", deleted_at=now)

    def _move_credit(
        self,
        venue: Row,
        kind: str,
        amount: Decimal,
        now: datetime,
        *,
        purchase: Row | None = None,
        payment: str | None = None,
        note: str | None = None,
    ) -> None:
        balance = venue["credit_balance"] + amount
        self._add(
            "credit_transactions",
            now,
            venue_id=venue["id"],
            type=kind,
            amount=amount,
            balance_after=balance,
            description=f"Lead #{purchase['lead_id']}" if purchase else None,
            stripe_payment_intent_id=payment,
            lead_purchase_id=purchase["id"] if purchase else None,
            admin_note=note,
        )
        _change(venue, now, credit_balance=balance, last_activity_at=now)

    def _expire(self, lead: Row, now: datetime) -> None:
        if lead["status"] == "distributed":
            _change(lead, now, status="expired")
        for match in self._matches_of(lead):
            if match["status"] in ("notified", "viewed"):
                _change(match, now, status="expired")

    def _matches_of(self, lead: Row) -> Iterator[Row]:
        """The lead's matches, sought among those made since it came in."""
        for match in reversed(self.tables["lead_matches"]):
            if match["created_at"] < lead["created_at"]:
                return
            if match["lead_id"] == lead["id"]:
                yield match


def _change(row: Row, now: datetime, **values: Any) -> None:
    row.update(values, updated_at=now)


def _is_for_sale(lead: Row, now: datetime) -> bool:
    is_open = lead["status"] in ("distributed", "partially_fulfilled")
    return is_open and lead["deleted_at"] is None and now < lead["expires_at"]


def _discounting(lead: Row, occasion: Occasion, percent: int) -> Action:
    price = round(occasion.price * (100 - percent) / 100, 2)

    def discount(now: datetime) -> None:
        if _is_for_sale(lead, now):
            _change(lead, now, discount_percent=percent, current_price=price)

    return discount


def _count_purchase(lead: Row, now: datetime) -> None:
    count = lead["purchase_count"] + 1
    _change(lead, now, purchase_count=count, status="partially_fulfilled")
    if count == lead["purchase_target"]:
        _change(lead, now, status="fulfilled", fulfilled_at=now)


def _view(match: Row, now: datetime) -> None:
    if match["status"] == "notified":
        _change(match, now, status="viewed", viewed_at=now)


def _decline(match: Row, now: datetime) -> None:
    if match["status"] in ("notified", "viewed"):
        _change(match, now, status="declined")
