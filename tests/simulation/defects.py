"""Planted defects."""

from tests.simulation.planting import Defect

DEFECTS: dict[str, Defect] = {}
