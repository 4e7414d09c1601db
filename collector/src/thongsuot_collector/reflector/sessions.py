"""
Sessions: how many requests of each sender came in.

That count, sent back as the answer's number, tells losses on the way there from losses on the way
back (RFC 8762, section 4.3, stateful).
"""

from collections import OrderedDict
from dataclasses import dataclass

IDLE_NS = 30_000_000_000
"""A session that was silent this long is over: the next packet counts from 0 again."""

_RESTART_NS = 1_000_000_000
"""A sender that begins at 0 again after this pause has begun anew; sooner, it is a copy."""

Key = tuple[str, int, int]
"""Address, port and session identifier of a sender."""


@dataclass(slots=True, kw_only=True)
class StampSender:
    """One sender: requests so far, and when the latest came in."""

    count: int = 0
    seen_ns: int = 0


class Sessions:
    """Bounded: the longest silent session makes room for a new one."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._sessions: OrderedDict[Key, StampSender] = OrderedDict()

    def __len__(self) -> int:
        """Return how many are remembered."""
        return len(self._sessions)

    def count_request(self, key: Key, number: int, now_ns: int) -> int:
        """Count one request, ``number`` by its sender; return its own number, from 0."""
        session = self._sessions.pop(key, None)
        if session is None or _is_over(session, number, now_ns):
            session = StampSender()
        self._sessions[key] = session
        if len(self._sessions) > self._limit:
            self._sessions.popitem(last=False)
        count, session.count = session.count, session.count + 1 & 0xFFFFFFFF
        session.seen_ns = now_ns
        return count


def _is_over(session: StampSender, number: int, now_ns: int) -> bool:
    silent_ns = now_ns - session.seen_ns
    return silent_ns > IDLE_NS or (number == 0 and silent_ns > _RESTART_NS)
