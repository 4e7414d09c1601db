"""Follows the journal for one sink, at that sink's own pace."""

import asyncio
import contextlib
import logging
import time
from collections import Counter
from collections.abc import Container, Sequence
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

import msgspec

from thongsuot_collector.journal.dead_letters import (
    NOT_IN_JOURNAL,
    RETRY_EVERY_S,
    entry_to_retry,
    explain_failure,
)
from thongsuot_collector.journal.entry import StoredEntry
from thongsuot_collector.journal.journal import Tally, day_of
from thongsuot_collector.sinks.contract import SinkContext
from thongsuot_collector.sinks.delivery.lanes import Lanes, ReadRange, decode_lanes, encode_lanes
from thongsuot_collector.sinks.delivery.unflushed import Delivery, FlushWatch, joined
from thongsuot_collector.state.verdicts import StandingVerdict
from thongsuot_schema.batch.columns import Columns, value_count

T = TypeVar("T")

_log = logging.getLogger(__name__)

FAIR_VALUES = 20_000
"""
Maximum values of one site that are sent together with those of others: a quarter of an hour of a
typical site, and a few milliseconds of a database.
"""

_LANE_ENTRIES = 8
"""Entries read from a site's own lane at once: each may be as large as a whole group."""

_LANES = 32
"""Maximum sites with their own lanes, which keeps a cursor's note small."""


class DecodedEntry(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An entry prepared for a sink: its content, and the verdicts in force when it was sealed."""

    kept: StoredEntry
    columns: Columns
    standing: Sequence[StandingVerdict]


class SinkClient(Protocol[T]):
    """The part specific to one kind of sink; ``T`` is its form of a batch."""

    def encode(self, decoded: DecodedEntry) -> Sequence[T]:
        """
        Encode one batch; pure, called in a thread. An exception makes the batch a dead letter.
        """

    async def deliver(self, encoded: Sequence[T]) -> None:
        """Deliver, retrying until the receiver has everything that it will ever accept."""


@dataclass(slots=True)
class _DeliveryGroup:
    """
    The entries sent together: ``whole`` are all, ``decoded`` and ``broken`` the results of
    decoding.

    ``held`` are the sequences, by site, of waiting entries. ``limit`` is the maximum values of one
    site.
    """

    limit: int | None
    whole: list[StoredEntry] = field(default_factory=list)
    decoded: list[tuple[StoredEntry, Columns]] = field(default_factory=list)
    broken: list[tuple[StoredEntry, Exception]] = field(default_factory=list)
    held: dict[str, list[int]] = field(default_factory=dict)
    values: Counter[str] = field(default_factory=Counter)

    def has_room(self, site: str) -> bool:
        """Return whether more of a site may be sent."""
        return self.limit is None or self.values[site] < self.limit

    def add(self, kept: StoredEntry, columns: Columns) -> None:
        """Add a decoded entry."""
        self.whole.append(kept)
        self.decoded.append((kept, columns))
        self.values[kept.entry.site] += value_count(columns)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Prepared(Generic[T]):
    """A group that is ready to be sent: its encoded entries, and the position after it."""

    encoded: Sequence[T]
    after: Delivery


_RETRIED = ReadRange(after=0, through=0, live=False)


class JournalConsumer(Generic[T]):
    """
    Reads, decodes, encodes, delivers, and only then moves its cursor.

    While a group is being delivered the next one is prepared, if it is a full one: a receiver and
    the collector would otherwise wait for each other in turns, and neither of them be busy. Groups
    are delivered one after another. After a crash it delivers the last range again, with the same
    values at the same times. A site
    with more than its share waits in its own lane (``lanes``). ``jump`` is the number of entries it
    may be behind before fresh ones overtake. With a ``flush_watch`` the cursor waits until the
    receiver has acknowledged data on its disk.
    """

    def __init__(
        self,
        name: str,
        client: SinkClient[T],
        context: SinkContext,
        *,
        linger_s: float,
        jump: int,
        entries: int,
        size_bytes: int,
        flush_watch: FlushWatch | None = None,
    ) -> None:
        self._name = name
        self._client = client
        self._context = context
        self._linger_s = linger_s
        self._jump = jump
        self._entries = entries
        self._size_bytes = size_bytes
        self._flush_watch = flush_watch
        # Its position, and the position to restart from if the receiver has lost acknowledged data.
        self._lanes = self._committed = Lanes()
        # The position after the newest group in memory.
        self._taken = Lanes()
        self._begun = 0
        # A dead letter may be encoded while the next group is prepared: clients keep state.
        self._encoding = asyncio.Lock()

    @property
    def lag(self) -> int:
        """Entries that are not delivered yet."""
        return self._lanes.behind(self._context.journal.head)

    def has_taken(self, sequence: int, site: str) -> bool:
        """Return whether an entry is delivered, or in a group that is or will be delivered."""
        return self._taken.has_sent(sequence, site)

    async def run(self) -> None:
        """Deliver from the cursor's position until cancelled."""
        journal = self._context.journal
        cursor = await journal.cursor(self._name)
        self._lanes = decode_lanes(cursor.sequence, cursor.note)
        if self._lanes.live > journal.head:
            # The journal was recreated, with new sequences.
            self._lanes = Lanes()
        if self._lanes == Lanes():
            # Entries trimmed before the creation of this sink do not count.
            extent = await journal.extent()
            self._lanes = Lanes(live=extent.tail - 1 if extent.tail else extent.head)
        self._begun = self._lanes.done
        self._committed = self._taken = self._lanes
        if self._flush_watch is not None:
            self._flush_watch.unflushed.clear()
        retry_s = time.monotonic()
        preparing: asyncio.Task[_Prepared[T] | None] | None = None
        try:
            while True:
                if await self._follow_flushes() and preparing is not None:
                    await preparing  # its thread cannot be cancelled
                    preparing, self._taken = None, self._lanes
                if time.monotonic() >= retry_s:
                    await self._retry_dead_letters()
                    retry_s = time.monotonic() + RETRY_EVERY_S
                group = await (preparing or self._prepared_after(self._lanes))
                preparing = None
                if group is None:
                    await self._wait_for_more()
                    continue
                if group.after.lanes.behind(journal.head) >= self._entries:
                    preparing = asyncio.create_task(self._prepared_after(group.after.lanes))
                await self._deliver(group)
        finally:
            if preparing is not None:
                preparing.cancel()
                await asyncio.gather(preparing, return_exceptions=True)

    async def _wait_for_more(self) -> None:
        due_in_s = RETRY_EVERY_S
        if self._flush_watch is not None:
            due_in_s = min(due_in_s, self._flush_watch.due_in_s())
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(due_in_s):
                await self._context.journal.wait(self._lanes.live)
            # Entries that arrive in quick succession share a request.
            await asyncio.sleep(self._linger_s)

    async def _retry_dead_letters(self) -> None:
        """
        Deliver dead letters with a requested retry; a repetition has no effect at the receiver.
        """
        letters, journal = self._context.dead_letters, self._context.journal
        waiting: frozenset[int] = frozenset()
        if self._flush_watch is not None:
            waiting = self._flush_watch.unflushed.retried_sequences()
        for letter in await letters.retries(self._name):
            if letter.sequence in waiting:
                continue
            kept = await entry_to_retry(journal, letter)
            if kept is None:
                await letters.note_failure(letter, NOT_IN_JOURNAL)
                continue
            share = await self._fair_share([kept], _RETRIED, frozenset())
            encoded, failures = await self._encode_decoded(share)
            if failures:
                await letters.note_failure(letter, explain_failure(failures[0][1]))
                continue
            await self._client.deliver(encoded)
            await self._note_answered(Delivery(lanes=self._lanes, retried=((letter, kept),)))

    async def _prepared_after(self, lanes: Lanes) -> _Prepared[T] | None:
        """Return the next group after a position; ``None``: there is nothing to send."""
        journal = self._context.journal
        lanes = lanes.caught_up_by(journal.head, jump=self._jump)
        stretch = lanes.next_range(journal.head)
        if stretch is None:
            return None
        entries = await journal.read(
            stretch.after,
            through=stretch.through,
            limit=_LANE_ENTRIES if stretch.site else self._entries,
            size_bytes=self._size_bytes,
            site=stretch.site,
        )
        share = await self._fair_share(entries, stretch, lanes.held_sites)
        if not entries:
            # Nothing there: trimmed, and counted as lost by the trimming.
            through = stretch.through
        elif stretch.site:
            through = share.whole[-1].sequence if share.whole else entries[-1].sequence
        else:
            through = entries[-1].sequence
        encoded: Sequence[T] = ()
        broken: set[int] = set()
        if share.whole:
            encoded, broken = await self._encoded(share)
        self._taken = lanes.after_sending(stretch, through, sent=len(share.whole), held=share.held)
        return _Prepared(
            encoded=encoded,
            after=Delivery(
                lanes=self._taken,
                tallies=tuple(_tallies(share.whole, broken)),
            ),
        )

    async def _deliver(self, group: _Prepared[T]) -> None:
        if group.encoded:
            await self._client.deliver(group.encoded)
        await self._note_answered(group.after)
        self._lanes = group.after.lanes

    async def _note_answered(self, delivery: Delivery) -> None:
        if self._flush_watch is None:
            await self._commit(delivery)
        else:
            self._flush_watch.unflushed.add(delivery, at_s=time.monotonic())

    async def _follow_flushes(self) -> bool:
        """
        Move the cursor to the data on the receiver's disk, forwards or backwards; returns whether
        it moved backwards.
        """
        watch = self._flush_watch
        if watch is None or watch.due_in_s() > 0:
            return False
        flushed = await watch.look()
        if flushed is None:
            _log.warning(
                "the receiver restarted sink=%s: repeating the entries that it may have lost, "
                "%d at most",
                self._name,
                self._committed.behind(self._lanes.live) - self._lanes.behind(self._lanes.live),
            )
            self._lanes = self._taken = self._committed
            return True
        if flushed:
            await self._commit(joined(flushed))
        return False

    async def _commit(self, delivery: Delivery) -> None:
        lanes = delivery.lanes
        await self._context.journal.commit(
            self._name,
            lanes.floor,
            encode_lanes(lanes),
            begun=self._begun,
            tallies=delivery.tallies,
        )
        for letter, kept in delivery.retried:
            await self._context.journal.commit_retried(self._name, kept)
            await self._context.dead_letters.note_success(letter)
        self._committed = lanes

    async def _fair_share(
        self, entries: Sequence[StoredEntry], stretch: ReadRange, with_lanes: frozenset[str]
    ) -> _DeliveryGroup:
        """Decode the entries to send now, limited per site; some sites have their own lanes."""
        layouts = await self._context.reader.layouts_of(entries)
        is_shared = len({kept.entry.site for kept in entries}) > 1
        held_sites = with_lanes if stretch.live else frozenset()
        share = _DeliveryGroup(limit=FAIR_VALUES if is_shared or stretch.site else None)

        def decode() -> None:
            for kept in entries:
                site = kept.entry.site
                if site in held_sites or site in share.held or not share.has_room(site):
                    if stretch.site:
                        return  # the rest waits in its place
                    if stretch.live and len(held_sites | share.held.keys() | {site}) <= _LANES:
                        share.held.setdefault(site, []).append(kept.sequence)
                        continue
                try:
                    share.add(kept, self._context.reader.columns(kept, layouts))
                except Exception as error:  # noqa: BLE001 - one batch must not stop the others
                    share.whole.append(kept)
                    share.broken.append((kept, error))

        await asyncio.to_thread(decode)
        return share

    async def _encoded(self, share: _DeliveryGroup) -> tuple[list[T], set[int]]:
        """Return the encoded entries, and the sequences of those that became dead letters."""
        encoded, failures = await self._encode_decoded(share)
        for kept, error in failures:
            await self._context.dead_letters.put_entry(kept, consumer=self._name, error=error)
        return encoded, {kept.sequence for kept, _ in failures}

    async def _encode_decoded(
        self, share: _DeliveryGroup
    ) -> tuple[list[T], list[tuple[StoredEntry, Exception]]]:
        # The states must have applied the delivered entries, to have the verdicts in force.
        await self._context.states.wait_until_applied(share.whole[-1].sequence)
        opened = [
            DecodedEntry(
                kept=kept,
                columns=columns,
                standing=self._context.states.standing_verdicts(kept.entry, columns),
            )
            for kept, columns in share.decoded
        ]
        async with self._encoding:
            encoded, unpacked = await asyncio.to_thread(self._encode, opened)
        return encoded, [*share.broken, *unpacked]

    def _encode(
        self, entries: Sequence[DecodedEntry]
    ) -> tuple[list[T], list[tuple[StoredEntry, Exception]]]:
        encoded: list[T] = []
        broken: list[tuple[StoredEntry, Exception]] = []
        for entry in entries:
            try:
                encoded.extend(self._client.encode(entry))
            except Exception as error:  # noqa: BLE001 - one batch must not stop the others
                broken.append((entry.kept, error))
        return encoded, broken


def _tallies(entries: Sequence[StoredEntry], broken: Container[int]) -> list[Tally]:
    """Return the number of delivered entries and of dead letters by site and day."""
    counts: dict[tuple[int, str], list[int]] = {}
    for kept in entries:
        count = counts.setdefault((day_of(kept.entry.received_ns), kept.entry.site), [0, 0])
        count[kept.sequence in broken] += 1
    return [
        Tally(day=day, site=site, delivered=delivered, dead_letters=dead_letters)
        for (day, site), (delivered, dead_letters) in counts.items()
    ]
