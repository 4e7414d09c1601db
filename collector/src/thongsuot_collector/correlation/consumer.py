"""
Builds timelines and incidents from the journal, and emits notification events.

Decisions are on the disk before anybody is notified of them. A site's timeline is written with the
batch that changed it, and all timelines periodically; entries since then are read again after a
crash, without an effect on known facts.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable, Generator, Iterable, Mapping
from functools import partial

import msgspec
from sqlalchemy import Engine

from thongsuot_collector.correlation import rows
from thongsuot_collector.correlation.audited import (
    AuditedAction,
    audited_answer,
    audited_dispute,
    audited_ruling,
)
from thongsuot_collector.correlation.commissioning_work import CommissioningWork
from thongsuot_collector.correlation.listening import JournalListening
from thongsuot_collector.correlation.turns import TurnTimer
from thongsuot_collector.correlation.unwritten import UnwrittenChanges
from thongsuot_collector.incidents import actions
from thongsuot_collector.incidents.answer import Dispute, PartyAnswer, Ruling
from thongsuot_collector.incidents.incident import Incident, NotificationEvent
from thongsuot_collector.incidents.notification_log import DeliveryAttempt
from thongsuot_collector.incidents.observation import (
    ProbeName,
    ProbeObservation,
    SiteObservations,
)
from thongsuot_collector.incidents.reducer import (
    ChangedFaults,
    advance_in_steps,
    apply_rewrites,
    pending_notifications,
)
from thongsuot_collector.incidents.registry import IncidentRegistry
from thongsuot_collector.incidents.settings import IncidentSettings
from thongsuot_collector.inventory.directory import InventoryDirectory
from thongsuot_collector.journal.dead_letters import DeadLetterQueue
from thongsuot_collector.journal.entry import JournalEntry, StoredEntry
from thongsuot_collector.journal.generations import position_at, position_in
from thongsuot_collector.journal.journal import Journal
from thongsuot_collector.journal.reader import BatchReader
from thongsuot_collector.rules.loader import load_all
from thongsuot_collector.store import sites
from thongsuot_collector.store.audit import AuditAction
from thongsuot_collector.store.threads import run_to_completion
from thongsuot_collector.timeline.batch_summary import summarize_batch
from thongsuot_collector.timeline.interval import Rewrite
from thongsuot_collector.timeline.settings import NS_PER_S, TimelineSettings, ns
from thongsuot_collector.timeline.site import CollectorClock, SiteTimeline
from thongsuot_collector.timeline.subject import Subject
from thongsuot_schema.batch.columns import Columns
from thongsuot_schema.batch.layout import CompiledLayout

CONSUMER = "incidents"

_READ_ENTRIES = 200
_READ_BYTES = 4 << 20
_TICK_S = 1.0
_TOGETHER_S = 0.2
"""Pushes are collected for this long before a pass, because each pass has a fixed cost."""
_WINDOWS_EVERY_S = 5.0
_LAG_S = 5.0
"""
Entries that arrived less than this ago count as current: with ten thousand agents there are always
unread ones.
"""
_SLICE = 500
"""Rewrites applied in one turn of the loop: about 50 ms if ten thousand sites all fall silent."""
_WRITE_ALL_EVERY_S = 60.0
"""The entries to read again after a crash: the pushes of a minute."""

_log = logging.getLogger(__name__)


class IncidentConsumerSettings(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True
):
    """The settings of the incident consumer's parts."""

    timeline: TimelineSettings = TimelineSettings()
    incidents: IncidentSettings = IncidentSettings()


class IncidentConsumer:
    """
    The timelines of all sites and the registry of incidents.

    ``publish`` is called, on the loop, with new notification events, as soon as they are on the
    disk; it must only queue them. Call ``load`` first, then ``run``. ``hear_batch`` is called with
    every batch, and again after a crash.
    """

    def __init__(
        self,
        journal: Journal,
        reader: BatchReader,
        *,
        store: Engine,
        dead_letters: DeadLetterQueue,
        directory: InventoryDirectory,
        publish: Callable[[tuple[NotificationEvent, ...]], None],
        settings: IncidentConsumerSettings | None = None,
        now_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self._journal = journal
        self._reader = reader
        self._store = store
        self._dead_letters = dead_letters
        self._publish = publish
        settings = settings or IncidentConsumerSettings()
        self._settings, self._timeline = settings.incidents, settings.timeline
        self._now_ns = now_ns
        self.listening = JournalListening(journal, CONSUMER, self._timeline, now_ns)
        self._timelines: dict[str, SiteTimeline] = {}
        self._observations: dict[str, SiteObservations] = {}
        self._sequence = self._read_ns = self._ticked_ns = 0
        self._written_ns = now_ns()
        # Decided and not published: kept when a task fails.
        self._unsent: list[NotificationEvent] = []
        self._writing = asyncio.Lock()
        self._refusal = ""
        self.turns = TurnTimer()
        self.registry = IncidentRegistry(
            directory, load_all(), self._settings, calm_s=self._timeline.calm_s
        )
        self.registry.observations_of = self._observations_of
        self.registry.failures_of = self._failures_of
        self.hear_batch: Callable[[JournalEntry, Columns], Awaitable[None]] | None = None
        self._site_work = CommissioningWork(self.registry)
        # Kept when a task fails.
        self._unwritten = UnwrittenChanges(self.registry, self._timelines, self._site_work)

    @property
    def lag(self) -> int:
        """The number of journal entries that are not in the registry yet."""
        return max(0, self._journal.head - self._sequence)

    def pending_notifications(self) -> tuple[NotificationEvent, ...]:
        """Return the notifications that are not marked as done, to resume after a restart."""
        return pending_notifications(self.registry)

    async def load(self) -> None:
        """Load the state in the store."""
        position = await asyncio.to_thread(sites.position, self._store, CONSUMER)
        for site, body in await asyncio.to_thread(rows.load_timelines, self._store):
            self._timelines[site] = msgspec.msgpack.decode(body, type=SiteTimeline)
        since_ns = self._now_ns() - ns(self._settings.kept_s)
        for timeline in self._timelines.values():
            for subject, interval in timeline.current().items():
                self.registry.network_state.set_state(subject, interval)
        self.registry.restore(
            await asyncio.to_thread(rows.load_live, self._store, known_since_ns=since_ns)
        )
        if position is not None:
            self._sequence = await position_in(self._journal, position, consumer=CONSUMER)

    async def run(self) -> None:
        """Follow the journal, and advance the time, until cancelled."""
        while True:
            await self.catch_up()
            await asyncio.sleep(min(_TOGETHER_S, self._until_due_s()))
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._until_due_s()):
                    await self._journal.wait(self._sequence)

    async def catch_up(self) -> None:
        """Process all current entries of the journal, and advance the time to the present."""
        while True:
            entries = await self._journal.read(
                self._sequence,
                through=self._journal.head,
                limit=_READ_ENTRIES,
                size_bytes=_READ_BYTES,
            )
            if entries:
                layouts = await self._reader.layouts_of(entries)
                for kept in entries:
                    await self.apply(kept, layouts)
                    self._sequence = kept.sequence
                    self._read_ns = kept.entry.received_ns
                    await self.turns.yield_if_due()
            else:
                self._sequence = max(self._sequence, self._journal.head)
            if self.turns.is_pause_over() or not self.lag:
                with self.turns.pausing_as_long():
                    await self._advance()
            if not self.lag:
                return
            # Other tasks can run between two reads.
            await asyncio.sleep(0)

    async def flush(self) -> None:
        """Write everything before the end; no more entries arrive."""
        await self._write(is_all=True)

    async def acknowledge(self, name: str, owner: str, note: str = "", *, by: str = "") -> Incident:
        """
        Record the owner of an incident; ``by`` is the owner's name in the audit log.

        Raises:
            KeyError: it is not in the registry (never was, or was closed long ago).
        """
        incident = actions.acknowledge(self.registry, name, owner, self._now_ns(), note=note)
        action = AuditAction.INCIDENT_TAKEN_ON
        return await self.write_audited(
            incident, AuditedAction(action=action, incident=name, by=by or owner, note=note)
        )

    async def dispute(self, name: str, dispute: Dispute) -> Incident:
        """Record that a party rejects an incident as not its own; raises as ``acknowledge``."""
        disputed = actions.dispute(self.registry, name, dispute)
        return await self.write_audited(disputed, audited_dispute(name, dispute))

    async def answer(self, name: str, answer: PartyAnswer, *, by: str) -> Incident:
        """Record the answer of a party to an incident; raises as ``actions.answer``."""
        answered = actions.answer(self.registry, name, answer)
        return await self.write_audited(answered, audited_answer(name, answer, by))

    async def rule(self, name: str, ruling: Ruling, *, by: str) -> Incident:
        """Record the city's decision in a dispute; raises as ``actions.rule``."""
        ruled = actions.rule(self.registry, name, ruling)
        return await self.write_audited(ruled, audited_ruling(name, ruling, by))

    async def add_note(self, name: str, text: str, *, event: str = "note") -> Incident:
        """Add a line to an incident's history; raises as ``acknowledge``."""
        noted = actions.add_note(self.registry, name, text, self._now_ns(), event=event)
        await self._write()
        return noted

    async def record_delivery(
        self, name: str, number: int, delivery: DeliveryAttempt | None, *, is_done: bool
    ) -> None:
        """Record the result of one of an incident's notifications; raises as ``acknowledge``."""
        actions.record_delivery(self.registry, name, number, delivery, is_done=is_done)
        await self._write()

    @property
    def refusal(self) -> str:
        """
        Why the journal stores nothing, and every push is refused; or why the store refuses what was
        decided, so that nobody is notified. Empty if all is stored.
        """
        return self.listening.refusal or self._refusal

    async def follow_windows(self) -> None:
        """Check periodically whether others have planned or cancelled work."""
        while True:
            await self.refresh_windows()
            await asyncio.sleep(_WINDOWS_EVERY_S)

    async def refresh_windows(self) -> None:
        """Load the current maintenance windows from the store."""
        stored = await asyncio.to_thread(rows.load_windows, self._store)
        planned = self._site_work.with_unwritten(stored)
        if set(planned) != set(self.registry.network_state.windows):
            actions.set_windows(self.registry, planned)

    async def write_audited(self, incident: Incident, audited: AuditedAction) -> Incident:
        """Write an incident that was changed in the registry, and the author of the change."""
        self._unwritten.add_audited(audited)
        await self._write()
        return incident

    def _until_due_s(self) -> float:
        """Return the time until the next check by time; a hold must not become longer."""
        due_ns = min(self.registry.next_checks_ns.values(), default=None)
        if due_ns is None:
            return _TICK_S
        return min(_TICK_S, max(0.0, (due_ns - self._now_ns()) / NS_PER_S))

    async def apply(self, kept: StoredEntry, layouts: Mapping[bytes, CompiledLayout]) -> bool:
        """Process an entry; return whether that succeeded, otherwise it is a dead letter."""
        entry = kept.entry
        try:
            columns = self._reader.columns(kept, layouts)
            summary, present = summarize_batch(entry, columns), self._present(entry.received_ns)
            self._site_work.plan(entry, columns.notices)
            timeline = self._timelines.get(entry.site)
            if timeline is None:
                timeline = self._timelines[entry.site] = SiteTimeline(site=entry.site)
            work = partial(timeline.apply, summary, present, self._timeline)
            rewrites = self.turns.timed(entry.site, work)
            observations = self._observations.get(entry.site)
            if observations is None:
                observations = self._observations[entry.site] = SiteObservations()
            observations.ingest_batch(columns, epoch_ns=entry.epoch_ns, layout=entry.layout)
            if self.hear_batch is not None:
                await self.hear_batch(entry, columns)
        except Exception as error:  # noqa: BLE001 - one batch must not stop all the others
            await self._dead_letters.put_entry(kept, consumer=CONSUMER, error=error)
            return False
        self._unwritten.add_rewrites(timeline.site, rewrites)
        return True

    async def _advance(self) -> None:
        now_ns = self._now_ns()
        is_current = not self.lag
        await self.listening.prove()
        # While it lags, silence is counted up to its position in the journal.
        await self._tick(now_ns if is_current else self._read_ns)
        await self._load_archived(self._unwritten.fresh)
        is_listening = is_current or now_ns - self._read_ns < ns(_LAG_S)
        touched = ChangedFaults()
        while len(self._unwritten.fresh) > _SLICE:
            rewrites = self._unwritten.take_fresh(_SLICE)
            with self.turns.turn(rewrite.subject.site for rewrite in rewrites):
                apply_rewrites(self.registry, rewrites, now_ns, touched)
            await asyncio.sleep(0)
        rewrites = self._unwritten.take_fresh(_SLICE)
        steps = advance_in_steps(
            self.registry, rewrites, now_ns, is_listening=is_listening, touched=touched
        )
        sites = [rewrite.subject.site for rewrite in rewrites]
        await self.turns.run_in_slices(steps, sites, self._unsent.extend)
        await self._write(is_all=now_ns - self._written_ns > ns(_WRITE_ALL_EVERY_S))
        if self._unsent:
            events, self._unsent = tuple(self._unsent), []
            self._publish(events)

    async def _tick(self, now_ns: int) -> None:
        """Advance the time of every site; not with each call, as ten thousand sites are costly."""
        if 0 <= now_ns - self._ticked_ns < ns(_TICK_S):
            return
        self._ticked_ns = now_ns
        await self.turns.run_in_slices(
            self._tick_in_steps(self._present(now_ns)), (), lambda _nothing: None
        )

    def _tick_in_steps(self, present: CollectorClock) -> Generator[None, None, None]:
        """Advance the time of one site in each step: all may fall silent at once."""
        for timeline in list(self._timelines.values()):
            changed = timeline.tick(present, self._timeline)
            if changed:
                self._unwritten.add_rewrites(timeline.site, changed)
            yield

    async def _load_archived(self, rewrites: Iterable[Rewrite]) -> None:
        """Reload incidents dropped from memory if their time is rewritten."""
        before_ns = self._now_ns() - ns(self._settings.kept_s)
        old = [rewrite for rewrite in rewrites if rewrite.from_ns < before_ns]
        if old:
            archived = await asyncio.to_thread(rows.load_for_rewrites, self._store, old)
            self.registry.load_archived(archived)

    async def _write(self, *, is_all: bool = False) -> None:
        """
        Write all changes, and with ``is_all`` everything, so that the cursor can advance.

        Calls run one after the other: earlier state must not overwrite later state. Concurrent
        changes by others are included; a failed write is repeated with the next call.
        """
        async with self._writing:
            position = None
            if is_all:
                position = position_at(self._journal, self._sequence)
            writes = self._unwritten.drain(position)
            if writes is None:
                return
            try:
                await run_to_completion(
                    partial(rows.write_changes, self._store, writes, consumer=CONSUMER)
                )
            except BaseException as error:
                self._unwritten.requeue(writes)
                self._refusal = str(error).partition("\n")[0]
                raise
            self._refusal = ""
            if position is not None:
                self._written_ns = self._now_ns()
                await self._journal.commit(CONSUMER, position.sequence)

    def _observations_of(self, subject: Subject) -> tuple[ProbeObservation, ...]:
        observations = self._observations.get(subject.site)
        return () if observations is None else observations.of_link(subject)

    def _failures_of(self, subject: Subject) -> Mapping[ProbeName, int]:
        observations = self._observations.get(subject.site)
        return {} if observations is None else observations.failures_of(subject)

    def _present(self, now_ns: int) -> CollectorClock:
        return CollectorClock(now_ns=now_ns, listening_since_ns=self.listening.since_ns)
