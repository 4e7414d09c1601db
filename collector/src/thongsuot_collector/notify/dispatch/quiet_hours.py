"""
Quiet hours: defers messages to people that can wait. Pure.

Severity minor and below can wait until the morning. Systems are notified of everything at once.
"""

from datetime import datetime, time, timedelta

from thongsuot_collector.incidents.fault import NS_PER_S
from thongsuot_collector.incidents.party import Severity
from thongsuot_collector.notify.settings import NotifySettings
from thongsuot_schema.words.dates import local

URGENT = frozenset({Severity.CRITICAL, Severity.MAJOR})


class QuietHours:
    """Start and end of the quiet hours, in Vietnam; the end may be on the next day."""

    def __init__(self, settings: NotifySettings) -> None:
        is_set = bool(settings.quiet_from and settings.quiet_until)
        self._begin = time.fromisoformat(settings.quiet_from) if is_set else None
        self._end = time.fromisoformat(settings.quiet_until) if is_set else None

    def until_ns(self, severity: Severity, now_ns: int) -> int:
        """Return the end of the wait; 0: none."""
        if self._begin is None or self._end is None or severity in URGENT:
            return 0
        now = local(now_ns / NS_PER_S)
        clock = now.time()
        is_over_midnight = self._begin >= self._end
        is_after, is_before = clock >= self._begin, clock < self._end
        is_quiet = is_after or is_before if is_over_midnight else is_after and is_before
        if not is_quiet:
            return 0
        end = datetime.combine(now.date(), self._end, now.tzinfo)
        if end <= now:
            end += timedelta(days=1)
        return round(end.timestamp()) * NS_PER_S
