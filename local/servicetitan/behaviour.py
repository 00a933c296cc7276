"""What differs from tenant to tenant, or over the years, and which the facts leave open."""

from dataclasses import dataclass, field


@dataclass
class Behaviour:
    """How this tenant's API behaves; change it at any time.

    `async_polls` polls find an asynchronous query running; with 0 it is answered at once.
    `pages_count_as_runs`: whether the run limit holds for page 2 and later as well.
    """

    token_lifetime_seconds: float = 900
    refuse_unknown_parameters: bool = False
    formatted_values: bool = False
    pages_count_as_runs: bool = False
    async_offered: bool = True
    async_polls: int = 0
    async_pascal_case: bool = True
    async_slots: int = 5
    async_full_status: int = 409
    denied_categories: set[str] = field(default_factory=set)
