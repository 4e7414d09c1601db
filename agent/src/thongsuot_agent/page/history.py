"""
History: the states of each light over the last 24 hours, for the chart on the page.

Times are CLOCK_BOOTTIME; they are converted to wall time when they are shown, by the clock's state
at that time. Unobserved times are not covered: a period ends with the agent.
"""

from collections.abc import Callable

import msgspec

from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom, VerdictChange
from thongsuot_schema.view import StateStretch

NS_PER_S = 1_000_000_000
RETENTION_NS = 24 * 3600 * NS_PER_S
MAX_STRETCHES = 400
"""
Per light: a link that flaps every 20 s for a day has 8,640, which a chart 400 pixels wide cannot
show.
"""


class PastState(msgspec.Struct, kw_only=True):
    """One period of a state; ``end_ns`` is when it was last known to hold."""

    start_ns: int
    end_ns: int
    state: State
    symptom: Symptom


class History:
    """Periods of each subject; a subject is the link and the service of a verdict."""

    def __init__(self) -> None:
        self._past: dict[tuple[str, str], list[PastState]] = {}

    def add_change(self, change: VerdictChange) -> None:
        """Add a change: the former state ends at its onset, the new one begins."""
        verdict = change.verdict
        past = self._past.setdefault((verdict.link, verdict.service), [])
        start_ns = change.onset_boottime_ns
        if past:
            # An onset may be before the start of the previous state.
            start_ns = max(start_ns, past[-1].start_ns)
            past[-1].end_ns = start_ns
        past.append(
            PastState(
                start_ns=start_ns,
                end_ns=change.decided_boottime_ns,
                state=verdict.state,
                symptom=verdict.symptom,
            )
        )
        del past[:-MAX_STRETCHES]

    def tick(self, now_ns: int) -> None:
        """The current state lasts until now; periods older than a day are dropped."""
        for past in self._past.values():
            past[-1].end_ns = now_ns
            while past[0].end_ns < now_ns - RETENTION_NS:
                del past[0]

    def stretches(
        self, link: str, service: str, now_ns: int, wall_s: Callable[[int], float]
    ) -> tuple[StateStretch, ...]:
        """
        Return the periods of a subject, oldest first; ``wall_s`` converts boot time to Unix time.
        """
        first_ns = now_ns - RETENTION_NS
        return tuple(
            StateStretch(
                start_s=wall_s(max(past.start_ns, first_ns)),
                end_s=wall_s(past.end_ns),
                state=past.state,
                symptom=past.symptom,
            )
            for past in self._past.get((link, service), ())
            if past.end_ns > max(first_ns, past.start_ns)
        )

    def dump(self) -> list[tuple[str, str, list[PastState]]]:
        """Return all periods in a serialisable form."""
        return [(link, service, past) for (link, service), past in self._past.items()]

    def load(self, written: list[tuple[str, str, list[PastState]]], now_ns: int) -> None:
        """
        Continue from a dump of this boot, including the current states.

        The time between the dump and now was not observed, and is not covered.
        """
        self._past = {(link, service): past for link, service, past in written if past}
        for past in self._past.values():
            last = past[-1]
            past.append(
                PastState(start_ns=now_ns, end_ns=now_ns, state=last.state, symptom=last.symptom)
            )
