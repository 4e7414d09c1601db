"""
Month: the states of each light over the last 31 days, kept on the device's disk.

Times are wall times, recorded only while the clock is trusted: states observed before that are not
included, and neither are unobserved times. The history survives a restart and a power cut, except
the minutes since it was last written; the record (``spool``) does not depend on it.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

import msgspec

from thongsuot_agent.clock import CONTRADICTION_NS, NS_PER_S
from thongsuot_agent.judge.memory import IssuedVerdict
from thongsuot_agent.kept_file import KeptFile
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom, Verdict
from thongsuot_schema.view import StateStretch

KEPT_S: Final = 31 * 86_400.0
MAX_BYTES: Final = 1 << 20
STRETCHES_KEPT: Final = 1_000
"""
Per light: one fault an hour for three weeks. A light that flaps more loses its oldest periods.
"""
LIGHTS_KEPT: Final = 64

_AHEAD_S: Final = CONTRADICTION_NS // NS_PER_S
_JOINED_S: Final = 90.0
"""The agent ticks every second; a longer gap was not observed."""
_WRITTEN_EVERY_S: Final = 900.0
"""A memory card withstands 96 small writes a day, some 10 KB each, for years."""


class MonthStretch(msgspec.Struct, array_like=True):
    """A period of one state, in whole seconds of Unix time."""

    start_s: int
    end_s: int
    state: State
    symptom: Symptom


_Lights = dict[str, list[MonthStretch]]
"""By link and service, separated by a line feed: neither name contains one."""


class MonthHistory:
    """
    The periods of each light, in order; ``path`` is the file, ``None`` keeps them in memory.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._file = None if path is None else KeptFile(path)
        self._lights: _Lights = {}
        self._written_s = 0.0

    def load(self) -> None:
        """Load the saved periods; an unreadable file is replaced by an empty history."""
        if self._file is None:
            return
        decoder = msgspec.msgpack.Decoder(_Lights)
        self._lights = self._file.read(decoder.decode) or {}

    def tick(self, verdicts: Iterable[IssuedVerdict], now_ns: int, wall_s: float | None) -> None:
        """
        Extend the current states until now; ``now_ns`` is of the clock since boot, ``wall_s`` is
        ``None`` while the clock is not trusted.
        """
        if wall_s is None:
            return
        now_s = int(wall_s)
        for issued in verdicts:
            verdict = issued.verdict
            if verdict.state is not State.UNKNOWN and not (verdict.link and verdict.service):
                key = f"{verdict.link}\n{verdict.service}"
                began_s = int(wall_s - (now_ns - issued.onset_ns) / NS_PER_S)
                self._extend(key, verdict, now_s, began_s=began_s)
        if wall_s - self._written_s >= _WRITTEN_EVERY_S or wall_s < self._written_s:
            if self._written_s:
                self.save(wall_s)
            self._written_s = wall_s

    def stretches(self, link: str, service: str) -> Sequence[StateStretch]:
        """Return the periods of a light, oldest first."""
        return [
            StateStretch(
                start_s=float(past.start_s),
                end_s=float(past.end_s),
                state=past.state,
                symptom=past.symptom,
            )
            for past in self._lights.get(f"{link}\n{service}", ())
        ]

    def save(self, wall_s: float | None) -> None:
        """Save the history atomically. A disk that refuses writes does not stop the agent."""
        if self._file is None or not self._lights:
            return
        self._file.replace(self._encoded(wall_s))

    def _extend(self, key: str, verdict: Verdict, now_s: int, *, began_s: int) -> None:
        """
        Extend a light's state until now; a new one lasts since its onset, ``began_s``, as in the
        history of the day and in the record, not since it was decided.
        """
        past = self._lights.get(key)
        if past is None:
            if len(self._lights) >= LIGHTS_KEPT:
                return
            past = self._lights[key] = []
        if past and now_s < past[-1].end_s - _AHEAD_S:
            _drop_later(past, now_s)
        last = past[-1] if past else None
        if last is not None and now_s < last.end_s:
            return  # the clock was set back: saved periods stay until that time has passed again
        is_watched = last is not None and now_s - last.end_s <= _JOINED_S
        if last is not None and is_watched:
            last.end_s = now_s
            if (last.state, last.symptom) == (verdict.state, verdict.symptom):
                return
        start_s = now_s
        if last is not None and is_watched and last.state is not verdict.state:
            start_s = last.end_s = min(now_s, max(began_s, last.start_s))
        past.append(MonthStretch(start_s, now_s, verdict.state, verdict.symptom))
        del past[:-STRETCHES_KEPT]
        while past[0].end_s < now_s - KEPT_S:
            del past[0]

    def _encoded(self, wall_s: float | None) -> bytes:
        if wall_s is not None:
            oldest_s = wall_s - KEPT_S
            for past in self._lights.values():
                while past and past[0].end_s < oldest_s:
                    del past[0]
        self._lights = {key: past for key, past in self._lights.items() if past}
        body = msgspec.msgpack.encode(self._lights)
        while len(body) > MAX_BYTES:
            longest = max(self._lights.values(), key=len)
            del longest[: len(longest) // 2 + 1]
            self._lights = {key: past for key, past in self._lights.items() if past}
            body = msgspec.msgpack.encode(self._lights)
        return body


def _drop_later(past: list[MonthStretch], now_s: int) -> None:
    """Drop what is dated after now: a clock that was wrong made it, and nobody knows when."""
    while past and past[-1].start_s >= now_s:
        del past[-1]
    if past:
        past[-1].end_s = min(past[-1].end_s, now_s)
