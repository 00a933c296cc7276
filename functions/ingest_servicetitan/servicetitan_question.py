"""What to ask ServiceTitan for: parameters by the report's own metadata, business units by name."""

from functools import cached_property
from typing import Any

from servicetitan_api import ServiceTitan
from servicetitan_paths import ReportRun, report_path
from shared.catalog import ReportSource
from shared.clock import Clock
from shared.days import Window
from shared.errors import BadRequestError, ContractError

LIST_PAGE_SIZE = 500
# Reports differ in what they call the parameter, which takes a list under either name.
BUSINESS_UNITS = ("BusinessUnitIds", "BusinessUnitId")


class Question:
    """A report asked for one business unit or (None) for all; the API is looked at when needed.

    `has_own_report`: the business unit has a report of its own.
    """

    def __init__(
        self,
        source: ReportSource,
        business_unit: str | None,
        has_own_report: bool,
        api: ServiceTitan,
        clock: Clock,
    ) -> None:
        self._source = source
        self._business_unit = business_unit
        self._has_own_report = has_own_report
        self._api = api
        self._clock = clock

    def run(self, window: Window) -> ReportRun:
        """The run for a window of days.

        Raises ContractError for a parameter that the report doesn't have: some tenants ignore
        those, and would answer something else than what was asked. Raises BadRequestError when the
        report can't be asked for one business unit.
        """
        days = {"From": window.first.isoformat(), "To": window.last.isoformat()}
        sent: dict[str, Any] = {**days, **self._source.parameters, **self._business_units}
        if unknown := set(sent) - set(self._parameters):
            raise ContractError(
                f"report {self.report}: expected parameters {', '.join(sorted(unknown))}, found "
                f"{', '.join(self._parameters)}. Correct the catalogue, or ask the report's owner "
                "what changed."
            )
        return ReportRun(self._source.category, self.report, sent)

    @cached_property
    def report(self) -> int:
        """The number of the report that answers for the business unit."""
        return self._source.reports[self._business_unit if self._has_own_report else None]

    @cached_property
    def _parameters(self) -> list[str]:
        """The parameters that the report has."""
        path = report_path(self._api, self._source.category, self.report)
        content = self._api.get(path, self._clock)
        return [parameter["name"] for parameter in content["parameters"]]

    @cached_property
    def _business_units(self) -> dict[str, list[int]]:
        """The parameter that asks for the business unit, where one is to be asked for."""
        if self._business_unit is None:
            return {}
        for name in BUSINESS_UNITS:
            if name in self._parameters:
                return {name: [self._unit_id(self._business_unit)]}
        if self._has_own_report:
            return {}
        raise BadRequestError(
            f"report {self.report} can't be asked for one business unit, it only gives all: leave "
            "the business unit out"
        )

    def _unit_id(self, unit: str) -> int:
        ids = self._unit_ids()
        if unit not in ids:
            raise ContractError(
                f"expected a business unit {unit}, as the catalogue has it; ServiceTitan has "
                f"{', '.join(sorted(ids))}. If it was renamed, rename it in the catalogue and in "
                "dim_regional_bu_map."
            )
        return ids[unit]

    def _unit_ids(self) -> dict[str, int]:
        """The tenant's business units, name to id."""
        path = f"/settings/v2/tenant/{self._api.tenant}/business-units"
        ids: dict[str, int] = {}
        page, has_more = 1, True
        while has_more:
            content: dict[str, Any] = self._api.get(
                path, self._clock, page=page, pageSize=LIST_PAGE_SIZE
            )
            ids |= {unit["name"]: unit["id"] for unit in content["data"]}
            page, has_more = page + 1, bool(content["hasMore"] and content["data"])
        return ids
