"""How hard the property is tried: `--hypothesis-profile=thorough` for an hour with few doubts."""

from hypothesis import HealthCheck, settings

COMMON = {"deadline": None, "suppress_health_check": list(HealthCheck), "print_blob": True}

settings.register_profile("usual", max_examples=5, derandomize=True, **COMMON)
settings.register_profile("thorough", max_examples=500, **COMMON)
settings.load_profile("usual")
