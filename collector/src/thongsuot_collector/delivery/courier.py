"""Courier: follows the journal for one sink, at that sink's own pace."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from thongsuot_collector.delivery.lanes import Lanes, Stretch, lanes_of, note_of
from thongsuot_collector.journal.entry import Kept
from thongsuot_collector.samples.encode import Parcel
from thongsuot_collector.sinks import Supplies
from thongsuot_collector.state.verdicts import Standing
from thongsuot_schema.batch.columns import Columns


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """
    An entry made ready for a sink: what is in it, and the verdicts that stood when it was sealed.
    """

    kept: Kept
    columns: Columns
    standing: Sequence[Standing]


class Receiver(Protocol):
    """What is particular to one database."""

    def pack(self, opened: Opened) -> Sequence[Parcel]:
        """Encode one batch; pure, called in a thread. What it raises has the batch set aside."""

    async def deliver(self, parcels: Sequence[Parcel]) -> None:
        """Return when the far side has everything it will ever take; try for ever until then."""


class Courier:
    """
    Reads, opens, packs, delivers, and only then moves its cursor.

    After a crash it delivers the last stretch again, with the same values at the same times.
    ``jump`` is how many entries it may be behind before fresh news overtakes.
    """

    def __init__(
        self,
        name: str,
        receiver: Receiver,
        supplies: Supplies,
        *,
        linger_s: float,
        jump: int,
        entries: int,
        size_bytes: int,
    ) -> None:
        self._name = name
        self._receiver = receiver
        self._supplies = supplies
        self._linger_s = linger_s
        self._jump = jump
        self._entries = entries
        self._size_bytes = size_bytes
        self._lanes = Lanes()

    @property
    def lag(self) -> int:
        """Entries that are not delivered yet."""
        return self._lanes.behind(self._supplies.journal.head)

    async def run(self) -> None:
        """Deliver for ever, from where the cursor stands."""
        journal = self._supplies.journal
        cursor = await journal.cursor(self._name)
        self._lanes = lanes_of(cursor.sequence, cursor.note)
        if self._lanes.live > journal.head:
            # The journal was begun anew; its sequences too.
            self._lanes = Lanes()
        while True:
            self._lanes = self._lanes.caught_up_by(journal.head, jump=self._jump)
            stretch = self._lanes.next(journal.head)
            if stretch is None:
                await journal.wait(self._lanes.live)
                # What arrives within a blink shares a request.
                await asyncio.sleep(self._linger_s)
                continue
            await self._deliver(stretch)

    async def _deliver(self, stretch: Stretch) -> None:
        journal = self._supplies.journal
        entries = await journal.read(
            stretch.after,
            through=stretch.through,
            limit=self._entries,
            size_bytes=self._size_bytes,
        )
        # Nothing there: trimmed, and counted as lost by the trim.
        through = entries[-1].sequence if entries else stretch.through
        if entries:
            await self._receiver.deliver(await self._packed(entries))
        lanes = self._lanes.sent(stretch, through)
        await journal.commit(self._name, lanes.floor, note_of(lanes))
        self._lanes = lanes

    async def _packed(self, entries: Sequence[Kept]) -> list[Parcel]:
        decoded, broken = await self._decoded(entries)
        # The states must have seen what is delivered, to know which verdicts stood.
        await self._supplies.states.reached(entries[-1].sequence)
        opened = [
            Opened(
                kept=kept,
                columns=columns,
                standing=self._supplies.states.standing(kept.entry, columns),
            )
            for kept, columns in decoded
        ]
        parcels, unpacked = await asyncio.to_thread(self._pack, opened)
        for kept, error in (*broken, *unpacked):
            await self._supplies.aside.put(kept, consumer=self._name, error=error)
        return parcels

    async def _decoded(
        self, entries: Sequence[Kept]
    ) -> tuple[list[tuple[Kept, Columns]], list[tuple[Kept, Exception]]]:
        reader = self._supplies.reader
        plans = await reader.plans_of(entries)

        def decode() -> tuple[list[tuple[Kept, Columns]], list[tuple[Kept, Exception]]]:
            whole: list[tuple[Kept, Columns]] = []
            broken: list[tuple[Kept, Exception]] = []
            for kept in entries:
                try:
                    whole.append((kept, reader.columns(kept, plans)))
                except Exception as error:  # noqa: BLE001 - one batch must not stop the others
                    broken.append((kept, error))
            return whole, broken

        return await asyncio.to_thread(decode)

    def _pack(self, opened: Sequence[Opened]) -> tuple[list[Parcel], list[tuple[Kept, Exception]]]:
        parcels: list[Parcel] = []
        broken: list[tuple[Kept, Exception]] = []
        for one in opened:
            try:
                parcels.extend(self._receiver.pack(one))
            except Exception as error:  # noqa: BLE001 - one batch must not stop the others
                broken.append((one.kept, error))
        return parcels, broken
