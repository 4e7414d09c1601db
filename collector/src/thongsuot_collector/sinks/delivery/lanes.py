"""
Lanes: the part of the journal that a sink still has to send, the newest first. Pure.

A sink that was away for a day would send yesterday's data for an hour if it read in order. So if it
is far behind, the missed range becomes a *gap*, the live lane jumps to the head, and the gaps are
filled concurrently, the oldest first (it is the nearest to the edge of a receiver's window).

A site with more entries than its share gets its own lane beside the live one: its waiting entries
are sent in turns, in order, and other sites do not wait for all of them.
"""

from collections.abc import Iterable, Mapping, Sequence

import msgspec


class Gap(msgspec.Struct, frozen=True, array_like=True):
    """Entries above ``after`` up to ``through`` that are not sent yet."""

    after: int
    through: int


class SiteLane(msgspec.Struct, frozen=True, array_like=True):
    """All unsent entries of one site above ``after`` up to ``through``, and their number."""

    site: str
    after: int
    through: int
    entries: int


class ReadRange(msgspec.Struct, frozen=True, kw_only=True):
    """
    What to read next: entries above ``after`` up to ``through``, of one ``site`` (empty: of all).

    ``live``: neither from a gap nor from a site's own lane.
    """

    after: int
    through: int
    live: bool
    site: str = ""


class Lanes(msgspec.Struct, frozen=True, kw_only=True):
    """
    The position of a sink.

    Everything up to ``live`` is sent, except what is in ``gaps`` (in order, without overlap) and in
    ``sites``. ``turn`` alternates between the live lane and the others, and ``site_turn`` between
    the gaps and the lanes of sites, which are in order of their turns.
    """

    live: int = 0
    gaps: tuple[Gap, ...] = ()
    turn: bool = False
    sites: tuple[SiteLane, ...] = ()
    site_turn: bool = False

    @property
    def floor(self) -> int:
        """Everything up to here is sent, and may be trimmed."""
        afters = [gap.after for gap in self.gaps] + [lane.after for lane in self.sites]
        return min(afters, default=self.live)

    @property
    def done(self) -> int:
        """The number of sent sequences."""
        return self.live - self._waiting

    @property
    def held_sites(self) -> frozenset[str]:
        """The sites with their own lanes, whose new entries also wait there."""
        return frozenset(lane.site for lane in self.sites)

    @property
    def _waiting(self) -> int:
        in_gaps = sum(gap.through - gap.after for gap in self.gaps)
        return in_gaps + sum(lane.entries for lane in self.sites)

    def has_sent(self, sequence: int, site: str) -> bool:
        """Return whether an entry is sent."""
        in_gap = any(gap.after < sequence <= gap.through for gap in self.gaps)
        in_lane = any(
            lane.site == site and lane.after < sequence <= lane.through for lane in self.sites
        )
        return sequence <= self.live and not (in_gap or in_lane)

    def behind(self, head: int) -> int:
        """Return the number of unsent sequences."""
        return max(0, head - self.live) + self._waiting

    def caught_up_by(self, head: int, *, jump: int) -> "Lanes":
        """Return lanes whose live lane is at the head, if it was more than ``jump`` behind."""
        if head - self.live <= jump:
            return self
        gaps = (*self.gaps, Gap(self.live, head))
        return msgspec.structs.replace(self, live=head, gaps=_joined(gaps))

    def next_range(self, head: int) -> ReadRange | None:
        """Return the next range to read; ``None`` if everything up to the head is sent."""
        is_fresh = head > self.live
        if is_fresh and not (self.turn and (self.gaps or self.sites)):
            return ReadRange(after=self.live, through=head, live=True)
        if self.sites and (self.site_turn or not self.gaps):
            lane = self.sites[0]
            return ReadRange(after=lane.after, through=lane.through, live=False, site=lane.site)
        if self.gaps:
            return ReadRange(after=self.gaps[0].after, through=self.gaps[0].through, live=False)
        return None

    def after_sending(
        self,
        stretch: ReadRange,
        through: int,
        *,
        sent: int = 0,
        held: Mapping[str, Sequence[int]] | None = None,
    ) -> "Lanes":
        """
        Return the lanes after everything of a range up to ``through`` was sent.

        Except the sequences in ``held`` (of the live lane, by site, in order: from its first on all
        of the site), which wait in their own lanes from now on. ``sent`` is their number for a
        site's lane.
        """
        if stretch.live:
            sites = _extended(self.sites, stretch.after, through, held or {})
            return msgspec.structs.replace(self, live=through, turn=True, sites=sites)
        if stretch.site:
            lane, *others = self.sites
            rest = SiteLane(lane.site, through, lane.through, max(0, lane.entries - sent))
            is_over = through >= lane.through or not rest.entries
            sites = tuple(others) if is_over else (*others, rest)
            if len({lane.site for lane in sites}) < len(sites):
                # A jump has split one: its first part stays the first.
                sites = tuple(sorted(sites, key=lambda lane: lane.after))
            return msgspec.structs.replace(self, turn=False, site_turn=False, sites=sites)
        left = (Gap(through, stretch.through),) if through < stretch.through else ()
        gaps = (*left, *self.gaps[1:])
        return msgspec.structs.replace(self, turn=False, site_turn=True, gaps=gaps)


def _extended(
    lanes: Iterable[SiteLane], after: int, through: int, held: Mapping[str, Sequence[int]]
) -> tuple[SiteLane, ...]:
    """Return the lanes of sites after the live lane has passed a range."""
    extended: list[SiteLane] = []
    rest = dict(held)
    for lane in lanes:
        # One that ends earlier was cut off by a jump: the entries in between are in a gap.
        if lane.through == after:
            entries = lane.entries + len(rest.pop(lane.site, ()))
            extended.append(SiteLane(lane.site, lane.after, through, entries))
        else:
            extended.append(lane)
    extended += [
        SiteLane(site, sequences[0] - 1, through, len(sequences))
        for site, sequences in rest.items()
    ]
    return tuple(extended)


def _joined(gaps: tuple[Gap, ...]) -> tuple[Gap, ...]:
    """Return gaps with adjacent ones merged."""
    merged: list[Gap] = []
    for gap in gaps:
        if merged and merged[-1].through == gap.after:
            merged[-1] = Gap(merged[-1].after, gap.through)
        else:
            merged.append(gap)
    return tuple(merged)


def encode_lanes(lanes: Lanes) -> bytes:
    """Return lanes as a cursor's note."""
    return msgspec.msgpack.encode(lanes)


def decode_lanes(sequence: int, note: bytes) -> Lanes:
    """Return the lanes in a cursor; with an unreadable note they start at its sequence."""
    if note:
        try:
            return msgspec.msgpack.decode(note, type=Lanes)
        except msgspec.MsgspecError:
            return Lanes(live=sequence)
    return Lanes(live=sequence)
