"""The application's tables as its Laravel migrations make them, on MySQL, MariaDB and SQLite.

Laravel writes its time stamps as wall clock of Australia/Melbourne, without a zone.
"""

from sqlalchemy import (
    JSON,
    TIMESTAMP,
    BigInteger,
    Boolean,
    Column,
    Date,
    Enum,
    ForeignKey,
    Integer,
    MetaData,
    Numeric,
    String,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects import mysql, sqlite
from sqlalchemy.types import TypeEngine

METADATA = MetaData()

# SQLite makes ids by itself for INTEGER alone.
ID: TypeEngine[int] = (
    BigInteger()
    .with_variant(mysql.BIGINT(unsigned=True), "mysql", "mariadb")
    .with_variant(Integer(), "sqlite")
)
MONEY = Numeric(10, 2, asdecimal=False)
SCORE = Numeric(5, 2, asdecimal=False)
MOMENT = TIMESTAMP().with_variant(
    sqlite.DATETIME(truncate_microseconds=True),  # type: ignore[no-untyped-call]
    "sqlite",
)
FLAG = Boolean().with_variant(mysql.TINYINT(1), "mysql", "mariadb")

LEAD_STATUSES = (
    "new",
    "distributed",
    "partially_fulfilled",
    "fulfilled",
    "expired",
    "cancelled",
)
VENUE_STATUSES = ("pending", "active", "inactive", "suspended")
SALE_STATUSES = ("contacted", "quoted", "booked", "lost", "pending")
TRANSACTION_TYPES = ("topup", "auto_topup", "purchase", "refund", "adjustment")
MATCH_STATUSES = ("notified", "viewed", "purchased", "expired", "declined")
ROOM_STYLES = ("bar", "function_room", "pub", "club", "semi_outdoor")


def _table(name: str, *items: Column[object] | UniqueConstraint) -> Table:
    """A table as Laravel makes it: an id first, `created_at` and `updated_at` last."""
    return Table(
        name,
        METADATA,
        Column("id", ID, primary_key=True, autoincrement=True),
        *items,
        Column("created_at", MOMENT),
        Column("updated_at", MOMENT),
        mysql_engine="InnoDB",
        mysql_charset="utf8mb4",
    )


def _belongs_to(table: str, *, nullable: bool = False) -> Column[object]:
    """A foreign key that cascades: deleting the parent removes its rows."""
    name = {"leads": "lead_id", "venues": "venue_id"}.get(table, f"{table.removesuffix('s')}_id")
    return Column(name, ID, ForeignKey(f"{table}.id", ondelete="CASCADE"), nullable=nullable)


AREAS = _table(
    "areas",
    Column("name", String(255), nullable=False),
    Column("sort_order", Integer, nullable=False, default=0),
)

OCCASION_TYPES = _table(
    "occasion_types",
    Column("key", String(255), nullable=False, unique=True),
    Column("label", String(255), nullable=False),
    Column("sort_order", Integer, nullable=False, default=0),
    Column("is_active", FLAG, nullable=False, default=True),
)

LEADS = _table(
    "leads",
    Column("first_name", String(255), nullable=False),
    Column("last_name", String(255), nullable=False),
    Column("email", String(255), nullable=False),
    Column("phone", String(255), nullable=False),
    Column("occasion_type", String(255), nullable=False),
    Column("guest_count", Integer, nullable=False),
    Column("preferred_date", Date, nullable=False),
    Column("suburb", String(255), nullable=False),
    Column("suburb_preferences", JSON(none_as_null=True)),
    Column("location_selections", JSON(none_as_null=True)),
    Column("room_styles", JSON(none_as_null=True), nullable=False),
    Column("budget_range", String(255)),
    Column("special_requirements", Text),
    Column("base_price", MONEY, nullable=False),
    Column("current_price", MONEY, nullable=False),
    Column("discount_percent", Integer, nullable=False, default=0),
    Column("status", Enum(*LEAD_STATUSES), nullable=False, default="new"),
    Column("purchase_target", Integer, nullable=False, default=3),
    Column("purchase_count", Integer, nullable=False, default=0),
    Column("distributed_at", MOMENT),
    Column("fulfilled_at", MOMENT),
    Column("expires_at", MOMENT),
    Column("additional_services_email_sent_at", MOMENT),
    Column("webhook_payload", JSON(none_as_null=True)),
    Column("referring_domain", String(255)),
    Column("deleted_at", MOMENT),
)

VENUES = _table(
    "venues",
    Column("user_id", ID, nullable=False),
    Column("business_name", String(255), nullable=False),
    Column("abn", String(20)),
    Column("contact_name", String(255)),
    Column("contact_email", String(255)),
    Column("contact_phone", String(255)),
    Column("website", String(255)),
    Column("address", String(255)),
    Column("suburb", String(255)),
    Column("state", String(255), nullable=False, default="VIC"),
    Column("postcode", String(10)),
    _belongs_to("areas", nullable=True),
    Column("suburb_tags", JSON(none_as_null=True)),
    Column("occasion_tags", JSON(none_as_null=True)),
    Column("credit_balance", MONEY, nullable=False, default=0),
    Column("auto_topup_threshold", MONEY),
    Column("auto_topup_amount", MONEY),
    Column("auto_topup_enabled", FLAG, nullable=False, default=False),
    Column("stripe_customer_id", String(255)),
    Column("stripe_payment_method_id", String(255)),
    Column("status", Enum(*VENUE_STATUSES), nullable=False, default="pending"),
    Column("approved_at", MOMENT),
    Column("last_activity_at", MOMENT),
    Column("deleted_at", MOMENT),
)

ROOMS = _table(
    "rooms",
    _belongs_to("venues"),
    Column("name", String(255), nullable=False),
    Column("style", Enum(*ROOM_STYLES), nullable=False),
    Column("seated_capacity", Integer),
    Column("standing_capacity", Integer),
    Column("hire_cost", MONEY),
    Column("features", JSON(none_as_null=True)),
    Column("images", JSON(none_as_null=True)),
)

LEAD_MATCHES = _table(
    "lead_matches",
    _belongs_to("leads"),
    _belongs_to("venues"),
    Column("match_score", SCORE),
    Column("status", Enum(*MATCH_STATUSES), nullable=False, default="notified"),
    Column("notified_at", MOMENT),
    Column("viewed_at", MOMENT),
    Column("purchased_at", MOMENT),
    UniqueConstraint("lead_id", "venue_id"),
)

LEAD_PURCHASES = _table(
    "lead_purchases",
    _belongs_to("leads"),
    _belongs_to("venues"),
    Column("lead_match_id", ID),
    Column("amount_paid", MONEY, nullable=False),
    Column("discount_percent", Integer, nullable=False, default=0),
    Column("lead_status", Enum(*SALE_STATUSES), nullable=False, default="pending"),
    Column("notes", Text),
    UniqueConstraint("lead_id", "venue_id"),
)

CREDIT_TRANSACTIONS = _table(
    "credit_transactions",
    _belongs_to("venues"),
    Column("type", Enum(*TRANSACTION_TYPES), nullable=False),
    Column("amount", MONEY, nullable=False),
    Column("balance_after", MONEY, nullable=False),
    Column("description", String(255)),
    Column("stripe_payment_intent_id", String(255)),
    Column("lead_purchase_id", ID),
    Column("admin_note", Text),
)
