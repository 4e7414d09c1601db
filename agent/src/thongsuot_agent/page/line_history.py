"""
Line history: delay and loss of each link's own segments over 31 days, on the device's disk.

Echoes are aggregated as on the collector (``LineRollup``): by five minutes for a day, by hours for
a month. Two links take 0.4 MiB of memory, eight 1.4 MiB (2026-12). Times are wall times, recorded
only while the clock is trusted. A power cut loses the data since the file was last written; the
record (``spool``) does not depend on it.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec

from thongsuot_agent.clock import CONTRADICTION_NS, NS_PER_S
from thongsuot_agent.kept_file import KeptFile
from thongsuot_schema.catalogue.icmp import LOSS, RTT
from thongsuot_schema.line_rollup import COARSE_S, FINE_S, LineRollup
from thongsuot_schema.result import Result

KEPT_S: Final = {FINE_S: 86_400 + COARSE_S, COARSE_S: 31 * 86_400}
LINKS_KEPT: Final = 8
MAX_BYTES: Final = 1 << 20

_WRITTEN_EVERY_S: Final = 3_600.0
"""24 writes a day of 130 KB for two links (2026-12): a memory card lasts for years."""


_AHEAD_S: Final = CONTRADICTION_NS // NS_PER_S


class RollupTrack(msgspec.Struct, array_like=True):
    """
    The rollups of one length: the complete ones, oldest first, each with its start (Unix seconds)
    and encoded (some 40 bytes instead of 400), and the current one.
    """

    complete: list[tuple[int, bytes]] = []
    start_s: int = 0
    current: LineRollup = msgspec.field(default_factory=LineRollup)

    def add_run(self, at_s: int, length_s: int, rtt_s: float | None, loss_ratio: float) -> None:
        """
        Add a run; one older than the current rollup (a clock set back) is ignored, unless that is
        far ahead: it was made by a clock that was wrong, and so was all that is dated later.
        """
        start_s = at_s // length_s * length_s
        if start_s < self.start_s - _AHEAD_S:
            self.complete = [kept for kept in self.complete if kept[0] < start_s]
            self.start_s, self.current = start_s, LineRollup()
        if start_s < self.start_s:
            return
        if start_s > self.start_s:
            if self.current.runs:
                self.complete.append((self.start_s, msgspec.msgpack.encode(self.current)))
            self.start_s, self.current = start_s, LineRollup()
        self.current.add_run(rtt_s, loss_ratio)

    def forget(self, before_s: float) -> None:
        """Drop rollups that began before a time."""
        keep_from = next(
            (at for at, (start_s, _) in enumerate(self.complete) if start_s >= before_s),
            len(self.complete),
        )
        del self.complete[:keep_from]

    def rollups(self) -> Iterator[tuple[int, LineRollup]]:
        """Yield all of them with their starts, oldest first."""
        for start_s, body in self.complete:
            yield start_s, msgspec.msgpack.decode(body, type=LineRollup)
        if self.current.runs:
            yield self.start_s, self.current


_Links = dict[str, dict[int, RollupTrack]]
"""By link, then by the length of a rollup."""


class LineHistory:
    """
    The rollups of each link; ``path`` is the file, ``None`` keeps them in memory.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._file = None if path is None else KeptFile(path)
        self._links: _Links = {}
        self._boot_s: float | None = None
        self._written_s = 0.0

    def load(self) -> None:
        """Load the saved rollups; an unreadable file is replaced by an empty history."""
        if self._file is None:
            return
        self._links = self._file.read(_decoded) or {}

    def add_result(self, result: Result) -> None:
        """Add echoes of the line itself; without a trusted clock they are ignored."""
        loss_ratio = result.finding.values.get(LOSS.name)
        if self._boot_s is None or loss_ratio is None:
            return
        link = result.series.link
        tracks = self._links.get(link)
        if tracks is None:
            if len(self._links) >= LINKS_KEPT:
                return
            tracks = self._links[link] = {length_s: RollupTrack() for length_s in KEPT_S}
        at_s = int(self._boot_s + result.boottime_ns / NS_PER_S)
        for length_s, track in tracks.items():
            track.add_run(at_s, length_s, result.finding.values.get(RTT.name), loss_ratio)

    def tick(self, now_ns: int, wall_s: float | None) -> None:
        """Called every second; ``wall_s`` is ``None`` while the clock is not trusted."""
        self._boot_s = None if wall_s is None else wall_s - now_ns / NS_PER_S
        if wall_s is None or abs(wall_s - self._written_s) < _WRITTEN_EVERY_S:
            return
        for tracks in self._links.values():
            for length_s, track in tracks.items():
                track.forget(wall_s - KEPT_S[length_s])
        if self._written_s:
            self.save()
        self._written_s = wall_s

    def rollups(self, link: str, length_s: int) -> list[tuple[int, LineRollup]]:
        """Return the rollups of a length with their starts, oldest first."""
        track = self._links.get(link, {}).get(length_s)
        return [] if track is None else list(track.rollups())

    def save(self) -> None:
        """Save the history atomically. A disk that refuses writes does not stop the agent."""
        if self._file is None or not self._links:
            return
        body = msgspec.msgpack.encode(self._links)
        while len(body) > MAX_BYTES:
            for tracks in self._links.values():
                for track in tracks.values():
                    del track.complete[: len(track.complete) // 2 + 1]
            body = msgspec.msgpack.encode(self._links)
        self._file.replace(body)


def _decoded(body: bytes) -> _Links:
    links = msgspec.msgpack.decode(body, type=_Links)
    for tracks in links.values():
        if tracks.keys() != KEPT_S.keys():
            raise msgspec.ValidationError(f"rollups of {sorted(tracks)} s")
        for track in tracks.values():
            for _ in track.rollups():  # raises for one that no page could draw
                pass
    return links
