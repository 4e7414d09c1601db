"""
What one site may cost all others behind the parser, and who is over its budget. Pure.

A batch of 160 bytes can hold 80,000 values, a thousand names or the beginning of a new stream, and
each of them costs memory, disk or computing that all sites share. Over budget nothing of a push is
taken; its agent keeps it and comes again. The site is quarantined: it is told to people, and pushes
at the pace that a device needs to be seen.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum

import msgspec

from thongsuot_collector.errors import PushRefused, RefusalReason
from thongsuot_collector.ingest.rate_limit import RateLimiter
from thongsuot_collector.ingest.settings import IngestSettings
from thongsuot_collector.inventory.directory import InventoryDirectory
from thongsuot_collector.journal.ranges import Range, with_number
from thongsuot_schema.batch.columns import Columns, value_count
from thongsuot_schema.batch.model import Layout, Notice, NoticeCode
from thongsuot_schema.batch.record_report import RecordReport, parse_lost
from thongsuot_schema.verdict import VerdictChange

QUARANTINE_S = 600.0
"""A site is quarantined until it has kept to its budgets for so long."""

_QUARANTINE_PER_S, _QUARANTINE_BURST = 1.0, 60.0
"""Fifteen times what a device pushes: its page and its incidents stay as they are."""

_SITES_KEPT = 20_000
"""
Sites that are remembered; the one silent for longest is evicted, and charged for all its content
again.
"""

_STREAMS_KEPT = 1_000
"""Streams remembered of a site, 200 KB; the one silent for longest counts as new again."""

_RECORDED_NOTICES = frozenset(
    {
        NoticeCode.STARTED,
        NoticeCode.COMMISSIONING,
        NoticeCode.TEST_REQUESTED_LOCALLY,
        NoticeCode.TEST_ACCEPTED,
        NoticeCode.TEST_COMPLETED,
        NoticeCode.TEST_REFUSED,
        NoticeCode.PROBLEM_REPORTED,
        NoticeCode.CONFIG_APPLIED,
        NoticeCode.CONFIG_REJECTED,
        NoticeCode.BATCHES_LOST,
    }
)
_RECORDED_COST = 10
"""A row of the store or a line of a timeline costs as much as ten notices that only stand there."""

_SERIES_BYTES = 250
"""
What a series of a layout takes in memory (215 bytes in the layout cache alone, 2026-12). Packed, a
layout of 4,096 series that resemble each other has 2.6 KB.
"""

_USUAL_SERIES = 60
"""Links by targets of a site that the settings are made for; a larger one may bring more."""


class Budget(StrEnum):
    """What is budgeted; one closed list."""

    VALUES = "values"
    SERIES = "series"
    LAYOUTS = "layouts"
    NAMES = "names"
    STREAMS = "streams"
    RUNS = "runs"
    NOTICES = "notices"
    WORK = "work"


_SENTENCES = {
    Budget.VALUES: "too many values",
    Budget.SERIES: "too many new series",
    Budget.LAYOUTS: "too many new layouts",
    Budget.NAMES: "verdicts on too many names that the inventory does not have",
    Budget.STREAMS: "too many new streams or boots",
    Budget.RUNS: "batches with too many gaps between them",
    Budget.NOTICES: "too many notices",
    Budget.WORK: "more than the collector can work through beside all others",
}


class Quarantine(msgspec.Struct, frozen=True, kw_only=True):
    """A site that is over a budget: which one, and until when, by a monotonic clock."""

    budget: Budget
    until_s: float


class _SiteMemory(msgspec.Struct, kw_only=True):
    """What a site has brought since the process began, and so need not pay again."""

    series: set[int] = msgspec.field(default_factory=set)
    names: set[int] = msgspec.field(default_factory=set)
    boots: set[str] = msgspec.field(default_factory=set)
    streams: OrderedDict[str, tuple[Range, ...]] = msgspec.field(default_factory=OrderedDict)
    reported: set[str] = msgspec.field(default_factory=set)
    """Streams that its device has spoken of, whether anything of them came or not."""

    def expects(self, columns: Columns, boot_id: str, numbers: tuple[Range, ...]) -> bool:
        """
        Return whether a batch continues where its stream ended, is of a known boot, and contains no
        notice. ``numbers`` are those of its stream with its own.
        """
        known = self.streams.get(columns.header.stream)
        return (
            known is not None
            and len(known) == len(numbers)
            and not columns.changes
            and not columns.notices
            and columns.header.boot_id in self.boots
            and (not boot_id or boot_id in self.boots)
        )

    def note_reported(self, streams: set[str]) -> None:
        """Note streams that were paid for."""
        self.reported |= streams
        if len(self.reported) > _STREAMS_KEPT:
            self.reported = set(streams)


class SiteBudgets:
    """
    The budgets of all sites.

    Each is a rate and a reserve (``IngestSettings``), larger for a site of which the inventory has
    more than usual. ``on_quarantine`` is called with a site and a budget when it is quarantined,
    ``on_refusal`` with each budget that refuses something.
    """

    def __init__(
        self,
        settings: IngestSettings,
        directory: InventoryDirectory,
        *,
        on_refusal: Callable[[Budget], None],
        on_quarantine: Callable[[str, Budget], None],
    ) -> None:
        self._directory = directory
        self._inventory = directory.inventory
        self._on_refusal = on_refusal
        self._on_quarantine = on_quarantine
        # An agent that was away for days comes close to these two: they put nobody in quarantine.
        self._pushes = _limiter(settings.pushes_per_s, settings.pushes_burst)
        self._bytes = _limiter(settings.bytes_per_s, settings.bytes_burst)
        self._limits = {
            Budget.VALUES: _limiter(settings.values_per_s, settings.values_burst),
            Budget.SERIES: _limiter(settings.series_per_s, settings.series_burst),
            Budget.LAYOUTS: _limiter(settings.layout_bytes_per_s, settings.layout_bytes_burst),
            Budget.NAMES: _limiter(settings.unknown_names_per_s, settings.unknown_names_burst),
            Budget.STREAMS: _limiter(settings.streams_per_s, settings.streams_burst),
            Budget.RUNS: _limiter(settings.gaps_per_s, settings.gaps_burst),
            Budget.NOTICES: _limiter(settings.notices_per_s, settings.notices_burst),
            Budget.WORK: _limiter(settings.work_ratio, settings.work_burst_s),
        }
        self._pace = RateLimiter(per_second=_QUARANTINE_PER_S, reserve=_QUARANTINE_BURST)
        self._sites: OrderedDict[str, _SiteMemory] = OrderedDict()
        self._scales: dict[str, float] = {}
        self._quarantined: dict[str, Quarantine] = {}

    def admit(self, site: str, *, now_s: float) -> None:
        """
        Let a site push, before anything of it is read.

        Raises:
            PushRefused: it pushes too often, or faster than a device needs while it is quarantined,
                or it has used more of the collector's computing than its share.
        """
        _refuse_for(self._pushes.acquire(site, now_s=now_s), f"site {site} pushes too often")
        self.check_work(site, now_s=now_s)
        if self._quarantined and self._quarantine_of(site, now_s) is not None:
            _refuse_for(self._pace.acquire(site, now_s=now_s), f"site {site} is quarantined")

    def charge_bytes(self, site: str, size_bytes: int, *, now_s: float) -> None:
        """
        Charge a site for a body.

        Raises:
            PushRefused: it pushes too much.
        """
        cost = size_bytes / self._scale_of(site)
        wait_s = self._bytes.acquire(site, now_s=now_s, cost=cost)
        _refuse_for(wait_s, f"site {site} pushes too much")

    def charge_batch(self, site: str, columns: Columns, *, boot_id: str, now_s: float) -> None:
        """
        Charge a site for what is in a batch; ``boot_id`` is the sender's present boot.

        Raises:
            PushRefused: it is over a budget; nothing was charged.
        """
        memory = self._memory_of(site)
        header = columns.header
        known = memory.streams.get(header.stream)
        numbers = with_number(known or (), header.number)
        values = value_count(columns)
        if memory.expects(columns, boot_id, numbers):
            # Nearly always, and there are 667 pushes a second: it brings values and nothing new.
            self._charge_one(site, Budget.VALUES, values, now_s)
            memory.streams[header.stream] = numbers
            memory.streams.move_to_end(header.stream)
            return
        boots = {header.boot_id, boot_id} - {""} - memory.boots
        names = self._unknown_names(site, columns.changes) - memory.names
        streams = _lost_streams(columns.notices) - memory.streams.keys() - memory.reported
        self._charge(
            site,
            {
                Budget.VALUES: values,
                Budget.STREAMS: len(boots) + len(streams) + (known is None),
                Budget.RUNS: max(0, len(numbers) - len(known or numbers)),
                Budget.NAMES: len(names),
                Budget.NOTICES: _notice_cost(columns.notices),
            },
            now_s,
        )
        memory.note_reported(streams)
        memory.names |= names
        memory.boots |= boots
        memory.streams[header.stream] = numbers
        memory.streams.move_to_end(header.stream)
        if len(memory.streams) > _STREAMS_KEPT:
            memory.streams.popitem(last=False)
        if len(memory.boots) > _STREAMS_KEPT:
            memory.boots = {header.boot_id, boot_id}

    def charge_report(self, site: str, report: RecordReport, *, now_s: float) -> None:
        """
        Charge a site for streams that its device only speaks of: each has an account, too.

        Raises:
            PushRefused: as in ``charge_batch``; the report is not to be looked at.
        """
        memory = self._memory_of(site)
        named = {progress.stream for progress in report.streams}
        streams = named - memory.streams.keys() - memory.reported
        if streams:
            self._charge(site, {Budget.STREAMS: len(streams)}, now_s)
            memory.note_reported(streams)

    def charge_layout(self, site: str, layout: Layout, *, size_bytes: int, now_s: float) -> None:
        """
        Charge a site for a layout that it has not brought before.

        Each new series counts once for its verdict and once for each of its metrics: it is memory
        in every database for as long as that keeps data. Layouts are room in the journal and, with
        all their series again in each, in the memory of the collector.

        Raises:
            PushRefused: as in ``charge_batch``.
        """
        memory = self._memory_of(site)
        columns = {(kind.kind, kind.revision): len(kind.columns) for kind in layout.kinds}
        fresh = {
            hash(series): 1 + columns.get((series.kind, series.revision), 0)
            for series in layout.series
        }
        cost = sum(count for name, count in fresh.items() if name not in memory.series)
        room_bytes = max(size_bytes, _SERIES_BYTES * len(layout.series))
        self._charge(site, {Budget.LAYOUTS: room_bytes, Budget.SERIES: cost}, now_s)
        memory.series.update(fresh)

    def check_work(self, site: str, *, now_s: float) -> None:
        """
        Let a site have something computed.

        Raises:
            PushRefused: it has used more of the collector's computing than its share.
        """
        self._charge_one(site, Budget.WORK, 0.0, now_s)

    def note_work(self, site: str, took_s: float, *, now_s: float) -> None:
        """Charge a site for computing that was done for it."""
        self._limits[Budget.WORK].charge(site, now_s=now_s, cost=took_s / self._scale_of(site))

    def quarantined(self, *, now_s: float) -> Mapping[str, Budget]:
        """Return the sites that are over a budget now, or were until a moment ago."""
        return {
            site: quarantine.budget
            for site in tuple(self._quarantined)
            if (quarantine := self._quarantine_of(site, now_s)) is not None
        }

    def _quarantine_of(self, site: str, now_s: float) -> Quarantine | None:
        quarantine = self._quarantined.get(site)
        if quarantine is not None and quarantine.until_s <= now_s:
            quarantine = None
            del self._quarantined[site]
        return quarantine

    def _charge_one(self, site: str, budget: Budget, cost: float, now_s: float) -> None:
        """As ``_charge`` for one budget: on the path of every push."""
        wait_s = self._limits[budget].pay(site, now_s=now_s, cost=cost / self._scale_of(site))
        if wait_s:
            raise self._over(site, budget, wait_s, now_s)

    def _charge(self, site: str, costs: Mapping[Budget, float], now_s: float) -> None:
        """Charge all of these, or none."""
        scale = self._scale_of(site)
        for budget, cost in costs.items():
            if not cost:
                continue
            wait_s = self._limits[budget].wait_s(site, now_s=now_s, cost=cost / scale)
            if wait_s:
                raise self._over(site, budget, wait_s, now_s)
        for budget, cost in costs.items():
            if cost:
                self._limits[budget].charge(site, now_s=now_s, cost=cost / scale)

    def _over(self, site: str, budget: Budget, wait_s: float, now_s: float) -> PushRefused:
        """Put a site in quarantine; return the refusal of what it brings."""
        self._on_refusal(budget)
        if self._quarantine_of(site, now_s) is None:
            self._on_quarantine(site, budget)
        self._quarantined[site] = Quarantine(budget=budget, until_s=now_s + QUARANTINE_S)
        return PushRefused(
            RefusalReason.OVER_BUDGET,
            f"site {site} brings {_SENTENCES[budget]}",
            retry_after_s=wait_s,
        )

    def _memory_of(self, site: str) -> _SiteMemory:
        memory = self._sites.get(site)
        if memory is None:
            memory = self._sites[site] = _SiteMemory()
            if len(self._sites) > _SITES_KEPT:
                self._sites.popitem(last=False)
        self._sites.move_to_end(site)
        return memory

    def _unknown_names(self, site: str, changes: tuple[VerdictChange, ...]) -> set[int]:
        """Return the names of links and services that the inventory does not have, as hashes."""
        unknown: set[int] = set()
        for change in changes:
            verdict = change.verdict
            link, service = verdict.link, verdict.service
            has_link = not link or self._directory.link(site, link) is not None
            has_service = not service or self._directory.target(service) is not None
            if not (has_link and has_service):
                unknown.add(hash((link, service)))
        return unknown

    def _scale_of(self, site: str) -> float:
        """Return how much more than a usual site may bring this one may, by the inventory."""
        if self._directory.inventory is not self._inventory:
            self._inventory = self._directory.inventory
            self._scales.clear()
        scale = self._scales.get(site)
        if scale is None:
            known = self._directory.site(site)
            series = len(known.links) * len(self._directory.targets_of(known))
            scale = self._scales[site] = max(1.0, series / _USUAL_SERIES)
        return scale


def _lost_streams(notices: Iterable[Notice]) -> set[str]:
    """Return the streams that a device says it has lost batches of."""
    return {lost.stream for lost in map(parse_lost, notices) if lost is not None}


def _notice_cost(notices: Iterable[Notice]) -> int:
    return sum(_RECORDED_COST if notice.code in _RECORDED_NOTICES else 1 for notice in notices)


def _refuse_for(wait_s: float, sentence: str) -> None:
    if wait_s:
        raise PushRefused(RefusalReason.TOO_OFTEN, sentence, retry_after_s=wait_s)


def _limiter(per_second: float, reserve: float) -> RateLimiter:
    return RateLimiter(per_second=per_second, reserve=reserve)
