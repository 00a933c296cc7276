"""How hard the property is tried: `--hypothesis-profile=thorough` for an hour with few doubts."""

from hypothesis import HealthCheck, Phase, settings

COMMON = {"deadline": None, "suppress_health_check": list(HealthCheck), "print_blob": True}

# Shrinking a failure takes minutes; `thorough` does it.
UNSHRUNK = [Phase.explicit, Phase.generate]

settings.register_profile("usual", max_examples=5, derandomize=True, phases=UNSHRUNK, **COMMON)
settings.register_profile("thorough", max_examples=500, **COMMON)
settings.load_profile("usual")
