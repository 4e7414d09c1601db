"""Builds the state of all sites from the journal, and keeps a snapshot of it in the store."""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Mapping

import msgspec
from sqlalchemy import Connection, Engine

from thongsuot_collector.journal.dead_letters import DeadLetterQueue
from thongsuot_collector.journal.entry import JournalEntry, StoredEntry
from thongsuot_collector.journal.generations import position_at, position_in
from thongsuot_collector.journal.journal import Journal
from thongsuot_collector.journal.reader import BatchReader
from thongsuot_collector.metrics import Metrics
from thongsuot_collector.state import rollup_rows, switch_over_rows
from thongsuot_collector.state.line_rollups import Rollups, put_back, record_runs, take_complete
from thongsuot_collector.state.site import SiteState
from thongsuot_collector.state.verdicts import StandingVerdict
from thongsuot_collector.store import sites
from thongsuot_collector.store.sites import Position
from thongsuot_collector.store.threads import run_to_completion
from thongsuot_schema.batch.columns import Columns
from thongsuot_schema.batch.layout import CompiledLayout
from thongsuot_schema.counter_path import SwitchOver

CONSUMER = "state"

_READ_ENTRIES = 200
_READ_BYTES = 4 << 20
_TURN_S = 0.02
"""Maximum time per turn on the loop; decoding a batch of 20,000 results takes twice that."""
_SNAPSHOT_EVERY_S = 60.0
"""
The time replayed after a crash: two seconds' work for ten thousand sites, whose snapshot is 50 MB.
"""
_SNAPSHOT_SITES = 200
"""
The sites that are encoded in one turn of the loop, and written in one transaction: those of three
thousand held the loop for 65 ms of CPU (2026-12), and their disk was busy when pushes needed it.
"""
_SNAPSHOT_PAUSE_S = 0.2
"""Between two of them: ten thousand sites are written within a quarter of a minute."""

_ROLLUPS_FORGOTTEN_EVERY_S = 3600.0

_log = logging.getLogger(__name__)


class StateConsumer:
    """
    The states of all sites.

    Applying a batch twice changes nothing, and a snapshot contains its position in the journal, so
    a crash at any moment leads to the same states. ``on_batch`` is called with every batch after
    that position, and after a crash again.
    """

    def __init__(
        self,
        journal: Journal,
        reader: BatchReader,
        *,
        store: Engine,
        dead_letters: DeadLetterQueue,
        metrics: Metrics,
        on_batch: Callable[[JournalEntry, Columns], Awaitable[None]] | None = None,
    ) -> None:
        self._journal = journal
        self._reader = reader
        self._store = store
        self._dead_letters = dead_letters
        self._metrics = metrics
        self._heard = on_batch
        self._targets_of_line: Callable[[], Collection[str]] | None = None
        self._rollups_forgotten_s = -_ROLLUPS_FORGOTTEN_EVERY_S
        self._sites: dict[str, SiteState] = {}
        self._changed: set[str] = set()
        self._sequence = 0
        self._kept_sequence = 0
        self._moved = asyncio.Event()

    def keep_rollups(self, targets_of_line: Callable[[], Collection[str]]) -> None:
        """
        Keep delay and loss of each link for a month from now on; ``targets_of_line`` returns the
        targets that stand for a link's own segments, as the inventory has them now.
        """
        self._targets_of_line = targets_of_line

    @property
    def sites(self) -> Mapping[str, SiteState]:
        """The state of each site that has ever reported."""
        return self._sites

    @property
    def lag(self) -> int:
        """Entries of the journal that are not in the states yet."""
        return max(0, self._journal.head - self._sequence)

    async def load(self) -> None:
        """Load the last snapshot."""
        position = await asyncio.to_thread(sites.position, self._store, CONSUMER)
        for site, state in await asyncio.to_thread(sites.all_states, self._store):
            try:
                self._sites[site] = msgspec.msgpack.decode(state, type=SiteState)
            except msgspec.MsgspecError as error:
                # A state covers a day at most, and is rebuilt from new pushes.
                _log.warning("cannot read the state of site=%s: %s; starting empty", site, error)
        if self._sites and not await asyncio.to_thread(
            switch_over_rows.has_switch_overs, self._store
        ):
            # An older collector only kept them in each state, for a month.
            for site, known in self._sites.items():
                known.new_switch_overs = known.switch_overs
                self._changed.add(site)
        if position is not None:
            reached = await position_in(self._journal, position, consumer=CONSUMER)
            self._sequence = self._kept_sequence = reached

    async def run(self) -> None:
        """Follow the journal until cancelled."""
        while True:
            await self._journal.wait(self._sequence)
            await self.catch_up()

    async def catch_up(self) -> None:
        """Apply everything that is in the journal now."""
        while True:
            # Read before the entries: later appends are not included in them.
            through = self._journal.head
            entries = await self._journal.read(
                self._sequence,
                through=through,
                limit=_READ_ENTRIES,
                size_bytes=_READ_BYTES,
            )
            if not entries:
                self._sequence = max(self._sequence, through)
                self._moved.set()
                return
            layouts = await self._reader.layouts_of(entries)
            yielded_s = time.monotonic()
            for kept in entries:
                await self.apply(kept, layouts)
                self._sequence = kept.sequence
                if time.monotonic() - yielded_s > _TURN_S:
                    self._moved.set()
                    await asyncio.sleep(0)
                    yielded_s = time.monotonic()
            self._moved.set()
            # Other tasks run on the loop between two reads.
            await asyncio.sleep(0)

    async def wait_until_applied(self, sequence: int) -> None:
        """Wait until everything up to a sequence is in the states."""
        while self._sequence < sequence:
            self._moved.clear()
            await self._moved.wait()

    def standing_verdicts(self, entry: JournalEntry, columns: Columns) -> list[StandingVerdict]:
        """Return the verdicts that were certainly in force when a batch was sealed."""
        state = self._sites.get(entry.site)
        stream = None if state is None else state.streams.get(entry.stream)
        if stream is None:
            return []
        return list(stream.verdicts.certain_at(columns.header.clock.boottime_ns, entry.number))

    async def snapshot_forever(self) -> None:
        """Write a snapshot periodically until cancelled."""
        while True:
            await asyncio.sleep(_SNAPSHOT_EVERY_S)
            await self.snapshot(pause_s=_SNAPSHOT_PAUSE_S)

    async def snapshot(self, *, pause_s: float = 0.0) -> None:
        """
        Write the changes since the last snapshot, and then advance the journal's cursor.

        The sites are written in parts, with a pause after each. Entries that are applied meanwhile
        are in some of them already: after a crash they are read again, and change nothing there.
        """
        sequence = self._sequence
        if sequence == self._kept_sequence:
            return
        changed, self._changed = self._changed, set()
        waiting = sorted(changed)
        position = position_at(self._journal, sequence)
        try:
            while len(waiting) > _SNAPSHOT_SITES:
                await self._write_states(waiting[:_SNAPSHOT_SITES], None)
                del waiting[:_SNAPSHOT_SITES]
                await asyncio.sleep(pause_s)
            # The position with the last part: only then all are written.
            await self._write_states(waiting, position)
        except BaseException:
            self._changed.update(waiting)
            raise
        self._kept_sequence = sequence
        await self._journal.commit(CONSUMER, sequence)

    async def _write_states(self, changed: Collection[str], position: Position | None) -> None:
        """Write the states of some sites, and the position, in one transaction."""
        complete = {site: take_complete(self._sites[site].rollups) for site in changed}
        moves = {site: self._sites[site].new_switch_overs for site in changed}
        for site in changed:
            self._sites[site].new_switch_overs = ()
        # Encoded here, not in the thread: a state must not change while it is encoded.
        states = [(site, msgspec.msgpack.encode(self._sites[site])) for site in changed]
        write_more = self._other_writes(complete, moves)
        is_written = False

        def write() -> None:
            nonlocal is_written
            sites.put(
                self._store, states, consumer=CONSUMER, position=position, write_more=write_more
            )
            is_written = True

        try:
            await run_to_completion(write)
        except BaseException:
            if is_written:
                # The caller was cancelled: what is in the store must not be added to it again.
                raise
            for site, taken in complete.items():
                put_back(self._sites[site].rollups, taken)
            for site, taken_moves in moves.items():
                known = self._sites[site]
                known.new_switch_overs = (*taken_moves, *known.new_switch_overs)
            raise

    def _other_writes(
        self, complete: Mapping[str, Rollups], moves: Mapping[str, tuple[SwitchOver, ...]]
    ) -> Callable[[Connection], None]:
        is_due = time.monotonic() - self._rollups_forgotten_s >= _ROLLUPS_FORGOTTEN_EVERY_S
        if is_due:
            self._rollups_forgotten_s = time.monotonic()

        def write(connection: Connection) -> None:
            rollup_rows.add_rollups(connection, complete, now_s=time.time())
            switch_over_rows.add_switch_overs(connection, moves)
            if is_due:
                rollup_rows.forget_rollups(connection, time.time())

        return write

    async def apply(self, kept: StoredEntry, layouts: Mapping[bytes, CompiledLayout]) -> bool:
        """Apply an entry; return whether that succeeded, otherwise it is a dead letter."""
        entry = kept.entry
        try:
            columns = self._reader.columns(kept, layouts)
            state = self._sites.get(entry.site)
            if state is None:
                state = self._sites[entry.site] = SiteState()
            is_new = state.apply(entry, columns)
            if is_new and self._targets_of_line is not None:
                offset_ms = entry.epoch_ns // 1_000_000
                record_runs(state.rollups, columns, offset_ms, self._targets_of_line())
            self._changed.add(entry.site)
            if self._heard is not None:
                await self._heard(entry, columns)
        except Exception as error:  # noqa: BLE001 - one batch must not stop all the others
            await self._dead_letters.put_entry(kept, consumer=CONSUMER, error=error)
            return False
        return True

    def set_heard_gauge(self, *, silent_after_s: float) -> None:
        """Set the gauge of reporting and silent sites."""
        now_ns = time.time_ns()
        heard = sum(
            now_ns - state.heard_ns < silent_after_s * 1e9 for state in self._sites.values()
        )
        self._metrics.sites.labels("yes").set(heard)
        self._metrics.sites.labels("no").set(len(self._sites) - heard)

    def set_version_gauge(self) -> None:
        """Set the gauge of agents by version; ``unknown`` if never reported."""
        counts = Counter(state.version or "unknown" for state in self._sites.values())
        self._metrics.agents.clear()
        for version, count in counts.items():
            self._metrics.agents.labels(version).set(count)
