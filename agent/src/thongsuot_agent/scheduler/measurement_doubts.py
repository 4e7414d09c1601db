"""
Measurement doubts: late timers and clock steps mark the results of that time as doubtful.

Pure. A time-out while the process had no CPU proves nothing about the network: the answer may have
arrived unread. Such a run is ``unmeasured``, never a fault of a carrier.
"""

from collections import deque
from collections.abc import Callable

import msgspec

from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Finding, QualityFlag, failed_finding

LATE_S = 0.05
"""
Lateness from which user-space durations are doubtful: ten times the lateness on a busy device.
"""

STARVED_S = 0.25
"""
Lateness from which a time-out is not a measurement; the shortest time-out of the default profile is
1 s.
"""

_TIMED = frozenset(
    {
        Reason.TIMED_OUT,
        Reason.NAME_SERVER_TIMED_OUT,
        Reason.TLS_TIMED_OUT,
        Reason.RESPONSE_TIMED_OUT,
    }
)
_KEPT = 256
NS_PER_S = 1_000_000_000


class LatenessHistory:
    """
    The recent lateness of the process's own timers; every timer's lateness is passed to ``note``.
    """

    def __init__(self, note: Callable[[float], None]) -> None:
        self._note = note
        self._seen: deque[tuple[int, float]] = deque(maxlen=_KEPT)

    def add_timer(self, due_ns: int, now_ns: int) -> None:
        """Add one timer that was due at one moment and served at another."""
        late_s = max(0.0, (now_ns - due_ns) / NS_PER_S)
        self._note(late_s)
        if late_s >= LATE_S:
            self._seen.append((now_ns, late_s))

    def worst_since(self, boottime_ns: int) -> float:
        """Return the worst lateness since a moment, in seconds."""
        return max((late_s for now_ns, late_s in self._seen if now_ns >= boottime_ns), default=0.0)


def with_doubts(finding: Finding, *, late_s: float, has_stepped: bool) -> Finding:
    """Return a finding with the doubts about its time."""
    if finding.reason in _TIMED and late_s >= STARVED_S:
        return failed_finding(
            Reason.AGENT_STARVED,
            detail=f"{finding.reason} while timers ran {late_s:.2f} s late",
            cost_bytes=finding.cost_bytes,
        )
    doubts = set(finding.doubts)
    if late_s >= LATE_S:
        doubts.add(QualityFlag.TIMER_LATE)
    if has_stepped:
        doubts.add(QualityFlag.CLOCK_STEPPED)
    if len(doubts) == len(finding.doubts):
        return finding
    return msgspec.structs.replace(finding, doubts=tuple(sorted(doubts)))
