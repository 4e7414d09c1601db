"""
Prometheus remote write: Prometheus, Mimir, VictoriaMetrics, Thanos and others.

Samples carry the time at which they were measured. Fresh and old ones are sent in separate
requests, because Prometheus (2.53, observed 2026-11) rolls a whole request back for one sample that
is too old; refused samples are found by bisection, dropped individually, and counted.
"""

import asyncio
import time
from collections.abc import Sequence
from typing import Annotated
from urllib.parse import quote

import msgspec

from thongsuot_collector.samples.labels import LabelsOf
from thongsuot_collector.samples.series import EncodedSeries
from thongsuot_collector.sinks.contract import SinkContext, SinkKind
from thongsuot_collector.sinks.delivery.bisection import SampleCounter, deliver_by_bisection
from thongsuot_collector.sinks.delivery.http import HttpEndpoint, HttpTransport
from thongsuot_collector.sinks.delivery.http_settings import (
    HttpSinkSettings,
    authorization,
    check_http,
    tls_of,
)
from thongsuot_collector.sinks.delivery.http_sink import HttpSink, group_series
from thongsuot_collector.sinks.delivery.http_status import DeliveryAction
from thongsuot_collector.sinks.delivery.journal_consumer import DecodedEntry
from thongsuot_collector.sinks.delivery.retrying_client import DeliveryRequest, RetryingClient
from thongsuot_collector.sinks.remote_write import out_of_order_window
from thongsuot_collector.sinks.remote_write.encode import encode_results, verdict_series
from thongsuot_collector.sinks.remote_write.labels import LabelCache
from thongsuot_collector.sinks.remote_write.protobuf import Sample
from thongsuot_collector.sinks.remote_write.snappy import packed_request, samples_of, series_of
from thongsuot_collector.sinks.remote_write.staleness import (
    StalenessMarkers,
    load_checkpoint,
    save_checkpoint,
)

_HEADERS = {
    "Content-Encoding": "snappy",
    "Content-Type": "application/x-protobuf",
    "X-Prometheus-Remote-Write-Version": "0.1.0",
}

_FUTURE_MS = 5_000
"""
No sample is dated further in the future than this: Prometheus would measure its out-of-order window
from there, and refuse the backlog of all sites. Ingested results never are (``ingest.clock``).
"""

_OLD_MS = 120_000
"""Older samples are sent separately from fresh ones."""


class Settings(HttpSinkSettings, frozen=True, kw_only=True):
    """
    One ``[[sinks]]`` of kind ``remote_write``.

    ``window_s`` is the receiver's out-of-order window (Prometheus' ``out_of_order_time_window``);
    older samples are not sent. By default all are. ``username`` and ``password_file``, or
    ``bearer_file``, are credentials; ``ca_file`` has the authorities for the receiver's
    certificate.
    """

    window_s: Annotated[float, msgspec.Meta(gt=0)] | None = None


class RemoteWriteClient:
    """The part specific to remote write; see ``SinkClient``."""

    def __init__(
        self,
        settings: Settings,
        client: RetryingClient,
        labels_of: LabelsOf,
        markers: StalenessMarkers,
        counter: SampleCounter,
    ) -> None:
        self._settings = settings
        self._client = client
        self._labels = LabelCache(labels_of)
        self._markers = markers
        self._counter = counter

    def encode(self, decoded: DecodedEntry) -> Sequence[EncodedSeries]:
        """Encode the results of a batch, its staleness markers, and its verdicts."""
        entry, columns = decoded.kept.entry, decoded.columns
        labels = self._labels.for_layout(entry.site, entry.layout, columns.layout)
        encoded = (
            encode_results(columns, labels, epoch_ns=entry.epoch_ns),
            self._markers.markers_of(entry, columns, labels),
            verdict_series(
                entry.site,
                columns,
                decoded.standing,
                labels=self._labels,
                epoch_ns=entry.epoch_ns,
            ),
        )
        return [series for series in encoded if series is not None]

    async def deliver(self, encoded: Sequence[EncodedSeries]) -> None:
        """Send fresh samples first, then old ones."""
        now_ms = time.time_ns() // 1_000_000
        within = self._within_window(encoded, now_ms)
        fresh = [series for series in within if series.earliest_ms >= now_ms - _OLD_MS]
        old = [series for series in within if series.earliest_ms < now_ms - _OLD_MS]
        for group in (fresh, old):
            for request in group_series(group, self._settings.samples_per_request):
                await self._send(request)

    def _within_window(self, encoded: Sequence[EncodedSeries], now_ms: int) -> list[EncodedSeries]:
        """Return encoded series without samples outside the receiver's window, counting those."""
        window_s = self._settings.window_s
        earliest_ms = 0 if window_s is None else now_ms - int(window_s * 1000)
        latest_ms = now_ms + _FUTURE_MS
        kept: list[EncodedSeries] = []
        for series in encoded:
            if earliest_ms <= series.earliest_ms and series.latest_ms <= latest_ms:
                kept.append(series)
                continue
            samples = samples_of(series)
            good = [sample for sample in samples if earliest_ms <= sample.time_ms <= latest_ms]
            self._counter.drop(sum(sample.time_ms < earliest_ms for sample in samples), "too_old")
            self._counter.drop(sum(sample.time_ms > latest_ms for sample in samples), "future")
            if good:
                kept.append(series_of(good))
        return kept

    async def _send(self, encoded: Sequence[EncodedSeries]) -> None:
        result = await self._client.send(lambda: _request(packed_request(encoded)))
        if result.action is DeliveryAction.DONE:
            self._counter.sent(sum(series.samples for series in encoded))
            return
        samples = await asyncio.to_thread(
            lambda: [sample for series in encoded for sample in samples_of(series)]
        )
        await deliver_by_bisection(
            samples, self._send_part, counter=self._counter, is_too_old=_is_too_old
        )

    async def _send_part(self, part: Sequence[Sample]) -> tuple[DeliveryAction, str]:
        result = await self._client.send(lambda: _request(packed_request([series_of(part)])))
        return result.action, result.text


class RemoteWriteSink:
    """Sends, and watches the receiver's out-of-order window."""

    def __init__(self, settings: Settings, context: SinkContext) -> None:
        self._settings = settings
        self._metrics = context.metrics
        self._endpoint = _endpoint(settings)
        self._checkpoint = context.state_dir / f"sink-{quote(settings.name, safe='')}.msgpack"
        self._markers = StalenessMarkers(context.labels_of, load_checkpoint(self._checkpoint))
        self._sink = HttpSink(
            settings,
            context,
            HttpTransport(self._endpoint),
            lambda client, counter: RemoteWriteClient(
                settings, client, context.labels_of, self._markers, counter
            ),
        )

    @property
    def lag(self) -> int:
        """See ``Sink``."""
        return self._sink.lag

    def has_taken(self, sequence: int, site: str) -> bool:
        """Return whether an entry is delivered, or being delivered."""
        return self._sink.has_taken(sequence, site)

    async def run(self) -> None:
        """See ``Sink``."""
        watching = asyncio.create_task(
            out_of_order_window.watch(
                self._settings.name,
                self._endpoint,
                wanted_s=self._settings.window_s,
                metrics=self._metrics,
            )
        )
        try:
            await self._sink.run()
        finally:
            watching.cancel()

    async def close(self) -> None:
        """See ``Sink``."""
        await self._sink.close()
        await asyncio.to_thread(save_checkpoint, self._checkpoint, self._markers.live)


def _endpoint(settings: Settings) -> HttpEndpoint:
    headers = {"User-Agent": "thongsuot-collector"}
    credentials = authorization(settings)
    if credentials:
        headers["Authorization"] = credentials
    return HttpEndpoint(
        url=settings.url, headers=headers, timeout_s=settings.timeout_s, tls=tls_of(settings)
    )


def _request(body: bytes) -> DeliveryRequest:
    return DeliveryRequest(body=body, headers=_HEADERS)


def _is_too_old(text: str) -> bool:
    """Return whether a refusal also applies to everything older (Prometheus' wording)."""
    return "too old" in text


SINK = SinkKind(
    settings=Settings,
    check=check_http,
    make=RemoteWriteSink,
    delivers_to="Prometheus, Mimir, VictoriaMetrics, Thanos: remote write 1.0",
    needs="Prometheus: `--web.enable-remote-write-receiver` and "
    "`storage.tsdb.out_of_order_time_window`, at least as long as an outage may last",
)
