"""
Journal: the interface that every back-end keeps, and one test suite holds (``journal_contract``).
"""

from collections.abc import Callable, Sequence
from typing import Final, Protocol

import msgspec

from thongsuot_collector.journal.entry import AppendResult, JournalEntry, StoredEntry
from thongsuot_collector.journal.ranges import Range

_DAY_NS = 86_400 * 10**9
_VIETNAM_NS = 7 * 3600 * 10**9


def day_of(wall_ns: int) -> int:
    """Return the day in Vietnam of a moment, counted from 1 January 1970."""
    return (wall_ns + _VIETNAM_NS) // _DAY_NS


class Tally(msgspec.Struct, frozen=True, kw_only=True):
    """
    The fate of a site's entries of one day (see ``day_of``), at one consumer.
    """

    day: int
    site: str
    delivered: int = 0
    dead_letters: int = 0
    lost: int = 0


class Cursor(msgspec.Struct, frozen=True, kw_only=True):
    """
    How far a consumer is.

    Everything up to ``sequence`` is done. ``note`` is the consumer's own (at most a few kilobytes),
    stored with the cursor in one transaction. ``lost`` counts the entries that were trimmed before
    it had read them. Of a consumer that accounts for what it does (see ``commit``), ``begun`` is
    how many entries it took as done before, and ``delivered`` and ``dead_letters`` count those
    since; of others ``begun`` is ``None``.
    """

    sequence: int = 0
    note: bytes = b""
    lost: int = 0
    begun: int | None = None
    delivered: int = 0
    dead_letters: int = 0


HasRead = Callable[[int, str], bool]
"""Whether a consumer has read the entry of a sequence and a site."""


class Readers(msgspec.Struct, frozen=True, kw_only=True):
    """
    Those for whom the journal keeps entries: the names of their cursors, and ``read_by``, what the
    one with a name and a cursor has read. A consumer need not read in order; what is above its
    ``sequence`` may be read, too, if its ``note`` says so, or if it is just processing that.
    """

    names: tuple[str, ...]
    read_by: Callable[[str, Cursor], HasRead]


class StreamNeighbours(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """
    The numbers and epochs (ns) of the entries of a stream that are held: the highest up to a
    number, that itself included, and the lowest above it; ``None``: there is none.
    """

    up_to: tuple[int, int] | None = None
    above: tuple[int, int] | None = None


class Extent(msgspec.Struct, frozen=True, kw_only=True):
    """
    The current content of the journal.

    ``head`` is the newest sequence (0: nothing was ever appended), ``tail`` the oldest still kept,
    ``tail_received_ns`` when that came in (0: nothing kept), ``head_received_ns`` when the newest
    did. ``size_bytes`` is the space in use on disk, ``unused_bytes`` free space in its files.
    ``waits_for_standby``: nothing is acknowledged before another machine has it as well.
    """

    head: int
    tail: int
    tail_received_ns: int
    head_received_ns: int
    size_bytes: int
    unused_bytes: int = 0
    waits_for_standby: bool = False


class LostRange(msgspec.Struct, frozen=True, kw_only=True):
    """
    Entries that were acknowledged and cannot be read any more.

    ``first`` to ``last`` are sequences; ``site`` is empty if the owner of the entries is unknown,
    and then ``first_number`` and ``last_number`` are 0. ``forgotten`` is instead the table beside
    the entries of which rows cannot be read any more, or what was lost of the store: no entry is
    lost then, and all else is empty.
    ``found_ns`` is when it was found, 0: just now.
    """

    first: int
    last: int
    entries: int
    site: str = ""
    stream: str = ""
    first_number: int = 0
    last_number: int = 0
    forgotten: str = ""
    found_ns: int = 0


LOST_RANGE_COLUMNS: Final = tuple(
    name for name in LostRange.__struct_fields__ if name != "found_ns"
)
"""The columns of ``damage`` in either engine, beside when and in which file it was found."""


MOST_GENERATIONS: Final = 10_000
"""Older ones are forgotten: a position in one of them counts as unknown, and all is read again."""


class Generation(msgspec.Struct, frozen=True, kw_only=True):
    """
    Part of a journal's life, with one leading collector: ``head`` was the newest sequence when it
    began. See ``generations``.
    """

    id: str
    head: int


class Damage(msgspec.Struct, frozen=True, kw_only=True):
    """
    All losses of this journal to a broken disk.

    ``found_ns`` is the time of the last finding, 0: never. A journal that could not be read at all
    has one range without sequences, and an unknown number of entries.
    """

    found_ns: int = 0
    lost: tuple[LostRange, ...] = ()

    @property
    def lost_entries(self) -> int:
        """How many entries are lost, as far as it is known."""
        return sum(part.entries for part in self.lost)


class Trimmed(msgspec.Struct, frozen=True, kw_only=True):
    """
    What one trim did: entries removed, the sequences of the first and the last of them (0: none),
    and for each consumer those it had not read. ``site`` is their site, if they were removed
    because that site holds more than its share; else empty. ``sizes`` are the bytes of each site's
    bodies.
    """

    removed: int
    first: int
    last: int
    lost: dict[str, int]
    site: str = ""
    sizes: dict[str, int] = {}


class Journal(Protocol):
    """
    A durable log with one order, read by cursors.

    Every method may raise ``JournalRefused`` (nothing happened, try later) or ``JournalDamaged``.
    """

    @property
    def name(self) -> str:
        """A random name created with the journal: another name means that sequences start again."""

    @property
    def head(self) -> int:
        """The newest durable sequence; 0 when nothing was ever appended."""

    @property
    def generation(self) -> str:
        """The generation begun here; empty: none was."""

    async def begin_generation(self) -> None:
        """
        Begin a generation at the present head; returns when that is durable. Only the leading
        collector does, once, before it saves a position.
        """

    async def generations(self) -> list[Generation]:
        """Return the generations, the oldest first."""

    async def append(self, entry: JournalEntry) -> AppendResult:
        """
        Keep an entry; returns when it is durable, or was already.

        An identity that was ever kept is recognised, also after it was trimmed.

        Raises:
            JournalBusy: more is waiting than memory may hold.
        """

    async def check_append(self) -> None:
        """
        Return if an entry could be appended now, as far as that shows without one: the same rights,
        locks and disk are needed.
        """

    def commit_soon(self) -> None:
        """Let what has been appended so far not wait for more: its group is complete."""

    async def put_layout(self, layout_id: bytes, body: bytes, *, received_ns: int) -> None:
        """Keep a layout under its id; returns when it is durable. Repeating is harmless."""

    async def layout(self, layout_id: bytes) -> bytes | None:
        """Return a layout's body, ``None`` when it was never given (or was trimmed)."""

    async def read(
        self, after: int, *, through: int, limit: int, size_bytes: int, site: str = ""
    ) -> list[StoredEntry]:
        """
        Return entries with sequences above ``after``, up to ``through``, in order: of a site
        (empty: of all).

        At most ``limit`` entries and about ``size_bytes`` of bodies, but at least one where there
        is one. Sequences may have gaps where entries were trimmed.
        """

    async def neighbours(self, site: str, stream: str, number: int) -> StreamNeighbours:
        """Return which entries of a stream are at a number and beside it, and their epochs."""

    async def wait(self, after: int) -> int:
        """Return the head as soon as it is above ``after``."""

    async def cursor(self, consumer: str) -> Cursor:
        """Return how far a consumer is; sequence 0 for one never seen."""

    async def cursors(self) -> dict[str, Cursor]:
        """Return how far each consumer is that has ever committed."""

    async def commit(
        self,
        consumer: str,
        sequence: int,
        note: bytes = b"",
        *,
        begun: int | None = None,
        tallies: Sequence[Tally] = (),
    ) -> None:
        """
        Move a consumer's cursor, and keep its note; returns when it is durable.

        ``tallies`` are added in the same transaction: entries processed twice after a crash are
        counted once. ``begun`` counts with the first commit that has it (see ``Cursor``).
        """

    async def note_forgotten(self, lost: str) -> None:
        """
        Add a loss outside of the journal to its damage (``LostRange.forgotten``); returns when that
        is durable.
        """

    async def commit_retried(self, consumer: str, kept: StoredEntry) -> None:
        """
        Count a consumer's dead letter as delivered; returns when that is durable.

        A second time nothing happens.
        """

    async def tallies(
        self, *, from_day: int, site: str = "", lost_only: bool = False
    ) -> dict[str, list[Tally]]:
        """
        Return the counts from a day on, for a site (empty: all), by consumer.

        ``lost_only``: only those with lost entries.
        """

    async def kept(self) -> dict[tuple[str, str], tuple[Range, ...]]:
        """Return the numbers that are held, or were until they were trimmed, by site and stream."""

    async def flaw(self) -> str:
        """
        Return what a scan of all entries finds missing or unreadable, for a person; empty: they are
        whole. It reads everything, beside all else.
        """

    async def extent(self) -> Extent:
        """Return the current content."""

    async def damage(self) -> Damage:
        """Return all losses to a broken disk."""

    async def trim(self, readers: Readers, *, received_before_ns: int, max_bytes: int) -> Trimmed:
        """
        Remove a bounded number of the oldest entries; call again while it removes some.

        Removed are entries that came in before a time *and* that all ``readers`` have read;
        and, while more than ``max_bytes`` are in use, no matter who has read them, the oldest of a
        site that holds far more than others do, and where there is none, the oldest of all: a disk
        that is full would stop everything. Those not read are counted as lost to the consumer.
        """

    async def close(self) -> None:
        """Commit what waits, and let go."""
