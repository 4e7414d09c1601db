"""Asks: tests that a person wants now, by answers to pushes or by the page; one after the other."""

import logging
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from thongsuot_agent.clock import NS_PER_S
from thongsuot_agent.schedule.choice import AskRefused, Wanted
from thongsuot_agent.schedule.job import Job
from thongsuot_agent.schedule.purse import DEAR_BYTES
from thongsuot_schema.batch.model import NoticeCode
from thongsuot_schema.batch.push import Ask, AskRefusal
from thongsuot_schema.page.view import Trial, TrialRun
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Result, Series

_log = logging.getLogger(__name__)

LONGEST_NS = 600 * NS_PER_S
"""After this a test is given up: the runs themselves end far sooner."""

HERE_EVERY_NS = 120 * NS_PER_S
"""How long the page's button rests after it was pressed: everybody in the LAN may press it."""

KNOWN_KEPT = 64
"""Ids that are remembered: the collector repeats one until it has read what became of it."""

SHOWN_KEPT = 5
"""Tests that the page shows: those of one press, and one of the centre."""

ID_CHARACTERS = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Hands:
    """
    Who carries out what is asked; called on the loop, must not block.

    ``matching`` raises ``AskRefused``; ``wanted_here`` is what the page's button stands for, less
    than all of the plan; ``on_notice`` keeps code, text and count in the record; ``on_news`` pushes
    at once, for somebody waits. ``new_id`` returns an id that no test has.
    """

    now_ns: Callable[[], int]
    matching: Callable[[Ask], tuple[Job, ...]]
    wanted_here: Callable[[], tuple[Wanted, ...]]
    begin: Callable[[Job], None]
    on_notice: Callable[[NoticeCode, str, int], None]
    on_news: Callable[[], None]
    new_id: Callable[[], str]


@dataclass(slots=True, kw_only=True)
class _Test:
    """One test, from its beginning; ``runs`` are those that have ended."""

    ask: Ask
    is_here: bool
    since_ns: int
    series: int = 0
    awaited: set[Series] = field(default_factory=set)
    queue: deque[Job] = field(default_factory=deque)
    runs: list[TrialRun] = field(default_factory=list)
    is_over: bool = False
    said: str = ""


class Asks:
    """
    Runs one test at a time: the next is taken with the first answer after it has ended.

    Runs that fill a link come one by one, all others of a test together.
    """

    def __init__(self, hands: Hands) -> None:
        self._hands = hands
        self._known: deque[str] = deque(maxlen=KNOWN_KEPT)
        self._under_way: _Test | None = None
        self._here: deque[Ask] = deque()
        self._pressed_ns: int | None = None
        self._shown: deque[_Test] = deque(maxlen=SHOWN_KEPT)

    def take(self, asks: Iterable[Ask]) -> None:
        """Take in what an answer brought; what is known already changes nothing."""
        for ask in asks:
            if self._under_way is not None or self._here:
                return
            if ask.id in self._known or not 0 < len(ask.id) <= ID_CHARACTERS:
                continue
            self._known.append(ask.id)
            self._begin(ask, is_here=False)

    def want_here(self) -> bool:
        """
        Somebody at the point wants all that the button stands for; ``False`` while it rests.

        A test that the centre wanted ends first.
        """
        if self.rests_ns() > 0 or self._here:
            return False
        self._pressed_ns = self._hands.now_ns()
        for kind, link in self._hands.wanted_here():
            self._here.append(Ask(id=self._hands.new_id(), kind=kind, link=link))
        _log.info("tests wanted at the point tests=%d", len(self._here))
        self._begin_here()
        return True

    def rests_ns(self) -> int:
        """Return how long the button rests yet."""
        if self._pressed_ns is None:
            return 0
        return max(0, self._pressed_ns + HERE_EVERY_NS - self._hands.now_ns())

    def shown(self, wall_s: Callable[[int], float]) -> tuple[Trial, ...]:
        """Return the latest tests for the page, the newest first; those that wait come as well."""
        waiting = [
            Trial(kind=ask.kind, link=ask.link, at_s=wall_s(self._hands.now_ns()), is_here=True)
            for ask in reversed(self._here)
        ]
        begun = [
            Trial(
                kind=one.ask.kind,
                link=one.ask.link,
                at_s=wall_s(one.since_ns),
                is_here=one.is_here,
                count=one.series,
                runs=tuple(one.runs),
                is_over=one.is_over,
                said=one.said,
            )
            for one in reversed(self._shown)
        ]
        return (*waiting, *begun)

    def take_result(self, result: Result) -> None:
        """A run has ended."""
        one = self._under_way
        # A moment that came while the run lasts is no answer; the run itself will be.
        if one is None or result.finding.reason is Reason.OVERRUN:
            return
        if result.series not in one.awaited:
            return
        one.awaited.discard(result.series)
        one.runs.append(_run(result))
        if not one.awaited and one.queue:
            self._begin_next(one)
        if not one.awaited:
            self._end(one, NoticeCode.ASK_DONE)

    def pass_time(self) -> None:
        """A second has passed."""
        one = self._under_way
        if one is not None and self._hands.now_ns() - one.since_ns > LONGEST_NS:
            left = len(one.awaited) + len(one.queue)
            one.said = f"{AskRefusal.TIME} {left} of {one.series} runs did not end"
            self._end(one, NoticeCode.ASK_REFUSED)

    def _begin_here(self) -> None:
        while self._here and self._under_way is None:
            self._begin(self._here.popleft(), is_here=True)

    def _begin(self, ask: Ask, *, is_here: bool) -> None:
        one = _Test(ask=ask, is_here=is_here, since_ns=self._hands.now_ns())
        self._shown.append(one)
        try:
            jobs = self._hands.matching(ask)
        except AskRefused as refused:
            _log.warning("test refused id=%s kind=%s: %s", ask.id, ask.kind, refused)
            one.said, one.is_over = str(refused), True
            self._tell(one, NoticeCode.ASK_REFUSED)
            return
        _log.info("test begins id=%s kind=%s series=%d", ask.id, ask.kind, len(jobs))
        one.series = len(jobs)
        self._under_way = one
        self._tell(one, NoticeCode.ASK_TAKEN)
        for job in jobs:
            if job.cost_bytes >= DEAR_BYTES:
                one.queue.append(job)
            else:
                one.awaited.add(job.series)
                self._hands.begin(job)
        if not one.awaited:
            self._begin_next(one)

    def _begin_next(self, one: _Test) -> None:
        job = one.queue.popleft()
        one.awaited.add(job.series)
        self._hands.begin(job)

    def _end(self, one: _Test, code: NoticeCode) -> None:
        _log.info("test ended id=%s: %s", one.ask.id, one.said or code)
        self._under_way = None
        one.is_over = True
        self._tell(one, code)
        self._begin_here()

    def _tell(self, one: _Test, code: NoticeCode) -> None:
        """Keep in the record how far a test is, and push it."""
        ask, notice = one.ask, self._hands.on_notice
        if one.is_here:
            ago_s = (self._hands.now_ns() - one.since_ns) // NS_PER_S
            notice(NoticeCode.ASK_HERE, f"{ask.id} {ask.kind} {ask.link}".rstrip(), ago_s)
        notice(code, f"{ask.id} {one.said}".rstrip(), one.series)
        self._hands.on_news()


def _run(result: Result) -> TrialRun:
    series, finding = result.series, result.finding
    return TrialRun(
        link=series.link,
        target=series.target,
        family=str(series.family),
        outcome=str(finding.outcome),
        reason="" if finding.reason is None else str(finding.reason),
        values=dict(finding.values),
    )
