"""Registry of test requests: the requests sent in answers to pushes, and the agents' reports."""

import asyncio
import logging
import time

from sqlalchemy import Engine

from thongsuot_collector.journal.entry import JournalEntry
from thongsuot_collector.store import test_requests
from thongsuot_collector.store.test_requests import RequestedTest, RequestStage, StageNews
from thongsuot_collector.test_requests.request import NAME_CHARACTERS, is_id
from thongsuot_schema.batch import push
from thongsuot_schema.batch.columns import Columns
from thongsuot_schema.batch.model import Notice, NoticeCode
from thongsuot_schema.view import TestRun

_log = logging.getLogger(__name__)

_REFRESH_EVERY_S = 2.0
"""Requests of the command line are loaded within this time."""

_RUN_TOLERANCE_NS = 60 * test_requests.NS_PER_S
"""A run that began at most this long before a request may answer it; older ones do not."""

_LONGEST_AGO_S = 90 * 86_400
"""Older requests are ignored."""

_STAGES = {
    NoticeCode.TEST_ACCEPTED: RequestStage.TAKEN,
    NoticeCode.TEST_COMPLETED: RequestStage.DONE,
    NoticeCode.TEST_REFUSED: RequestStage.REFUSED,
}


class PendingTestRequests:
    """The live tests of all sites in memory, because every push queries them."""

    def __init__(self, store: Engine) -> None:
        self._store = store
        self._live: dict[str, list[RequestedTest]] = {}

    def pending(self, site: str) -> tuple[push.TestRequest, ...]:
        """Return the tests requested from a site's agent in the answer to its push."""
        if site not in self._live:
            return ()
        now_ns = time.time_ns()
        return tuple(
            push.TestRequest(
                id=request.id, kind=request.kind, link=request.link, target=request.target
            )
            for request in self._live[site]
            if request.state is RequestStage.WAITING and request.expires_ns > now_ns
        )

    async def request(self, wanted: RequestedTest) -> RequestedTest:
        """
        Store a requested test, to be sent in the answer to the next push.

        Raises:
            InvalidTestRequest: too many were requested of this site.
        """
        kept = await asyncio.to_thread(test_requests.put, self._store, wanted)
        await self.refresh()
        return kept

    async def of_site(self, site: str, limit: int) -> list[RequestedTest]:
        """Return the latest tests of a site, the newest first."""
        return await asyncio.to_thread(test_requests.of_site, self._store, site, limit)

    async def apply_batch(self, entry: JournalEntry, columns: Columns) -> None:
        """Record a batch's reports about tests; repeating a call changes nothing."""
        site = entry.site
        if not columns.notices and site not in self._live:
            return  # nearly always
        notices = [notice for notice in columns.notices if notice.code in _STAGES]
        await self._record_onsite(entry, columns)
        if not notices and site not in self._live:
            return
        news = [
            StageNews(name, _STAGES[notice.code], why)
            for notice in notices
            for name, _, why in (notice.text.partition(" "),)
            if is_id(name)
        ]
        taken = [update for update in news if update.stage is RequestStage.TAKEN]
        over = [update for update in news if update.stage is not RequestStage.TAKEN]
        if taken:
            await asyncio.to_thread(test_requests.advance, self._store, site, taken)
        if news:
            await self.refresh()
        await self._record_findings(entry, columns, {said.id for said in news})
        # The end comes after the results, in this batch or an earlier one.
        if over:
            await asyncio.to_thread(test_requests.advance, self._store, site, over)
            await self.refresh()

    async def _record_onsite(self, entry: JournalEntry, columns: Columns) -> None:
        wanted = [
            test
            for notice in columns.notices
            if notice.code is NoticeCode.TEST_REQUESTED_LOCALLY
            if (test := onsite_request(entry, notice)) is not None
        ]
        if not wanted:
            return
        left_out = await asyncio.to_thread(test_requests.put_onsite, self._store, wanted)
        if left_out:
            _log.warning(
                "cannot accept tests (%d) requested for site=%s: at most %d in ten "
                "minutes; dropped",
                left_out,
                entry.site,
                test_requests.AT_ONCE_HERE,
            )

    async def _record_findings(
        self, entry: JournalEntry, columns: Columns, named: set[str]
    ) -> None:
        for request in self._live.get(entry.site, ()):
            # Batches come newest first: the end may be known before the results.
            if request.state is RequestStage.WAITING and request.id not in named:
                continue
            runs = findings(request, entry, columns)
            if runs:
                is_over = request.state is RequestStage.DONE
                await asyncio.to_thread(
                    test_requests.record_findings, self._store, request.id, runs, only_new=is_over
                )

    async def refresh(self) -> None:
        """Read the live tests from the store."""
        by_site: dict[str, list[RequestedTest]] = {}
        for request in await asyncio.to_thread(test_requests.live, self._store):
            by_site.setdefault(request.site, []).append(request)
        self._live = by_site

    async def keep_fresh(self) -> None:
        """Read the store periodically until cancelled."""
        while True:
            await asyncio.sleep(_REFRESH_EVERY_S)
            await self.refresh()


def onsite_request(entry: JournalEntry, notice: Notice) -> RequestedTest | None:
    """Return the test requested by a person at the point; nothing if it is invalid."""
    name, _, rest = notice.text.partition(" ")
    kind, _, link = rest.partition(" ")
    if not is_id(name) or kind not in push.REQUESTABLE_KINDS:
        return None
    now_ns = time.time_ns()
    ago_s = min(notice.count, _LONGEST_AGO_S)
    requested_ns = entry.epoch_ns + notice.boottime_ns - ago_s * test_requests.NS_PER_S
    return RequestedTest(
        id=name,
        site=entry.site,
        kind=kind,
        link=link[:NAME_CHARACTERS],
        target="",
        requested_by=test_requests.AT_SITE,
        requested_ns=requested_ns,
        expires_ns=now_ns + test_requests.LASTS_NS,
        state=RequestStage.TAKEN,
        changed_ns=now_ns,
    )


def findings(request: RequestedTest, entry: JournalEntry, columns: Columns) -> list[TestRun]:
    """Return the latest run in a batch of each series of a test."""
    runs = []
    earliest_ms = (request.requested_ns - _RUN_TOLERANCE_NS - entry.epoch_ns) // 1_000_000
    for block in columns.blocks:
        if block.block.kind != request.kind:
            continue
        for rows in columns.series_of(block):
            series = columns.layout.layout.series[rows.position]
            if request.link not in {"", series.link} or request.target not in {"", series.target}:
                continue
            row = rows.last_row - 1
            if columns.times_ms[row] < earliest_ms:
                continue
            why = columns.not_ok.get(row)
            values = {
                metric: column[row - block.first_row]
                for metric, column in zip(block.block.metrics, block.columns, strict=True)
            }
            runs.append(
                TestRun(
                    link=series.link,
                    target=series.target,
                    family=str(series.family),
                    outcome="ok" if why is None else str(why.outcome),
                    reason="" if why is None else str(why.reason),
                    values={name: value for name, value in values.items() if value is not None},
                )
            )
    return runs
