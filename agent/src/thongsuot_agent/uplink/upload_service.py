"""
Upload service: pushes fresh batches first and drains the backlog beside them.

The fresh uploader sends the newest batches first, and news (verdict changes) that an outage left on
the disk. The backlog uploader then sends the rest of the disk, oldest first, in separate concurrent
requests. Each batch is one request; a finally refused batch is set aside, so that it never blocks
the others.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Never

from thongsuot_agent.clock import NS_PER_S, Clocks, TrueTime
from thongsuot_agent.spool.rejected import Rejection
from thongsuot_agent.spool.rows import FIRST
from thongsuot_agent.spool.spool import Spool
from thongsuot_agent.spool.stream import BatchKey, PendingBatch
from thongsuot_agent.uplink.answer import PushDisposition, PushOutcome
from thongsuot_agent.uplink.uploader import Uploader
from thongsuot_runtime.backoff import Backoff
from thongsuot_schema.batch.push import (
    LONGEST_WAIT_S,
    NearestSite,
    PushResponse,
    TestRequest,
)
from thongsuot_schema.errors import BatchError
from thongsuot_schema.result import Family

_log = logging.getLogger(__name__)

FIRST_WAIT_S = 1.0
"""
From here the waits double to ``LONGEST_WAIT_S``, three quarters of that on average: the maximum
delay of the first push after a repair, unless a change of a link or a verdict triggers it at once.
"""

_OK = 200

_CHUNK = 16
"""Batches of the backlog that are read, pushed and removed together, in one transaction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteConfigHooks:
    """
    The interface to site configurations: the report about them, and the callback with the result of
    a push that contained it.
    """

    running_text: Callable[[], str] = lambda: ""
    on_push_end: Callable[[str, PushOutcome], None] = lambda _said, _reading: None


class UploadService:
    """
    Pushes the waiting batches of the spool, until cancelled.

    ``wake`` is called when something new was sealed, ``push_now`` when it should not wait for a
    back-off (a verdict change, a link that came up). ``on_test_requests`` is called with the tests
    of every answer, ``site_config`` with every push.
    """

    def __init__(
        self,
        spool: Spool,
        *,
        fresh: Uploader,
        backlog: Uploader,
        clock: Clocks,
        true_time: TrueTime,
        jitter: Callable[[], float],
        on_test_requests: Callable[[tuple[TestRequest, ...]], None] = lambda _: None,
        site_configs: SiteConfigHooks | None = None,
    ) -> None:
        self._spool = spool
        self._fresh = fresh
        self._backlog = backlog
        self._clock = clock
        self._true_time = true_time
        self._on_test_requests = on_test_requests
        self._site_configs = site_configs or SiteConfigHooks()
        self._fresh_backoff = Backoff(first_s=FIRST_WAIT_S, limit_s=LONGEST_WAIT_S, random=jitter)
        self._backlog_backoff = Backoff(first_s=FIRST_WAIT_S, limit_s=LONGEST_WAIT_S, random=jitter)
        self._woken = asyncio.Event()
        self._hurried = asyncio.Event()
        self._has_backlog = asyncio.Event()
        self._deferred: set[BatchKey] = set()
        self.answer: PushResponse | None = None
        """The collector's last answer."""
        self.nearest: tuple[NearestSite, int] | None = None
        """The nearest point that can serve, and when it arrived (boot time)."""
        self.acknowledged_ns: int | None = None
        """The time of the last acknowledgement, boot time."""
        self.problem = ""
        """Why the latest push failed; empty if it did not."""
        self._failed_ns: int | None = None
        """When the first push since the last acknowledgement failed, boot time."""

    @property
    def away_since_ns(self) -> int | None:
        """
        The start of the time without acknowledgements, boot time; ``None`` while the collector
        acknowledges.
        """
        if not self.problem:
            return None
        return self._failed_ns if self.acknowledged_ns is None else self.acknowledged_ns

    @property
    def is_reachable(self) -> bool | None:
        """Whether the latest push succeeded; ``None`` before the first one."""
        if self.problem:
            return False
        return None if self.acknowledged_ns is None else True

    @property
    def last_good(self) -> str:
        """The link of the latest successful push; empty if there was none or none was needed."""
        return self._fresh.last_good

    @property
    def answering_url(self) -> str:
        """The collector's address that answered last; empty: none."""
        return self._fresh.answering_url

    def wake(self) -> None:
        """Notify the service about a new batch."""
        self._woken.set()

    def push_now(self) -> None:
        """Push now, regardless of the back-off."""
        self._hurried.set()
        self._woken.set()

    def abandon_link(self, link: str) -> None:
        """Abort the requests over a link that was judged down."""
        self._fresh.abandon(link)
        self._backlog.abandon(link)

    def avoid_family(self, link: str, family: Family | None) -> None:
        """A family was judged dead on a link (``None``: none is, any more)."""
        self._fresh.avoid_family(link, family)
        self._backlog.avoid_family(link, family)

    async def run_fresh(self) -> Never:
        """Push what is fresh, until cancelled."""
        while True:
            await self._woken.wait()
            self._woken.clear()
            # A call of ``push_now`` from here on does not wait for the end of this round.
            self._hurried.clear()
            self._deferred.clear()
            if await self._push_fresh() and self._spool.has_on_disk():
                self._has_backlog.set()

    async def run_backlog(self) -> Never:
        """Drain the backlog, until cancelled."""
        while True:
            await self._has_backlog.wait()
            self._has_backlog.clear()
            await self._push_backlog()

    async def push_last(self) -> None:
        """Push the newest batch once more; the caller limits the time."""
        batch = self._spool.newest_recent()
        if batch is not None:
            await self._push(batch, self._fresh, self._fresh_backoff)

    def reconnect(self) -> None:
        """The facts about links have changed: use new connections from now on."""
        self._fresh.reconnect()
        self._backlog.reconnect()

    def close(self) -> None:
        """Close all connections."""
        self._fresh.close()
        self._backlog.close()

    async def _push_fresh(self) -> bool:
        """Push all fresh batches and news; return whether that succeeded."""
        while (batch := await self._next_fresh()) is not None:
            wait_s = await self._push(batch, self._fresh, self._fresh_backoff)
            if wait_s is not None:
                self._deferred.add(batch.key)
                await self._wait_or_hurry(wait_s)
                return False
        return True

    async def _next_fresh(self) -> PendingBatch | None:
        batch = self._spool.newest_recent(besides=self._deferred)
        return batch if batch is not None else await self._spool.newest_news()

    async def _push_backlog(self) -> None:
        after = FIRST
        while batches := await self._spool.oldest_on_disk(_CHUNK, after):
            for batch in batches:
                wait_s = await self._push(batch, self._backlog, self._backlog_backoff)
                if wait_s is not None:
                    await self._spool.forget_acknowledged()
                    await asyncio.sleep(wait_s)
                    return
            after = batches[-1].key
            await self._spool.forget_acknowledged()

    async def _push(
        self, batch: PendingBatch, uploader: Uploader, backoff: Backoff
    ) -> float | None:
        """Push one batch; return ``None`` if it has left the queue, else the wait."""
        sent_ns, running_text = self._clock.boottime_ns(), self._site_configs.running_text()
        outcome = await uploader.deliver(batch)
        if outcome.answer is not None:
            self._accept_answer(outcome.answer, sent_ns)
        self._site_configs.on_push_end(running_text, outcome)
        if outcome.disposition is PushDisposition.DURABLE:
            self._note_success(batch)
            backoff.reset()
            if batch.has_news:
                await self._spool.forget_acknowledged()
            return None
        if outcome.disposition is PushDisposition.CONFLICT and await self._resolved(batch):
            return None
        if outcome.disposition is PushDisposition.REJECTED:
            _log.error(
                "cannot push batch key=%s results=%d: refused with status=%d: %s; it is set aside",
                batch.key,
                batch.results,
                outcome.status,
                outcome.text,
            )
            refusal = Rejection(status=outcome.status, error=outcome.text)
            if await self._spool.set_aside_rejected(batch, refusal):
                return None
        # A collector that lets the backlog wait, and says so, is not away.
        is_away = uploader is self._fresh or outcome.answer is None
        self._note_failure(outcome.status, outcome.text, backoff, is_away=is_away)
        return backoff.next_wait_s(at_least_s=outcome.wait_s)

    async def _resolved(self, batch: PendingBatch) -> bool:
        """Handle a batch whose number the collector has with other bytes."""
        if not batch.is_whole:
            # It was pushed completely but not acknowledged, and has lost its results for space
            # since: the collector has more than what is left here.
            _log.warning(
                "batch key=%s was stored by the collector before, with all its results", batch.key
            )
            self._note_success(batch)
            return True
        _log.error(
            "batch key=%s: the collector has other bytes under its number: another sender is "
            "pushing as this device; it will be pushed again under another stream",
            batch.key,
        )
        try:
            return await self._spool.reissue(batch)
        except BatchError as error:
            refusal = Rejection(status=HTTPStatus.CONFLICT, error=str(error))
            return await self._spool.set_aside_rejected(batch, refusal)

    def _accept_answer(self, answer: PushResponse, sent_ns: int) -> None:
        self.answer = answer
        if answer.nearest is not None:
            self.nearest = answer.nearest, self._clock.boottime_ns()
        self._true_time.add_collector_time(
            sent_ns=sent_ns,
            received_ns=self._clock.boottime_ns(),
            collector_wall_ns=answer.collector_wall_ns,
        )
        self._on_test_requests(answer.test_requests)

    def _note_success(self, batch: PendingBatch) -> None:
        self._spool.acknowledge(batch.key)
        now_ns = self._clock.boottime_ns()
        if self.problem:
            since = self.acknowledged_ns
            away_s = 0.0 if since is None else (now_ns - since) / NS_PER_S
            _log.info("collector accepts pushes again after_s=%.0f", away_s)
        self.acknowledged_ns, self.problem, self._failed_ns = now_ns, "", None

    def _note_failure(self, status: int, text: str, backoff: Backoff, *, is_away: bool) -> None:
        if is_away:
            self.problem = text
            if self._failed_ns is None:
                self._failed_ns = self._clock.boottime_ns()
        times = backoff.failures + 1
        if times & (times - 1) == 0:  # the first, then once per doubling
            # A wrong token or address needs a person.
            level = logging.ERROR if status in {401, 403, 404} else logging.WARNING
            _log.log(
                level,
                "cannot push status=%d failures=%d: %s; the record waits on the device",
                status,
                times,
                text,
            )

    async def _wait_or_hurry(self, wait_s: float) -> None:
        try:
            async with asyncio.timeout(wait_s):
                await self._hurried.wait()
        except TimeoutError:
            pass
        self._woken.set()
