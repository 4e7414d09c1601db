"""Follows the journal for one sink, at that sink's own pace, whatever it delivers to."""

import asyncio
import contextlib
import time
from collections.abc import Container, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from thongsuot_collector.journal.dead_letters import (
    NOT_IN_JOURNAL,
    RETRY_EVERY_S,
    explain_failure,
)
from thongsuot_collector.journal.entry import StoredEntry
from thongsuot_collector.journal.journal import Tally, day_of
from thongsuot_collector.sinks.contract import SinkContext
from thongsuot_collector.sinks.delivery.lanes import Lanes, ReadRange, decode_lanes, encode_lanes
from thongsuot_collector.state.verdicts import StandingVerdict
from thongsuot_schema.batch.columns import Columns

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class DecodedEntry:
    """
    An entry made ready for a sink: what is in it, and the verdicts that stood when it was sealed.
    """

    kept: StoredEntry
    columns: Columns
    standing: Sequence[StandingVerdict]


class SinkClient(Protocol[T]):
    """What is particular to one kind of sink; ``T`` is what it makes of a batch."""

    def encode(self, decoded: DecodedEntry) -> Sequence[T]:
        """
        Encode one batch; pure, called in a thread. What it raises makes the batch a dead
        letter.
        """

    async def deliver(self, encoded: Sequence[T]) -> None:
        """
        Return when the far side has everything it will ever take; it goes on trying until then.
        """


class JournalConsumer(Generic[T]):
    """
    Reads, decodes, encodes, delivers, and only then moves its cursor.

    After a crash it delivers the last stretch again, with the same values at the same times.
    ``jump`` is how many entries it may be behind before fresh news overtakes.
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
    ) -> None:
        self._name = name
        self._client = client
        self._context = context
        self._linger_s = linger_s
        self._jump = jump
        self._entries = entries
        self._size_bytes = size_bytes
        self._lanes = Lanes()
        self._begun = 0

    @property
    def lag(self) -> int:
        """Entries that are not delivered yet."""
        return self._lanes.behind(self._context.journal.head)

    async def run(self) -> None:
        """Deliver from where the cursor stands until cancelled."""
        journal = self._context.journal
        cursor = await journal.cursor(self._name)
        self._lanes = decode_lanes(cursor.sequence, cursor.note)
        if self._lanes.live > journal.head:
            # The journal was begun anew; its sequences too.
            self._lanes = Lanes()
        if self._lanes == Lanes():
            # What was trimmed before this sink was set up is none of its business.
            extent = await journal.extent()
            self._lanes = Lanes(live=extent.tail - 1 if extent.tail else extent.head)
        self._begun = self._lanes.done
        retry_s = time.monotonic()
        while True:
            self._lanes = self._lanes.caught_up_by(journal.head, jump=self._jump)
            stretch = self._lanes.next_range(journal.head)
            if time.monotonic() >= retry_s:
                await self._retry_dead_letters()
                retry_s = time.monotonic() + RETRY_EVERY_S
            if stretch is None:
                await self._wait_for_more()
                continue
            await self._deliver(stretch)

    async def _wait_for_more(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(RETRY_EVERY_S):
                await self._context.journal.wait(self._lanes.live)
            # What arrives within a blink shares a request.
            await asyncio.sleep(self._linger_s)

    async def _retry_dead_letters(self) -> None:
        """Deliver what somebody wants tried again; twice is once at the far side."""
        letters, journal = self._context.dead_letters, self._context.journal
        for letter in await letters.retries(self._name):
            entries = await journal.read(
                letter.sequence - 1, through=letter.sequence, limit=1, size_bytes=1
            )
            if not entries:
                await letters.note_failure(letter, NOT_IN_JOURNAL)
                continue
            encoded, failures = await self._encode_all(entries)
            if failures:
                await letters.note_failure(letter, explain_failure(failures[0][1]))
                continue
            await self._client.deliver(encoded)
            await journal.commit_retried(self._name, entries[0])
            await letters.note_success(letter)

    async def _deliver(self, stretch: ReadRange) -> None:
        journal = self._context.journal
        entries = await journal.read(
            stretch.after,
            through=stretch.through,
            limit=self._entries,
            size_bytes=self._size_bytes,
        )
        # Nothing there: trimmed, and counted as lost by the trim.
        through = entries[-1].sequence if entries else stretch.through
        broken: set[int] = set()
        if entries:
            encoded, broken = await self._encoded(entries)
            await self._client.deliver(encoded)
        lanes = self._lanes.after_sending(stretch, through)
        await journal.commit(
            self._name,
            lanes.floor,
            encode_lanes(lanes),
            begun=self._begun,
            tallies=_tallies(entries, broken),
        )
        self._lanes = lanes

    async def _encoded(self, entries: Sequence[StoredEntry]) -> tuple[list[T], set[int]]:
        """Return what is to be sent, and the sequences of those that became dead letters."""
        encoded, failures = await self._encode_all(entries)
        for kept, error in failures:
            await self._context.dead_letters.put_entry(kept, consumer=self._name, error=error)
        return encoded, {kept.sequence for kept, _ in failures}

    async def _encode_all(
        self, entries: Sequence[StoredEntry]
    ) -> tuple[list[T], list[tuple[StoredEntry, Exception]]]:
        decoded, broken = await self._decoded(entries)
        # The states must have seen what is delivered, to know which verdicts stood.
        await self._context.states.wait_until_applied(entries[-1].sequence)
        opened = [
            DecodedEntry(
                kept=kept,
                columns=columns,
                standing=self._context.states.standing_verdicts(kept.entry, columns),
            )
            for kept, columns in decoded
        ]
        encoded, unpacked = await asyncio.to_thread(self._encode, opened)
        return encoded, [*broken, *unpacked]

    async def _decoded(
        self, entries: Sequence[StoredEntry]
    ) -> tuple[list[tuple[StoredEntry, Columns]], list[tuple[StoredEntry, Exception]]]:
        reader = self._context.reader
        layouts = await reader.layouts_of(entries)

        def decode() -> tuple[
            list[tuple[StoredEntry, Columns]], list[tuple[StoredEntry, Exception]]
        ]:
            whole: list[tuple[StoredEntry, Columns]] = []
            broken: list[tuple[StoredEntry, Exception]] = []
            for kept in entries:
                try:
                    whole.append((kept, reader.columns(kept, layouts)))
                except Exception as error:  # noqa: BLE001 - one batch must not stop the others
                    broken.append((kept, error))
            return whole, broken

        return await asyncio.to_thread(decode)

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
    """Return how many entries of each site and day were delivered, and how many set aside."""
    counts: dict[tuple[int, str], list[int]] = {}
    for kept in entries:
        count = counts.setdefault((day_of(kept.entry.received_ns), kept.entry.site), [0, 0])
        count[kept.sequence in broken] += 1
    return [
        Tally(day=day, site=site, delivered=delivered, set_aside=set_aside)
        for (day, site), (delivered, set_aside) in counts.items()
    ]
