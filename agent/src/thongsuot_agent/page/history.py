"""
History: the states of each light over the last 24 hours, for the picture on the page.

Times are CLOCK_BOOTTIME; they become wall times when they are shown, by what is known of the clock
then. What was not watched is not covered: a stretch ends when the agent did.
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
A light: a link that flaps every 20 s for a day has 8,640, and a picture 400 pixels wide shows none.
"""


class PastState(msgspec.Struct, kw_only=True):
    """One stretch; ``end_ns`` is when it was last known to hold."""

    start_ns: int
    end_ns: int
    state: State
    symptom: Symptom


class History:
    """Stretches of each subject; a subject is the link and the service of a verdict."""

    def __init__(self) -> None:
        self._past: dict[tuple[str, str], list[PastState]] = {}

    def add_change(self, change: VerdictChange) -> None:
        """Take in a change: the former state ends at its onset, the new one begins."""
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
        Return the stretches of a subject, oldest first; ``wall_s`` turns boot time to Unix time.
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
        """Return all of it, to be written down."""
        return [(link, service, past) for (link, service), past in self._past.items()]

    def load(self, written: list[tuple[str, str, list[PastState]]], now_ns: int) -> None:
        """
        Continue from what was written in this boot, including the current states.

        The time from then to now was not watched, and is not covered.
        """
        self._past = {(link, service): past for link, service, past in written if past}
        for past in self._past.values():
            last = past[-1]
            past.append(
                PastState(start_ns=now_ns, end_ns=now_ns, state=last.state, symptom=last.symptom)
            )
