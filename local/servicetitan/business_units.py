"""The thirteen business units of the regional map, as ServiceTitan's settings list them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Kind = Literal["Sales", "Production"]


@dataclass(frozen=True, slots=True)
class BusinessUnit:
    """One business unit: `weekday_jobs` is the fewest and the most jobs of an ordinary weekday."""

    id: int
    name: str
    region_key: str
    kind: Kind
    weekday_jobs: tuple[int, int]


BUSINESS_UNITS = (
    BusinessUnit(1187, "Phoenix-Sales", "PHX", "Sales", (5, 8)),
    BusinessUnit(1188, "Phoenix-Production", "PHX", "Production", (2, 4)),
    BusinessUnit(1042, "Z-DO NOT USE - West- Production", "PHX", "Production", (0, 1)),
    BusinessUnit(1191, "Tucson-Sales", "TUC", "Sales", (4, 6)),
    BusinessUnit(1192, "Tucson-Production", "TUC", "Production", (2, 3)),
    BusinessUnit(20917433, "Nevada-Sales", "NEV", "Sales", (4, 7)),
    BusinessUnit(20917434, "Nevada-Production", "NEV", "Production", (2, 4)),
    BusinessUnit(48211906, "Andy's Painting-Sales", "ANDYS", "Sales", (4, 7)),
    BusinessUnit(48211907, "Andy's Painting-Production", "ANDYS", "Production", (2, 4)),
    BusinessUnit(61360288, "Guaranteed Painting-Sales", "GUAR_TX", "Sales", (4, 6)),
    BusinessUnit(61360289, "Guaranteed Painting-Production", "GUAR_TX", "Production", (2, 3)),
    BusinessUnit(73004512, "Commercial-AZ-Sales", "COMM_AZ", "Sales", (3, 5)),
    BusinessUnit(73004513, "Commercial-AZ-Production", "COMM_AZ", "Production", (1, 3)),
)

UNITS_BY_NAME: Mapping[str, BusinessUnit] = {unit.name: unit for unit in BUSINESS_UNITS}
SALES_UNITS = tuple(unit for unit in BUSINESS_UNITS if unit.kind == "Sales")
PRODUCTION_UNITS = tuple(unit for unit in BUSINESS_UNITS if unit.kind == "Production")


def units_of_kind(kind: Kind) -> tuple[BusinessUnit, ...]:
    """The sales or the production business units, in the map's order."""
    return SALES_UNITS if kind == "Sales" else PRODUCTION_UNITS


def sales_unit_of(unit: BusinessUnit) -> BusinessUnit:
    """The business unit that sells the jobs of `unit`'s region."""
    return next(sales for sales in SALES_UNITS if sales.region_key == unit.region_key)
