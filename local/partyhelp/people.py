"""Who and where: names, suburbs, occasions and venues of an invented Melbourne.

The people's names, addresses and numbers stand for personal data: tests look for every one of them
in what lands. Phone numbers are of a range that Australia's regulator keeps for fiction.
"""

from dataclasses import dataclass
from decimal import Decimal
from random import Random

AREAS = {
    "Inner City": ("Carlton", "Fitzroy", "Southbank", "Docklands"),
    "Inner North": ("Brunswick", "Northcote", "Preston"),
    "Inner East": ("Richmond", "Hawthorn", "Kew"),
    "Bayside": ("St Kilda", "Brighton", "Elwood"),
    "Inner West": ("Footscray", "Yarraville", "Williamstown"),
    "Yarra Valley": ("Healesville", "Yarra Glen"),
}
SUBURBS = tuple(suburb for suburbs in AREAS.values() for suburb in suburbs)


@dataclass(frozen=True)
class Occasion:
    """What a lead is for. New leads can choose active ones; the label outlives that."""

    key: str
    label: str
    price: Decimal
    is_active: bool = True


OCCASIONS = (
    Occasion("21st_birthday", "21st Birthday", Decimal("39.00")),
    Occasion("30th_birthday", "30th Birthday", Decimal("39.00")),
    Occasion("40th_birthday", "40th Birthday", Decimal("44.50")),
    Occasion("engagement_party", "Engagement Party", Decimal("59.95")),
    Occasion("wedding_reception", "Wedding Reception", Decimal("119.90")),
    Occasion("corporate_function", "Corporate Function", Decimal("89.90")),
    Occasion("christmas_party", "Christmas Party", Decimal("74.25")),
    Occasion("baby_shower", "Baby Shower", Decimal("29.95")),
    Occasion("farewell", "Farewell", Decimal("34.95"), is_active=False),
)

# Chosen on an old form that is still linked somewhere: leads have it, occasion_types does not.
UNLISTED_OCCASION = Occasion("bucks_night", "", Decimal("49.95"))

GUEST_RANGES = ((10, 20), (21, 45), (46, 60), (61, 100), (101, 150))

VENUE_NAMES = (
    "The Lantern Rooms",
    "Glasshouse on Gertrude",
    "O'Malley's Upstairs",
    'The "Snug" Bar',
    "Tram Depot 96",
    "Harbour & Vine",
    "Café Società",
    "Moonlight Rooftop 🎉",
    "The Wool Store",
    "Northern Soul Club",
    "Pelican Pier",
    "Red Brick Function Hall",
    "Laneway Social",
    "The Old Observatory",
    "Merri Creek Boathouse",
    "Bluestone Cellars",
    "Paradise Ballroom",
    "Sixpenny Corner",
    "The Velvet Antler",
    "Kookaburra Hotel",
    "Station Street Tavern",
    "Vineyard at Yering Bend",
    "Palm & Pine 🌴",
    "Wharf Shed 14",
)

FIRST_NAMES = ("Ngaire", "Declan", "Priyanka", "Matteo", "Saoirse", "Hamish", "Thuy", "Zbigniew")
LAST_NAMES = (
    "Featherstone",
    "O'Shaughnessy",
    "Papadopoulos",
    "Nguyễn",
    "Winterbottom",
    "Kowalczyk",
)


@dataclass(frozen=True)
class Person:
    """Somebody's personal data."""

    first_name: str
    last_name: str
    email: str
    phone: str


def someone(random: Random, number: int) -> Person:
    """A person whose e-mail address no one else has."""
    first, last = random.choice(FIRST_NAMES), random.choice(LAST_NAMES)
    phone = f"0491 57{random.randrange(10)} {random.randrange(1000):03}"
    return Person(first, last, f"{first.lower()}.{number}@private.example", phone)


def suburb_area(suburb: str) -> str:
    """The area that a suburb lies in."""
    return next(area for area, suburbs in AREAS.items() if suburb in suburbs)
