"""Push handler: checks, dates and appends the body of a push; everything except HTTP."""

import time
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial

import msgspec

from thongsuot_collector.errors import (
    JournalBusy,
    JournalDamaged,
    JournalError,
    PushRefused,
    RefusalReason,
)
from thongsuot_collector.ingest.batch_dating import BatchDating, PushClock
from thongsuot_collector.ingest.device_clock import BootClocks
from thongsuot_collector.ingest.metered_work import MeteredWork, is_small
from thongsuot_collector.ingest.site_budgets import SiteBudgets
from thongsuot_collector.journal.entry import (
    AppendOutcome,
    AppendResult,
    ClockQuality,
    JournalEntry,
)
from thongsuot_collector.journal.journal import Journal
from thongsuot_collector.journal.layout_cache import LayoutCache
from thongsuot_collector.journal.reader import BatchReader
from thongsuot_collector.metrics import Metrics
from thongsuot_schema.batch.columns import Columns, decode_columns
from thongsuot_schema.batch.decode import read_header
from thongsuot_schema.batch.digest import digest_of
from thongsuot_schema.batch.encode import encode_batch, encode_layout, index_layout
from thongsuot_schema.batch.header import BatchHeader
from thongsuot_schema.batch.json import decode_json
from thongsuot_schema.batch.layout import sorted_layout
from thongsuot_schema.batch.limits import BatchLimits
from thongsuot_schema.errors import (
    BatchError,
    BatchMalformed,
    BatchTooLarge,
    BatchVersionUnknown,
    LayoutUnknown,
)
from thongsuot_schema.verdict import Evidence, VerdictChange

_NUMBER_LIMIT = 1 << 40
"""
Larger batch numbers are not plausible, and sums of eight million streams must fit into 64 bits.
"""

_BUSY_RETRY_S = 5.0


_WHY_BY_ERROR: tuple[tuple[type[BatchError], RefusalReason], ...] = (
    (BatchTooLarge, RefusalReason.TOO_LARGE),
    (BatchVersionUnknown, RefusalReason.WRONG_VERSION),
    (LayoutUnknown, RefusalReason.UNKNOWN_LAYOUT),
    (BatchMalformed, RefusalReason.MALFORMED),
    (BatchError, RefusalReason.MALFORMED),
)


SignatureVerifier = Callable[[bytes], Awaitable[bytes]]
"""
Returns the signature of a batch's bytes in the form of the journal (empty: its site does not sign),
or raises ``PushRefused``.
"""


class Accepted(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A durable batch. ``repeated``: it had been stored before."""

    number: int
    repeated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PushCallbacks:
    """
    Callbacks for events while pushes are handled.

    ``conflicting`` is called with each batch under an identity that is stored with other bytes,
    ``badly_signed`` with each whose signature does not match its bytes, ``damaged`` if the journal
    is damaged: then the process has to end. ``not_stored`` is called with the reason if the journal
    refuses what a push needs. ``check_age`` is called with the age of a batch, the
    time (ns) since it was sealed; it raises ``PushRefused`` if such an old one has to wait.
    """

    conflicting: Callable[[JournalEntry], None]
    badly_signed: Callable[[JournalEntry], None]
    damaged: Callable[[JournalDamaged], None]
    not_stored: Callable[[str], None]
    check_age: Callable[[int], None]


class PushHandler:
    """
    Handles bodies of batches and layouts.

    ``budgets`` limit the content of one site's pushes.
    """

    def __init__(
        self,
        journal: Journal,
        *,
        layouts: LayoutCache,
        reader: BatchReader,
        clocks: BootClocks,
        limits: BatchLimits,
        metrics: Metrics,
        budgets: SiteBudgets,
        callbacks: PushCallbacks,
    ) -> None:
        self._journal = journal
        self._layouts = layouts
        self._reader = reader
        self._dating = BatchDating(journal, clocks)
        self._limits = limits
        self._metrics = metrics
        self._dated = {quality: metrics.clocks.labels(quality.value) for quality in ClockQuality}
        self._budgets = budgets
        self._work = MeteredWork(budgets)
        self._callbacks = callbacks

    async def accept_batch(
        self, body: bytes, site: str, moment: PushClock, verify_signature: SignatureVerifier
    ) -> Accepted:
        """
        Store a batch from a site; returns when it is durable.

        Raises:
            PushRefused: it was not stored; with the reason, and whether to try again.
        """
        try:
            columns = await self._decode(body, site)
        except BatchError as error:
            raise _refusal(error) from error
        except JournalError as error:
            # The source of its layout.
            raise self._not_now(error) from error
        header = columns.header
        age_ns = _age_ns(header, moment)
        if age_ns is not None:
            # One that has to wait pays nothing, and costs no verification (as much as all else).
            self._callbacks.check_age(age_ns)
        self._budgets.charge_batch(site, columns, boot_id=moment.boot_id, now_s=time.monotonic())
        try:
            signature = await verify_signature(body)
        except PushRefused as refused:
            if refused.why is RefusalReason.BAD_SIGNATURE:
                self._callbacks.badly_signed(_undated_entry(header, body, moment))
            raise
        try:
            ruling = await self._dating.date(columns, moment)
        except JournalError as error:
            raise self._not_now(error) from error
        if age_ns is None:
            sealed_ns = ruling.epoch_ns + header.clock.boottime_ns
            self._callbacks.check_age(moment.received_ns - sealed_ns)
        entry = JournalEntry(
            site=site,
            stream=header.stream,
            number=header.number,
            digest=digest_of(body),
            layout=header.layout,
            received_ns=moment.received_ns,
            epoch_ns=ruling.epoch_ns,
            clock=ruling.quality,
            body=body,
            signature=signature,
        )
        try:
            if header.layout:
                await self._layouts.refresh_if_used(header.layout, received_ns=moment.received_ns)
            self._reader.remember(entry.digest, columns)
            appended = await self._journal.append(entry)
        except JournalError as error:
            self._dating.forget(columns.header)
            raise self._not_now(error) from error
        return self._accepted(entry, columns, appended)

    async def accept_json_batch(
        self, body: bytes, site: str, moment: PushClock, verify_signature: SignatureVerifier
    ) -> Accepted:
        """
        Store a JSON batch, re-encoded: the journal has one format only.

        Raises:
            PushRefused: as for ``accept_batch``.
        """
        try:
            packed, layout = await self._work.run(
                site, partial(_packed, body, site, self._limits), in_place=False
            )
            if layout:
                await self._keep_layout(layout, site, moment)
        except BatchError as error:
            raise _refusal(error) from error
        except JournalError as error:
            raise self._not_now(error) from error
        return await self.accept_batch(packed, site, moment, verify_signature)

    async def accept_layout(self, body: bytes, site: str, moment: PushClock) -> None:
        """
        Store a layout from a site; returns when it is durable.

        Raises:
            PushRefused: it was not stored; with the reason, and whether to try again.
        """
        try:
            await self._keep_layout(body, site, moment)
        except BatchError as error:
            raise _refusal(error) from error
        except JournalError as error:
            raise self._not_now(error) from error

    async def _keep_layout(self, body: bytes, site: str, moment: PushClock) -> None:
        layout_id, layout = await self._work.run(
            site, partial(self._layouts.decode, body), in_place=is_small(body)
        )
        if await self._layouts.find(layout_id) is None:
            self._budgets.charge_layout(site, layout, size_bytes=len(body), now_s=time.monotonic())
        await self._layouts.store(body, received_ns=moment.received_ns)

    async def _decode(self, body: bytes, site: str) -> Columns:
        try:
            return await self._columns(body, site)
        except LayoutUnknown as error:
            # A batch of another site is refused as such, whatever its content.
            self._check(read_header(body, self._limits), site)
            if await self._layouts.find(error.layout_id) is None:
                raise
            return await self._columns(body, site)

    async def _columns(self, body: bytes, site: str) -> Columns:
        # In one turn: no push is refused because to read it has used up its site's budget.
        checked = partial(self._checked_columns, body, site)
        return await self._work.run(site, checked, in_place=is_small(body))

    def _checked_columns(self, body: bytes, site: str) -> Columns:
        columns = decode_columns(body, self._layouts.cached, self._limits)
        self._check(columns.header, site)
        _check_names(columns.changes)
        return columns

    def _check(self, header: BatchHeader, site: str) -> None:
        _check_site(header.site, site)
        if not 1 <= header.number < _NUMBER_LIMIT or not header.stream or not header.boot_id:
            raise PushRefused(
                RefusalReason.MALFORMED,
                f"batch number {header.number} of stream {header.stream!r} and boot "
                f"{header.boot_id!r}: numbers count from 1, stream and boot have names",
            )

    def _accepted(self, entry: JournalEntry, columns: Columns, appended: AppendResult) -> Accepted:
        if appended.outcome is not AppendOutcome.APPENDED:
            self._dating.forget(columns.header)
        if appended.outcome is AppendOutcome.CONFLICT:
            self._callbacks.conflicting(entry)
            raise PushRefused(
                RefusalReason.CONFLICT,
                f"batch {entry.number} of stream {entry.stream} is already kept with other bytes; "
                "the first stands, this one is a dead letter",
            )
        if appended.outcome is AppendOutcome.APPENDED:
            self._metrics.results.inc(columns.header.results)
            self._metrics.body_bytes.inc(len(entry.body))
            self._dated[entry.clock].inc()
        return Accepted(number=entry.number, repeated=appended.outcome is AppendOutcome.REPEATED)

    def _not_now(self, error: JournalError) -> PushRefused:
        if isinstance(error, JournalDamaged):
            self._callbacks.damaged(error)
        self._callbacks.not_stored(str(error))
        why = (
            RefusalReason.JOURNAL_BUSY
            if isinstance(error, JournalBusy)
            else RefusalReason.JOURNAL_REFUSED
        )
        return PushRefused(why, "not durable yet; try again later", retry_after_s=_BUSY_RETRY_S)


def _age_ns(header: BatchHeader, moment: PushClock) -> int | None:
    """
    Return the age of a batch by the clock of its boot; ``None``: that boot is over, or its clock
    was not sent.
    """
    if moment.boottime_ns is None or header.boot_id != moment.boot_id:
        return None
    return moment.boottime_ns - header.clock.boottime_ns


def _undated_entry(header: BatchHeader, body: bytes, moment: PushClock) -> JournalEntry:
    """
    Return a batch that is not stored in the journal, in the form needed for a later inspection.
    """
    return JournalEntry(
        site=header.site,
        stream=header.stream,
        number=header.number,
        digest=digest_of(body),
        layout=header.layout,
        received_ns=moment.received_ns,
        epoch_ns=0,
        clock=ClockQuality.UNCERTAIN,
        body=body,
    )


def _check_site(named: str, site: str) -> None:
    if named != site:
        raise PushRefused(
            RefusalReason.WRONG_SITE, f"this token writes for site {site}, the batch is of {named}"
        )


def _check_names(changes: Iterable[VerdictChange]) -> None:
    """
    Reject names in verdicts and their evidence that layouts reject, too: they appear in mails and
    tickets, where a line feed would begin a sentence of ours.
    """
    for change in changes:
        verdict = change.verdict
        for name in (verdict.link, verdict.service, *_names_in(verdict.evidence)):
            if not name.isprintable():
                raise PushRefused(
                    RefusalReason.MALFORMED,
                    f"the name {name!r} in a verdict cannot be printed",
                )


def _names_in(evidence: Iterable[Evidence]) -> Iterator[str]:
    for item in evidence:
        yield from (item.kind, item.target, item.metric, item.link)


def _packed(body: bytes, site: str, limits: BatchLimits) -> tuple[bytes, bytes]:
    """Return a JSON batch in its packed form, and its layout (empty: no results)."""
    batch = decode_json(body, limits)
    _check_site(batch.site, site)
    index = index_layout(sorted_layout(result.series for result in batch.results))
    layout = encode_layout(index.layout) if batch.results else b""
    return encode_batch(batch, index), layout


def _refusal(error: BatchError) -> PushRefused:
    why = next(why for kind, why in _WHY_BY_ERROR if isinstance(error, kind))
    unknown = error.layout_id.hex() if isinstance(error, LayoutUnknown) else ""
    return PushRefused(why, str(error), unknown_layout=unknown)
