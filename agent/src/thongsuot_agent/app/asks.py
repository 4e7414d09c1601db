"""Asks: tests that a person wants now, as answers to pushes bring them; one after the other."""

import logging
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from thongsuot_agent.clock import NS_PER_S
from thongsuot_agent.schedule.choice import AskRefused
from thongsuot_agent.schedule.job import Job
from thongsuot_agent.schedule.purse import DEAR_BYTES
from thongsuot_schema.batch.model import NoticeCode
from thongsuot_schema.batch.push import Ask, AskRefusal
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Result, Series

_log = logging.getLogger(__name__)

LONGEST_NS = 600 * NS_PER_S
"""After this a test is given up: the runs themselves end far sooner."""

KNOWN_KEPT = 64
"""Ids that are remembered: the collector repeats one until it has read what became of it."""

ID_CHARACTERS = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Hands:
    """
    Who carries out what is asked; called on the loop, must not block.

    ``matching`` raises ``AskRefused``; ``on_notice`` keeps code, text and count in the record;
    ``on_news`` pushes at once, for somebody waits.
    """

    now_ns: Callable[[], int]
    matching: Callable[[Ask], tuple[Job, ...]]
    begin: Callable[[Job], None]
    on_notice: Callable[[NoticeCode, str, int], None]
    on_news: Callable[[], None]


@dataclass(slots=True, kw_only=True)
class _UnderWay:
    ask: Ask
    since_ns: int
    series: int
    awaited: set[Series] = field(default_factory=set)
    queue: deque[Job] = field(default_factory=deque)


class Asks:
    """
    Runs one test at a time: the next is taken with the first answer after it has ended.

    Runs that fill a link come one by one, all others of a test together.
    """

    def __init__(self, hands: Hands) -> None:
        self._hands = hands
        self._known: deque[str] = deque(maxlen=KNOWN_KEPT)
        self._under_way: _UnderWay | None = None

    def take(self, asks: Iterable[Ask]) -> None:
        """Take in what an answer brought; what is known already changes nothing."""
        for ask in asks:
            if self._under_way is not None:
                return
            if ask.id in self._known or not 0 < len(ask.id) <= ID_CHARACTERS:
                continue
            self._known.append(ask.id)
            self._begin(ask)

    def take_result(self, result: Result) -> None:
        """A run has ended."""
        one = self._under_way
        # A moment that came while the run lasts is no answer; the run itself will be.
        if one is None or result.finding.reason is Reason.OVERRUN:
            return
        if result.series not in one.awaited:
            return
        one.awaited.discard(result.series)
        if not one.awaited and one.queue:
            self._begin_next(one)
        if not one.awaited:
            self._end(NoticeCode.ASK_DONE, one.ask.id, one.series)

    def pass_time(self) -> None:
        """A second has passed."""
        one = self._under_way
        if one is not None and self._hands.now_ns() - one.since_ns > LONGEST_NS:
            left = len(one.awaited) + len(one.queue)
            why = f"{AskRefusal.TIME} {left} of {one.series} runs did not end"
            self._end(NoticeCode.ASK_REFUSED, f"{one.ask.id} {why}", one.series)

    def _begin(self, ask: Ask) -> None:
        try:
            jobs = self._hands.matching(ask)
        except AskRefused as refused:
            _log.warning("test refused id=%s kind=%s: %s", ask.id, ask.kind, refused)
            self._hands.on_notice(NoticeCode.ASK_REFUSED, f"{ask.id} {refused}", 0)
            self._hands.on_news()
            return
        _log.info("test begins id=%s kind=%s series=%d", ask.id, ask.kind, len(jobs))
        one = _UnderWay(ask=ask, since_ns=self._hands.now_ns(), series=len(jobs))
        self._under_way = one
        self._hands.on_notice(NoticeCode.ASK_TAKEN, ask.id, len(jobs))
        self._hands.on_news()
        for job in jobs:
            if job.cost_bytes >= DEAR_BYTES:
                one.queue.append(job)
            else:
                one.awaited.add(job.series)
                self._hands.begin(job)
        if not one.awaited:
            self._begin_next(one)

    def _begin_next(self, one: _UnderWay) -> None:
        job = one.queue.popleft()
        one.awaited.add(job.series)
        self._hands.begin(job)

    def _end(self, code: NoticeCode, text: str, series: int) -> None:
        _log.info("test ended %s: %s", code, text)
        self._under_way = None
        self._hands.on_notice(code, text, series)
        self._hands.on_news()
