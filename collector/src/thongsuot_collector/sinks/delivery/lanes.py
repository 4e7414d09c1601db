"""
Lanes: what of the journal a sink still has to send, newest news first. Pure.

A sink that was away for a day would show yesterday for an hour if it read in order. So when it is
far behind, the stretch it missed becomes a *gap*, the live lane jumps to the head, and the gaps
are filled beside it, the oldest first (it is the nearest to the edge of a receiver's window).

A site that brings more than others have room for gets a lane of its own beside the live one: what
it has waiting goes out in turns, in its order, and nobody waits for all of it.
"""

from collections.abc import Iterable, Mapping, Sequence

import msgspec


class Gap(msgspec.Struct, frozen=True, array_like=True):
    """Entries above ``after`` up to ``through`` that are not sent yet."""

    after: int
    through: int


class SiteLane(msgspec.Struct, frozen=True, array_like=True):
    """All entries of one site above ``after`` up to ``through``, so many, that are not sent yet."""

    site: str
    after: int
    through: int
    entries: int


class ReadRange(msgspec.Struct, frozen=True, kw_only=True):
    """
    What to read next: entries above ``after`` up to ``through``, of one ``site`` (empty: of all).

    ``live``: neither out of a gap nor out of a site's own lane.
    """

    after: int
    through: int
    live: bool
    site: str = ""


class Lanes(msgspec.Struct, frozen=True, kw_only=True):
    """
    Where a sink stands.

    Everything up to ``live`` is sent, except what is in ``gaps`` (in order, without
    overlap) and in ``sites``. ``turn`` lets the live lane and the others take turns, and
    ``site_turn`` the gaps and the lanes of sites, which are in the order of their turns.
    """

    live: int = 0
    gaps: tuple[Gap, ...] = ()
    turn: bool = False
    sites: tuple[SiteLane, ...] = ()
    site_turn: bool = False

    @property
    def floor(self) -> int:
        """Everything up to here is sent: what may be trimmed."""
        afters = [gap.after for gap in self.gaps] + [lane.after for lane in self.sites]
        return min(afters, default=self.live)

    @property
    def done(self) -> int:
        """How many sequences are sent."""
        return self.live - self._waiting

    @property
    def held_sites(self) -> frozenset[str]:
        """The sites whose entries wait in lanes of their own, and go on doing so."""
        return frozenset(lane.site for lane in self.sites)

    @property
    def _waiting(self) -> int:
        in_gaps = sum(gap.through - gap.after for gap in self.gaps)
        return in_gaps + sum(lane.entries for lane in self.sites)

    def behind(self, head: int) -> int:
        """Return how many sequences are not sent yet."""
        return max(0, head - self.live) + self._waiting

    def caught_up_by(self, head: int, *, jump: int) -> "Lanes":
        """Return lanes whose live lane is at the head, if it was more than ``jump`` behind."""
        if head - self.live <= jump:
            return self
        gaps = (*self.gaps, Gap(self.live, head))
        return msgspec.structs.replace(self, live=head, gaps=_joined(gaps))

    def next_range(self, head: int) -> ReadRange | None:
        """Return what to read next; ``None`` when all up to the head is sent."""
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
        Return the lanes after everything of a stretch up to ``through`` was sent.

        But for the sequences in ``held`` (of the live lane, by site, in order: from its first on
        all of the site), which wait in lanes of their own from now on. ``sent`` is how many it
        were, where it was a site's lane.
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
                # A jump has cut one in two: its first part goes on being the first.
                sites = tuple(sorted(sites, key=lambda lane: lane.after))
            return msgspec.structs.replace(self, turn=False, site_turn=False, sites=sites)
        left = (Gap(through, stretch.through),) if through < stretch.through else ()
        gaps = (*left, *self.gaps[1:])
        return msgspec.structs.replace(self, turn=False, site_turn=True, gaps=gaps)


def _extended(
    lanes: Iterable[SiteLane], after: int, through: int, held: Mapping[str, Sequence[int]]
) -> tuple[SiteLane, ...]:
    """Return the lanes of sites once the live lane has passed over a stretch."""
    extended: list[SiteLane] = []
    rest = dict(held)
    for lane in lanes:
        # One that ends earlier was cut off by a jump: what lies between is in a gap.
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
    """Return gaps in which neighbours that touch are one."""
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
    """Return the lanes that a cursor holds; a note that cannot be read starts at its sequence."""
    if note:
        try:
            return msgspec.msgpack.decode(note, type=Lanes)
        except msgspec.MsgspecError:
            return Lanes(live=sequence)
    return Lanes(live=sequence)
