"""The answers that a commissioning run has seen: runs over each link, and the counter's pages."""

from collections import deque
from collections.abc import Iterable

from thongsuot_agent.commissioning.sights import CounterSight
from thongsuot_agent.probing.addresses import RESOLVER
from thongsuot_schema.catalogue import counter
from thongsuot_schema.counter_path import CounterRun, run_from
from thongsuot_schema.inventory.model import Target
from thongsuot_schema.outcome import Outcome
from thongsuot_schema.result import Result
from thongsuot_schema.segment import Segment

ANSWERING_KINDS = frozenset({"icmp", "http", "stamp", "egress"})
"""Kinds whose success shows that packets went beyond the site and came back: names are cached."""

_KEPT = 16
_NEAR = (Segment.DEVICE, Segment.LAN)


class SeenAnswers:
    """Begin times (CLOCK_BOOTTIME) of the latest runs that were answered from beyond the site."""

    def __init__(self) -> None:
        self._answers: dict[str, deque[int]] = {}
        self._far: frozenset[str] = frozenset()
        self._counter_since_ns: int | None = None
        self._counter: dict[str, CounterRun] = {}

    def set_targets(self, targets: Iterable[Target]) -> None:
        """From now on these are measured."""
        self._far = frozenset(
            target.name
            for target in targets
            # A name server may be the site's own box, whatever segment it is configured for.
            if target.segment not in _NEAR and RESOLVER not in target.addresses
        )

    def is_far(self, target: str) -> bool:
        """Return whether an answer of a target comes from beyond the site."""
        return target in self._far

    def add_result(self, result: Result) -> None:
        """Take in a result of any kind."""
        series, finding = result.series, result.finding
        if series.kind == counter.KIND.name:
            self._add_counter(result)
        elif (
            series.kind in ANSWERING_KINDS
            and finding.outcome is Outcome.OK
            and series.target in self._far
        ):
            known = self._answers.setdefault(series.link, deque(maxlen=_KEPT))
            known.append(result.boottime_ns)

    def of(self, link: str) -> tuple[int, ...]:
        """Return when the latest answered runs of a link began."""
        return tuple(self._answers.get(link, ()))

    def begin_counter(self, now_ns: int) -> None:
        """The counter's pages count from now on."""
        self._counter_since_ns = now_ns
        self._counter = {}

    def counter(self, expected: int) -> CounterSight | None:
        """Return the results of the counter's pages since they were requested."""
        if self._counter_since_ns is None:
            return None
        runs = sorted(self._counter.values(), key=lambda run: run.at_s)
        return CounterSight(
            expected=expected,
            measured=len(runs),
            opened=sum(run.is_open for run in runs),
            is_alive=any(run.is_answered for run in runs),
            link=next((run.link for run in reversed(runs) if run.link), ""),
        )

    def _add_counter(self, result: Result) -> None:
        since_ns = self._counter_since_ns
        if since_ns is None or result.boottime_ns < since_ns:
            return
        finding, target = result.finding, result.series.target
        run = run_from(
            target, result.boottime_ns / 1e9, finding.outcome, finding.reason, finding.evidence
        )
        if run is not None:
            self._counter[target] = run
