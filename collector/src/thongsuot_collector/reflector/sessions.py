"""
Sessions: counts the requests of each sender.

That count, sent back as the answer's number, distinguishes losses on the forward path from losses
on the return path (RFC 8762, section 4.3, stateful).
"""

from collections import OrderedDict
from dataclasses import dataclass

IDLE_NS = 30_000_000_000
"""A session that was idle for this long is over: the next packet counts from 0 again."""

_RESTART_NS = 1_000_000_000
"""A number 0 after this pause is a restart of the sender; sooner, it is a duplicate."""

Key = tuple[str, int, int]
"""Address, port and session identifier of a sender."""


@dataclass(slots=True, kw_only=True)
class StampSender:
    """One sender: its requests so far, and the time of the latest."""

    count: int = 0
    seen_ns: int = 0


class Sessions:
    """The sessions, bounded: the longest idle one is evicted for a new one."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._sessions: OrderedDict[Key, StampSender] = OrderedDict()

    def __len__(self) -> int:
        """Return the number of sessions."""
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
