"""Who works and who buys: estimators, foremen, offices and customers, by name."""

from dataclasses import dataclass
from functools import cache
from random import Random

from local.servicetitan.business_units import BusinessUnit

FIRST_NAMES = (
    "Aaron", "Alicia", "Beatriz", "Brandon", "Carlos", "Danielle", "Diego", "Elena", "Frank",
    "Grace", "Hector", "Irene", "Jamal", "Jenna", "Kyle", "Lucía", "Marcus", "Nadia", "Omar",
    "Priya", "Quentin", "Rosa", "Sean", "Tamara", "Victor", "Wendy", "Ximena", "Zoë",
)  # fmt: skip
LAST_NAMES = (
    "Abbott", "Begay", "Castillo", "Dunn", "Espinoza", "Fletcher", "García", "Hollis", "Ibarra",
    "Jensen", "Kowalski", "Lopez", "McKenna", "Núñez", "O'Brien", "Pham", "Quintero", "Ramirez",
    "Schmidt", "Tsosie", "Underwood", "Vasquez", "Whitfield", "Yazzie",
)  # fmt: skip
# Names that catch careless CSV, quoting and encoding somewhere down the line.
COMPANIES = (
    'The "Nook" Café', "O'Brien & Sons, LLC", "Desert Ridge HOA", "Müller Properties",
    "St. Mary's Parish", "Sun Valley Dental, P.C.",
)  # fmt: skip
TEST_CUSTOMERS = ("Test Customer", "Test Booking - ignore", "Office Test")
BOOKING_CLERKS = ("Amber Quinn", "Call Center", "Kelsey Dorn", "Web Scheduler")

# Two people of one name in one business unit: the reports carry no id to tell them apart.
UNITS_WITH_HOMONYMS = frozenset({"Phoenix-Sales", "Andy's Painting-Sales"})
TEAM_SIZE = {"Sales": 6, "Production": 4}


@dataclass(frozen=True, slots=True)
class Person:
    """An employee; the id never leaves ServiceTitan's reports."""

    id: int
    name: str


@cache
def team_of(unit: BusinessUnit) -> tuple[Person, ...]:
    """The estimators of a sales business unit, or the foremen of a production one."""
    size = TEAM_SIZE[unit.kind]
    names = _names(unit, size)
    if unit.name in UNITS_WITH_HOMONYMS:
        names[1] = names[0]
    return tuple(Person(unit.id * 100 + place, name) for place, name in enumerate(names))


@cache
def former_member_of(unit: BusinessUnit) -> Person:
    """Somebody who left: reports list the name, with zeros, only when asked for inactive people."""
    size = TEAM_SIZE[unit.kind]
    return Person(unit.id * 100 + size, _names(unit, size + 1)[-1])


def draw_customer(draw: Random) -> str:
    """A customer's name; about one in forty is somebody in the office trying the system."""
    chance = draw.random()
    if chance < 0.025:
        return draw.choice(TEST_CUSTOMERS)
    if chance < 0.08:
        return draw.choice(COMPANIES)
    return f"{draw.choice(FIRST_NAMES)} {draw.choice(LAST_NAMES)}"


def _names(unit: BusinessUnit, count: int) -> list[str]:
    first = [FIRST_NAMES[(unit.id + 5 * place) % len(FIRST_NAMES)] for place in range(count)]
    last = [LAST_NAMES[(unit.id + 7 * place) % len(LAST_NAMES)] for place in range(count)]
    return [f"{given} {family}" for given, family in zip(first, last, strict=True)]
