"""Keeps the accounts of all streams, from the journal and from devices' reports."""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

import msgspec
from sqlalchemy import Engine

from thongsuot_collector.accounts.stream_account import (
    BatchFate,
    Loss,
    StreamAccount,
    fate_of,
)
from thongsuot_collector.errors import JournalRefused, UndecodableEntry
from thongsuot_collector.journal import ranges
from thongsuot_collector.journal.entry import StoredEntry
from thongsuot_collector.journal.generations import position_at, position_in
from thongsuot_collector.journal.journal import Journal, day_of
from thongsuot_collector.journal.ranges import Range
from thongsuot_collector.journal.reader import BatchReader
from thongsuot_collector.store import heard_reports, record_accounts, sites
from thongsuot_collector.store.record_accounts import StreamRow
from thongsuot_collector.store.threads import run_to_completion
from thongsuot_schema.batch.layout import CompiledLayout
from thongsuot_schema.batch.record_report import RecordReport, parse_lost, parse_report

CONSUMER = "accounts"

_HIGHEST = 10**12
"""As far as a report can name the numbers of a stream."""
_READ_ENTRIES = 500
_TURN_S = 0.02
"""How long other tasks wait at most while entries are processed, but for a single one."""
_READ_BYTES = 8 << 20
_LINGER_S = 1.0
"""Changes within a second are handled together: an account is not urgent."""
_PASSED_EVERY_S = 2.0
_SAVE_EVERY_S = 10.0
_ENCODED_AT_ONCE = 250
"""
The accounts encoded in one turn of the loop: those of three thousand sites held it for 23 to 40 ms
of CPU (2026-12).
"""
_IN_MEMORY_NS = 2 * 86_400 * 10**9
"""
Streams with pushes within this time are kept in memory; an older one is read again at its next
push.
"""
_FORGET_EVERY_S = 86_400.0
_FORGET_DAYS = 400
_DAY_NS = 86_400 * 10**9
_DAMAGE_SEEN = "accounts damage"

_log = logging.getLogger(__name__)

_Key = tuple[str, str]


class HeardReport(msgspec.Struct, frozen=True, kw_only=True):
    """
    A device's report on its record, and its time by the clock of its boot and by ours.

    ``head`` is the journal's head when the batch of the report was durable: the report is processed
    after all entries up to there.
    """

    site: str
    report: RecordReport
    boot_id: str
    boottime_ns: int
    head: int
    heard_ns: int


class AccountConsumer:
    """
    The accounts of all streams.

    A stream's account, the arrivals of each day and the position in the journal are saved in one
    transaction: after a crash each entry counts once. Reports of the last seconds before a crash
    are lost; the next push has a newer one. ``is_shared``: other collectors pass on the reports
    that they receive.
    """

    def __init__(
        self, journal: Journal, reader: BatchReader, *, store: Engine, is_shared: bool = False
    ) -> None:
        self._is_shared = is_shared
        self._journal = journal
        self._reader = reader
        self._store = store
        self._streams: dict[_Key, StreamAccount] = {}
        self._by_site: dict[str, set[str]] = {}
        self._changed: set[_Key] = set()
        self._arrivals: Counter[tuple[str, int]] = Counter()
        self._reports: list[HeardReport] = []
        self._latest: dict[str, tuple[str, int]] = {}
        self._sequence = 0
        self._decode_above = 0
        self._forgot_s = self._saved_s = self._passed_s = time.monotonic()

    @property
    def lag(self) -> int:
        """Entries of the journal that are not in the accounts yet."""
        return max(0, self._journal.head - self._sequence)

    def hear(self, site: str, report: RecordReport, *, boot_id: str, boottime_ns: int) -> None:
        """Process a device's report from a push that is durable now."""
        self._reports.append(
            HeardReport(
                site=site,
                report=report,
                boot_id=boot_id,
                boottime_ns=boottime_ns,
                head=self._journal.head,
                heard_ns=time.time_ns(),
            )
        )

    async def load(self) -> None:
        """Load the saved accounts; check that the journal still matches them."""
        position = await asyncio.to_thread(sites.position, self._store, CONSUMER)
        damage = await self._journal.damage()
        if position is None:
            # Entries of the journal from before accounts were kept are counted without being read.
            self._decode_above = self._journal.head
            return
        self._sequence = await position_in(self._journal, position, consumer=CONSUMER)
        fits = self._sequence == position.sequence and position.journal == self._journal.name
        seen = await asyncio.to_thread(sites.position, self._store, _DAMAGE_SEEN)
        is_damaged = damage.found_ns > (0 if seen is None else seen.sequence)
        fate = BatchFate.JOURNAL_DAMAGED if is_damaged else BatchFate.JOURNAL_REPLACED
        if (not fits or is_damaged) and await self._is_compared(fate, may_wait=fits):
            await self.save()
            await asyncio.to_thread(
                sites.put,
                self._store,
                (),
                consumer=_DAMAGE_SEEN,
                position=sites.Position(journal=self._journal.name, sequence=damage.found_ns),
            )
        since_ns = time.time_ns() - _IN_MEMORY_NS
        for body in await asyncio.to_thread(
            record_accounts.streams, self._store, heard_after_ns=since_ns, or_missing=True
        ):
            account = decode_account(body)
            self._streams.setdefault((account.site, account.stream), account)
            self._by_site.setdefault(account.site, set()).add(account.stream)

    async def run(self) -> None:
        """Follow the journal until cancelled; save what changed every ten seconds."""
        while True:
            await self.catch_up()
            await self._do_what_is_due()
            await asyncio.sleep(_LINGER_S)

    async def catch_up(self) -> None:
        """Process all entries that are in the journal now, and their reports."""
        while self._sequence < (through := self._journal.head):
            entries = await self._journal.read(
                self._sequence, through=through, limit=_READ_ENTRIES, size_bytes=_READ_BYTES
            )
            layouts = await self._reader.layouts_of(entries)
            yielded_s = time.monotonic()
            for kept in entries:
                await self._apply(kept, layouts)
                if time.monotonic() - yielded_s > _TURN_S:
                    await asyncio.sleep(0)
                    yielded_s = time.monotonic()
            self._sequence = entries[-1].sequence if entries else through
            # While more comes than can be read, this does not end.
            await self._do_what_is_due()
            await asyncio.sleep(0)
        await self._apply_due_reports()

    async def _do_what_is_due(self) -> None:
        await self._apply_due_reports()
        if time.monotonic() - self._passed_s >= _PASSED_EVERY_S:
            self._passed_s = time.monotonic()
            await self._take_passed_reports()
        if time.monotonic() - self._saved_s >= _SAVE_EVERY_S:
            self._saved_s = time.monotonic()
            await self.save()

    async def _apply_due_reports(self) -> None:
        due = [heard for heard in self._reports if heard.head <= self._sequence]
        self._reports = [heard for heard in self._reports if heard.head > self._sequence]
        for heard in due:
            await self._apply_report(heard)

    async def _take_passed_reports(self) -> None:
        if not self._is_shared:
            return
        for passed in await asyncio.to_thread(heard_reports.pop_all, self._store):
            report = parse_report(passed.report)
            if report is not None:
                self._reports.append(
                    HeardReport(
                        site=passed.site,
                        report=report,
                        boot_id=passed.boot_id,
                        boottime_ns=passed.boottime_ns,
                        head=passed.head,
                        heard_ns=passed.heard_ns,
                    )
                )

    async def save(self) -> None:
        """Save the changes, then commit the position in the journal."""
        rows: list[StreamRow] = []
        for key in sorted(self._changed):
            rows.append(row_of(self._streams[key]))
            if len(rows) % _ENCODED_AT_ONCE == 0:
                # No account changes meanwhile: only the caller changes them.
                await asyncio.sleep(0)
        changed, self._changed = self._changed, set()
        arrivals, self._arrivals = self._arrivals, Counter()
        position = position_at(self._journal, self._sequence)
        try:
            await run_to_completion(
                lambda: record_accounts.put(
                    self._store, rows, arrivals, consumer=CONSUMER, position=position
                )
            )
        except Exception:
            self._changed |= changed
            self._arrivals += arrivals
            raise
        await self._journal.commit(CONSUMER, position.sequence)
        self._forget_idle()
        if time.monotonic() - self._forgot_s >= _FORGET_EVERY_S:
            self._forgot_s = time.monotonic()
            now_ns = time.time_ns()
            await run_to_completion(
                lambda: record_accounts.forget(
                    self._store,
                    heard_before_ns=now_ns - _FORGET_DAYS * _DAY_NS,
                    before_day=day_of(now_ns) - _FORGET_DAYS,
                )
            )

    async def _apply(self, kept: StoredEntry, layouts: Mapping[bytes, CompiledLayout]) -> None:
        entry = kept.entry
        account = await self._account(entry.site, entry.stream)
        account.raise_highest(entry.number, day_of(entry.received_ns))
        kept_before = account.kept
        account.kept = ranges.with_number(kept_before, entry.number)
        account.heard_ns = max(account.heard_ns, entry.received_ns)
        self._changed.add((entry.site, entry.stream))
        # After a copy was put back, entries are read again that have been counted.
        if account.kept != kept_before:
            self._arrivals[entry.site, day_of(entry.received_ns)] += 1
        if kept.sequence > self._decode_above:
            await self._apply_losses(kept, layouts)

    async def _apply_losses(
        self, kept: StoredEntry, layouts: Mapping[bytes, CompiledLayout]
    ) -> None:
        try:
            notices = self._reader.columns(kept, layouts).notices
        except UndecodableEntry as error:
            # The other consumers make a dead letter of it; here only its notices are missing.
            _log.debug("cannot read the notices of an entry: %s", error)
            return
        if not notices:
            return
        by_stream: dict[str, list[Loss]] = {}
        for lost in filter(None, map(parse_lost, notices)):
            loss = Loss(lost.first, lost.last, fate_of(lost.reason))
            by_stream.setdefault(lost.stream, []).append(loss)
        for stream, losses in by_stream.items():
            account = await self._account(kept.entry.site, stream)
            if account.add_losses(losses):
                # Made and lost before any report named them.
                last = max((loss.last for loss in losses if loss.last is not None), default=0)
                account.raise_highest(min(last, _HIGHEST), day_of(kept.entry.received_ns))
                self._changed.add((account.site, account.stream))

    async def _apply_report(self, heard: HeardReport) -> None:
        boot_id, boottime_ns = self._latest.get(heard.site, ("", 0))
        if heard.boot_id == boot_id and heard.boottime_ns < boottime_ns:
            return  # two uploaders of one device overtook each other
        self._latest[heard.site] = (heard.boot_id, heard.boottime_ns)
        named = set()
        for progress in heard.report.streams:
            named.add(progress.stream)
            account = await self._account(heard.site, progress.stream)
            account.raise_highest(progress.highest, day_of(heard.heard_ns))
            account.waiting, account.is_reported, account.is_known = progress.waiting, True, True
            account.heard_ns = max(account.heard_ns, heard.heard_ns)
            self._changed.add((heard.site, progress.stream))
        if not heard.report.is_complete:
            return
        for stream in self._by_site.get(heard.site, set()) - named:
            account = self._streams[heard.site, stream]
            if account.waiting or account.is_known:
                account.waiting, account.is_known = 0, False
                self._changed.add((heard.site, stream))

    async def _account(self, site: str, stream: str) -> StreamAccount:
        account = self._streams.get((site, stream))
        if account is None:
            body = await asyncio.to_thread(record_accounts.stream, self._store, site, stream)
            account = (
                StreamAccount(site=site, stream=stream) if body is None else decode_account(body)
            )
            self._put(account)
        return account

    def _put(self, account: StreamAccount) -> None:
        self._streams[account.site, account.stream] = account
        self._by_site.setdefault(account.site, set()).add(account.stream)

    def _forget_idle(self) -> None:
        before_ns = time.time_ns() - _IN_MEMORY_NS
        idle = [
            key
            for key, account in self._streams.items()
            if account.heard_ns < before_ns
            and key not in self._changed
            and not (account.is_reported and account.is_known)
        ]
        for site, stream in idle:
            del self._streams[site, stream]
            self._by_site[site].discard(stream)

    async def _is_compared(self, fate: BatchFate, *, may_wait: bool) -> bool:
        """
        Compare, and return whether that was possible: of a journal with a page that cannot be read
        it is done when that has been mended, if it ``may_wait``.
        """
        try:
            await self._compare(fate)
        except JournalRefused as error:
            if not may_wait:
                raise
            _log.error("the accounts are compared with the journal later: %s", error)
            return False
        return True

    async def _compare(self, fate: BatchFate) -> None:
        """
        Record batches that were stored according to the accounts and are not in the current
        journal.
        """
        held = await self._journal.kept()
        bodies = await asyncio.to_thread(record_accounts.streams, self._store)
        for account, gone in gone_from(map(decode_account, bodies), held):
            account.add_losses(Loss(first, last, fate) for first, last in gone)
            account.kept = ranges.minus(account.kept, gone)
            self._put(account)
            self._changed.add((account.site, account.stream))
            _log.error(
                "lost from the journal (%s): %d batches of stream=%s site=%s",
                fate.value,
                ranges.count(gone),
                account.stream,
                account.site,
            )


def row_of(account: StreamAccount) -> StreamRow:
    """Return an account as the store keeps it."""
    return StreamRow(
        site=account.site,
        stream=account.stream,
        heard_ns=account.heard_ns,
        made=account.highest,
        kept=ranges.count(account.kept),
        body=msgspec.msgpack.encode(account),
    )


def decode_account(body: bytes) -> StreamAccount:
    """Return an account that the store keeps."""
    return msgspec.msgpack.decode(body, type=StreamAccount)


def gone_from(
    accounts: Iterable[StreamAccount], held: Mapping[_Key, tuple[Range, ...]]
) -> Iterator[tuple[StreamAccount, tuple[Range, ...]]]:
    """
    Yield the accounts with numbers counted as kept that are not in a journal, and these numbers.
    """
    for account in accounts:
        gone = ranges.minus(account.kept, held.get((account.site, account.stream), ()))
        if gone:
            yield account, gone
