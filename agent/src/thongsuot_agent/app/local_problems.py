"""Local problems: what people have reported by a button of the device's own page."""

import logging
from collections import deque
from collections.abc import Callable

from thongsuot_agent.clock import NS_PER_S, Clocks
from thongsuot_schema.batch.model import NoticeCode
from thongsuot_schema.problem import ProblemKind
from thongsuot_schema.view import ReportedProblem

_log = logging.getLogger(__name__)

COOLDOWN_NS = 60 * NS_PER_S
"""How long the buttons rest: everybody in the LAN may press them."""

_SHOWN = 3
_SHOWN_FOR_NS = 24 * 3600 * NS_PER_S


class LocalProblems:
    """
    Puts each report on the record, which keeps it until the collector has it.

    ``on_notice`` stores code, text and count in the record, ``push_now`` pushes at once if
    possible.
    """

    def __init__(
        self,
        clock: Clocks,
        on_notice: Callable[[NoticeCode, str, int], None],
        push_now: Callable[[], None],
    ) -> None:
        self._now_ns = clock.boottime_ns
        self._on_notice = on_notice
        self._push_now = push_now
        self._reported: deque[tuple[int, ProblemKind]] = deque(maxlen=_SHOWN)

    def report(self, kind: ProblemKind) -> bool:
        """Take a report; ``False`` while the buttons rest."""
        now_ns = self._now_ns()
        if self._reported and now_ns - self._reported[-1][0] < COOLDOWN_NS:
            return False
        self._reported.append((now_ns, kind))
        self._on_notice(NoticeCode.PROBLEM_REPORTED, kind.value, 0)
        self._push_now()
        _log.info("problem reported on the local page kind=%s", kind)
        return True

    def recent(self, wall_s: Callable[[int], float]) -> tuple[ReportedProblem, ...]:
        """Return the reports of the last day, for the page; the newest first."""
        since_ns = self._now_ns() - _SHOWN_FOR_NS
        return tuple(
            ReportedProblem(kind=kind, at_s=wall_s(at_ns))
            for at_ns, kind in reversed(self._reported)
            if at_ns >= since_ns
        )
