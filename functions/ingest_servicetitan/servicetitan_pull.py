"""One request, from the message to a batch: plan, pull page by page, write the manifest.

A batch is one run of a report, or one for each day where the rows carry no date. Each page pulled
is a checkpoint; whoever handles the request after a crash, a redelivery or a hand-over goes on
after the last one. The pages of one run must agree with one another: when they don't, the report
changed while it was read, or the answer was cut, and the run starts afresh as another attempt.

    started-<n>.checkpoint.json                 when the pull began (again, if it was left too long)
    <run>-<attempt>-<page>.checkpoint.json      what the page brought: its rows, or where they lie
    <run>-<attempt>-abandoned.checkpoint.json   why the attempt doesn't count
"""

import re
from collections.abc import Iterator
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

from servicetitan_api import ServiceTitan, servicetitan
from servicetitan_body import Body
from servicetitan_pacing import Slots
from servicetitan_pages import Page, disagreement, landed_pages, unreconciled, write_page
from servicetitan_paths import chosen_path
from servicetitan_question import Question
from shared import logs
from shared.catalog import Dataset, ReportSource, catalog
from shared.clock import Clock
from shared.days import Window
from shared.errors import BadRequestError, ContractError, DeadlineError
from shared.event import Event, following
from shared.events import IngestCompleted, IngestRequested
from shared.landing import Batch, Landed, Manifest
from shared.rejects import check_rejected
from shared.requests import ingest_request, requested_window
from shared.rows import RowEncoder
from shared.settings import optional, optional_number
from shared.stage import Message

PIPELINE = "servicetitan"
STARTED = "started"
ABANDONED = "abandoned"

# Documents say one run a minute; the seconds more are for clocks that differ.
PACE_SECONDS = 65.0
# A page is not begun with less time left; ServiceTitan may take 100 s for one.
PAGE_SECONDS = 60.0
# What a pull brought before it was left for so long is not joined with newer pages.
LEFT_TOO_LONG = timedelta(hours=6)


def pull_reports(message: Message, clock: Clock) -> Iterator[Event]:
    """Handle a request: yields the batch's completion, or requests for what is left to do."""
    request = ingest_request(message)
    if request.pipeline != PIPELINE:
        logs.info(f"not for this function: pipeline {request.pipeline}")
        return
    dataset, source = _asked_for(request)
    if request.business_unit is None and dataset.per_business_unit:
        for unit in dataset.business_units:
            ids = following(request, IngestRequested, unit)
            yield replace(request, **ids, business_unit=unit)
    else:
        yield from Pull(request, dataset, source, servicetitan(), clock).events()


def _asked_for(request: IngestRequested) -> tuple[Dataset, ReportSource]:
    dataset = catalog().dataset(request.dataset)
    if dataset.pipeline.name != PIPELINE or not isinstance(dataset.source, ReportSource):
        raise BadRequestError(f"{dataset.name}: expected a dataset that is a ServiceTitan report")
    dataset.check_business_unit(request.business_unit)
    return dataset, dataset.source


class Pull:
    """One request being pulled."""

    def __init__(
        self,
        request: IngestRequested,
        dataset: Dataset,
        source: ReportSource,
        api: ServiceTitan,
        clock: Clock,
    ) -> None:
        self._request = request
        self._dataset = dataset
        self._table = dataset.tables[0]
        self._api = api
        self._clock = clock
        self._window = requested_window(request, dataset)
        self._windows = _windows(source, self._window)
        self._batch = Batch(PIPELINE, dataset.name, _batch_id(request, self._window))
        self._path = chosen_path(optional("SERVICETITAN_PATH", "sync"), api)
        unit = request.business_unit
        self._question = Question(source, unit, dataset.per_business_unit, api, clock)
        pace = optional_number("SERVICETITAN_PACE_SECONDS", PACE_SECONDS)
        self._slots = Slots(api.tenant, self._question.report, pace, clock)
        self._done: dict[str, dict[str, Any]] = {}  # what earlier deliveries recorded
        self._has_progressed = False

    def events(self) -> Iterator[Event]:
        """The batch's completion; or, when time is short, the same request's next part."""
        run_id, batch_id = self._request.run_id, self._batch.batch_id
        logs.bind(run_id=run_id, dataset=self._dataset.name, batch_id=batch_id)
        manifest, self._done = self._batch.progress()
        if manifest is not None:
            logs.info("already landed")
        else:
            try:
                manifest = self._pull()
            except DeadlineError as error:
                # Without progress the next invocation would do no better: let Pub/Sub wait.
                if not self._has_progressed:
                    raise
                logs.info(f"handing over to part {self._request.part + 1}: {error}")
                yield replace(self._request, part=self._request.part + 1)
                return
        yield self._batch.completed(manifest, **following(self._request, IngestCompleted))

    def _pull(self) -> Manifest:
        logs.info("pulling", window=self._window, pulled_at=self._pulled_at)
        pages: list[Page] = []
        for window in self._windows:
            pages += self._run(window, sum(page.fetched for page in pages))
        landed = landed_pages(self._batch, self._table.name, pages)
        self._check_rejected(landed, [reason for page in pages for reason in page.reasons])
        return self._batch.complete(
            Manifest(
                batch_id=self._batch.batch_id,
                run_id=self._request.run_id,
                pipeline=PIPELINE,
                dataset=self._dataset.name,
                business_units=(unit,) if (unit := self._request.business_unit) else None,
                window=self._window,
                pulled_at=self._pulled_at,
                tables=(landed,),
            )
        )

    def _check_rejected(self, landed: Landed, reasons: list[str]) -> None:
        try:
            check_rejected(self._table, landed.fetched, landed.rejected, reasons)
        except ContractError as error:
            # So that a redrive, once the cause is mended, pulls and encodes everything again.
            for window in self._windows:
                self._abandon(window, self._attempt(window), f"{error}")
            raise

    def _run(self, window: Window, first_row: int) -> list[Page]:
        """All pages of one run; those that are checkpointed are not pulled again."""
        attempt = self._attempt(window)
        pages: list[Page] = []
        while not pages or pages[-1].has_more:
            name = f"{_label(window)}-{attempt:02d}-{len(pages) + 1:05d}"
            row = first_row + sum(page.fetched for page in pages)
            recorded = self._done.get(name) or self._pulled(name, window, pages, row)
            page = Page.recorded(recorded)
            if fault := disagreement(pages, page, self._path.page_size):
                self._abandon(window, attempt, fault)
                raise unreconciled(f"{self._batch.batch_id}: {name}: {fault}", attempt)
            pages.append(page)
        return pages

    def _attempt(self, window: Window) -> int:
        attempt = 1
        while f"{_label(window)}-{attempt:02d}-{ABANDONED}" in self._done:
            attempt += 1
        return attempt

    def _abandon(self, window: Window, attempt: int, reason: str) -> None:
        name = f"{_label(window)}-{attempt:02d}-{ABANDONED}"
        self._done[name] = self._batch.checkpoint(name, {"reason": reason})

    def _pulled(self, name: str, window: Window, before: list[Page], row: int) -> dict[str, Any]:
        """Pull one page and record it; returns what is recorded, perhaps by another instance."""
        self._clock.check(PAGE_SECONDS)
        run = self._question.run(window)
        if not before:
            self._slots.wait(PAGE_SECONDS)

        def pull() -> Page:
            with self._path.page(run, len(before) + 1, self._clock) as body:
                homonyms = before[-1].homonyms if before else {}
                encoder = self._encoder(body, window, row, homonyms)
                return write_page(self._batch, name, body, encoder)

        page = self._api.retried(pull, self._clock)
        self._has_progressed = True
        logs.info(f"pulled {name}", rows=page.fetched, rejected=page.rejected, total=page.total)
        return self._batch.checkpoint(name, asdict(page))

    def _encoder(
        self, body: Body, window: Window, first_row: int, homonyms: dict[str, int]
    ) -> RowEncoder:
        given = {
            "day": window.first,
            "last_day": window.last,
            "business_unit": self._request.business_unit,
        }
        return RowEncoder(
            self._table,
            body.columns,
            batch_id=self._batch.batch_id,
            pulled_at=self._pulled_at,
            given=given,
            first_row=first_row,
            homonyms=homonyms,
        )

    @cached_property
    def _pulled_at(self) -> datetime:
        """When the batch's pull began, as whoever began it recorded."""
        number = sum(name.startswith(STARTED) for name in self._done) or 1
        began = self._begin(number)
        if datetime.now(UTC) - began < LEFT_TOO_LONG:
            return began
        for window in self._windows:
            self._abandon(window, self._attempt(window), f"left since {began}")
        return self._begin(number + 1)

    def _begin(self, number: int) -> datetime:
        name, content = f"{STARTED}-{number:02d}", {"pulled_at": datetime.now(UTC)}
        return datetime.fromisoformat(self._batch.checkpoint(name, content)["pulled_at"])


def _windows(source: ReportSource, window: Window) -> list[Window]:
    """The window of each run."""
    return [Window(day, day) for day in window.days()] if source.run_per_day else [window]


def _batch_id(request: IngestRequested, window: Window) -> str:
    """Such as 20261114-20261120-phoenix-sales-9f86d081884c7d65."""
    unit = re.sub(r"[^a-z0-9]+", "-", (request.business_unit or "all").lower().replace("'", ""))
    return f"{window.first:%Y%m%d}-{window.last:%Y%m%d}-{unit}-{request.event_id}"


def _label(window: Window) -> str:
    return f"{window.first:%Y%m%d}"
