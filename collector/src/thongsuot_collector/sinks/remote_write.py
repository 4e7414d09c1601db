"""
Prometheus remote write: Prometheus, Mimir, VictoriaMetrics, Thanos and others.

Samples carry the time at which they were measured. Fresh ones and old ones travel in requests of
their own, because Prometheus (2.53, seen 2026-11) rolls a whole request back for one sample
that is too old; what it refuses is found by halving, dropped alone, and counted.
"""

import asyncio
import time
from collections.abc import Sequence
from functools import partial
from typing import Annotated, Literal
from urllib.parse import quote

import msgspec

from thongsuot_collector.delivery import checkpoint, out_of_order_window
from thongsuot_collector.delivery.bisection import SampleCounter, deliver_by_bisection
from thongsuot_collector.delivery.groups import group_series
from thongsuot_collector.delivery.http import HttpEndpoint, HttpTransport
from thongsuot_collector.delivery.http_status import DeliveryAction
from thongsuot_collector.delivery.journal_consumer import DecodedEntry, JournalConsumer
from thongsuot_collector.delivery.retrying_client import RetryingClient
from thongsuot_collector.delivery.settings import (
    HttpSinkSettings,
    authorization,
    check_http,
    tls_of,
)
from thongsuot_collector.delivery.versions import Versions
from thongsuot_collector.samples.labels import LabelCache, LabelsOf
from thongsuot_collector.samples.protobuf import Sample, request_of, samples_in
from thongsuot_collector.samples.remote_write import EncodedSeries, encode_results
from thongsuot_collector.samples.staleness import StalenessMarkers
from thongsuot_collector.samples.verdicts import verdict_series
from thongsuot_collector.sinks import SinkKind, Supplies

_FUTURE_MS = 5_000
"""
Nothing is dated later than this after now: Prometheus would measure its window for late samples
from there, and refuse everyone's backlog. What was taken in is never that late
(``ingest.clock``).
"""

_OLD_MS = 120_000
"""What is older than this travels apart from what is fresh."""


class Settings(HttpSinkSettings, frozen=True, kw_only=True):
    """
    One ``[[sinks]]`` of kind ``remote_write``.

    ``window_s`` is how late a sample the receiver takes (Prometheus'
    ``out_of_order_time_window``); older ones are not even tried. Left out: all are tried.
    ``version`` is that of the protocol: ``auto`` is 2.0 where the receiver offers it, else
    1.0.
    ``username`` and ``password_file``, or ``bearer_file``, are credentials; ``ca_file`` is what
    the receiver's certificate is checked against.
    """

    window_s: Annotated[float, msgspec.Meta(gt=0)] | None = None
    version: Literal["auto", "1.0"] = "auto"


class RemoteWriteClient:
    """What is particular to remote write; see ``Receiver``."""

    def __init__(
        self,
        settings: Settings,
        versions: Versions,
        labels_of: LabelsOf,
        endings: StalenessMarkers,
        tally: SampleCounter,
    ) -> None:
        self._settings = settings
        self._versions = versions
        self._labels = LabelCache(labels_of)
        self._endings = endings
        self._tally = tally

    def encode(self, opened: DecodedEntry) -> Sequence[EncodedSeries]:
        """Encode the results of a batch, where series end in it, and its verdicts."""
        entry, columns = opened.kept.entry, opened.columns
        labels = self._labels.for_layout(entry.site, entry.layout, columns.layout)
        parcels = (
            encode_results(columns, labels, epoch_ns=entry.epoch_ns),
            self._endings.markers_of(entry, columns, labels),
            verdict_series(
                entry.site,
                columns,
                opened.standing,
                labels=self._labels,
                epoch_ns=entry.epoch_ns,
            ),
        )
        return [parcel for parcel in parcels if parcel is not None]

    async def deliver(self, parcels: Sequence[EncodedSeries]) -> None:
        """Send fresh ones first, old ones after them."""
        now_ms = time.time_ns() // 1_000_000
        within = self._within_window(parcels, now_ms)
        fresh = [one for one in within if one.earliest_ms >= now_ms - _OLD_MS]
        old = [one for one in within if one.earliest_ms < now_ms - _OLD_MS]
        for group in (fresh, old):
            for request in group_series(group, self._settings.samples_per_request):
                await self._send(request)

    def _within_window(self, parcels: Sequence[EncodedSeries], now_ms: int) -> list[EncodedSeries]:
        """Return parcels without samples that the receiver is known not to take, counting those."""
        window_s = self._settings.window_s
        earliest_ms = 0 if window_s is None else now_ms - int(window_s * 1000)
        latest_ms = now_ms + _FUTURE_MS
        found: list[EncodedSeries] = []
        for parcel in parcels:
            if earliest_ms <= parcel.earliest_ms and parcel.latest_ms <= latest_ms:
                found.append(parcel)
                continue
            samples = samples_in(parcel.body)
            good = [one for one in samples if earliest_ms <= one.time_ms <= latest_ms]
            self._tally.drop(sum(one.time_ms < earliest_ms for one in samples), "too_old")
            self._tally.drop(sum(one.time_ms > latest_ms for one in samples), "future")
            if good:
                found.append(_series_of(good))
        return found

    async def _send(self, parcels: Sequence[EncodedSeries]) -> None:
        count = sum(parcel.samples for parcel in parcels)
        asked = await self._versions.ask([parcel.body for parcel in parcels], count)
        if asked.action is DeliveryAction.DONE:
            self._tally.sent(asked.written)
            self._tally.drop(count - asked.written, "refused")
            return
        samples = await asyncio.to_thread(
            lambda: [one for parcel in parcels for one in samples_in(parcel.body)]
        )
        await deliver_by_bisection(
            samples, self._ask, tally=self._tally, is_too_old=lambda said: "too old" in said
        )

    async def _ask(self, part: Sequence[Sample]) -> tuple[DeliveryAction, str]:
        body = await asyncio.to_thread(partial(request_of, part))
        asked = await self._versions.ask([body], len(part))
        return asked.action, asked.said


class RemoteWriteSink:
    """A courier with a client of its own, so that nothing it does can hold up another sink."""

    def __init__(self, settings: Settings, supplies: Supplies) -> None:
        self._settings = settings
        self._metrics = supplies.metrics
        self._place = _place(settings)
        self._post = RetryingClient(
            settings.name,
            HttpTransport(self._place),
            supplies.metrics,
            timeout_s=settings.timeout_s,
        )
        self._memory_file = supplies.state_dir / f"sink-{quote(settings.name, safe='')}.msgpack"
        self._endings = StalenessMarkers(
            supplies.labels_of, checkpoint.load_checkpoint(self._memory_file)
        )
        receiver = RemoteWriteClient(
            settings,
            Versions(settings.name, self._post, newest=settings.version == "auto"),
            supplies.labels_of,
            self._endings,
            SampleCounter(settings.name, supplies.metrics),
        )
        self._courier = JournalConsumer(
            settings.name,
            receiver,
            supplies,
            linger_s=settings.linger_s,
            jump=settings.jump_entries,
            entries=200,
            size_bytes=4 << 20,
        )

    @property
    def lag(self) -> int:
        """See ``Sink``."""
        return self._courier.lag

    async def run(self) -> None:
        """See ``Sink``."""
        looking = asyncio.create_task(
            out_of_order_window.watch(
                self._settings.name,
                self._place,
                wanted_s=self._settings.window_s,
                metrics=self._metrics,
            )
        )
        try:
            await self._courier.run()
        finally:
            looking.cancel()

    async def close(self) -> None:
        """See ``Sink``."""
        await self._post.close()
        await asyncio.to_thread(checkpoint.save_checkpoint, self._memory_file, self._endings.live)


def _place(settings: Settings) -> HttpEndpoint:
    headers = {"User-Agent": "thongsuot-collector"}
    credentials = authorization(settings)
    if credentials:
        headers["Authorization"] = credentials
    return HttpEndpoint(
        url=settings.url, headers=headers, timeout_s=settings.timeout_s, tls=tls_of(settings)
    )


def _series_of(samples: Sequence[Sample]) -> EncodedSeries:
    times_ms = [one.time_ms for one in samples]
    return EncodedSeries(
        body=request_of(samples),
        samples=len(samples),
        earliest_ms=min(times_ms),
        latest_ms=max(times_ms),
    )


SINK = SinkKind(settings=Settings, check=check_http, make=RemoteWriteSink)
