"""
Lanes: what of the journal a sink still has to send, newest news first. Pure.

A sink that was away for a day would show yesterday for an hour if it read in order. So when it is
far behind, the stretch it missed becomes a *gap*, the live lane jumps to the head, and the gaps
are filled beside it, the oldest first (it is the nearest to the edge of a receiver's window).
"""

import msgspec


class Gap(msgspec.Struct, frozen=True, array_like=True):
    """Entries above ``after`` up to ``through`` that are not sent yet."""

    after: int
    through: int


class ReadRange(msgspec.Struct, frozen=True, kw_only=True):
    """What to read next: entries above ``after`` up to ``through``. ``live``: not out of a gap."""

    after: int
    through: int
    live: bool


class Lanes(msgspec.Struct, frozen=True, kw_only=True):
    """
    Where a sink stands.

    Everything up to ``live`` is sent, except what is in ``gaps`` (in order, without
    overlap). ``turn`` lets the live lane and the gaps take turns.
    """

    live: int = 0
    gaps: tuple[Gap, ...] = ()
    turn: bool = False

    @property
    def floor(self) -> int:
        """Everything up to here is sent: what may be trimmed."""
        return min((gap.after for gap in self.gaps), default=self.live)

    @property
    def done(self) -> int:
        """How many sequences are sent."""
        return self.live - sum(gap.through - gap.after for gap in self.gaps)

    def behind(self, head: int) -> int:
        """Return how many sequences are not sent yet."""
        return max(0, head - self.live) + sum(gap.through - gap.after for gap in self.gaps)

    def caught_up_by(self, head: int, *, jump: int) -> "Lanes":
        """Return lanes whose live lane is at the head, if it was more than ``jump`` behind."""
        if head - self.live <= jump:
            return self
        gaps = (*self.gaps, Gap(self.live, head))
        return Lanes(live=head, gaps=_joined(gaps), turn=self.turn)

    def next_range(self, head: int) -> ReadRange | None:
        """Return what to read next; ``None`` when all up to the head is sent."""
        fresh = head > self.live
        if self.gaps and (self.turn or not fresh):
            return ReadRange(after=self.gaps[0].after, through=self.gaps[0].through, live=False)
        if fresh:
            return ReadRange(after=self.live, through=head, live=True)
        return None

    def after_sending(self, stretch: ReadRange, through: int) -> "Lanes":
        """Return the lanes after everything of a stretch up to ``through`` was sent."""
        if stretch.live:
            return Lanes(live=through, gaps=self.gaps, turn=True)
        rest = (Gap(through, stretch.through),) if through < stretch.through else ()
        return Lanes(live=self.live, gaps=(*rest, *self.gaps[1:]), turn=False)


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
