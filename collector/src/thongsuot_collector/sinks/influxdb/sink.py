"""
InfluxDB 1.8, 2 and Cloud, and VictoriaMetrics, by line protocol through the v2 write API.

A point is identified by measurement, tags and time: repeated deliveries have no effect.
"""

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Annotated
from urllib.parse import urlsplit

import msgspec

from thongsuot_collector.clients import read_secret
from thongsuot_collector.samples.series import EncodedSeries
from thongsuot_collector.sinks.contract import SinkContext, SinkKind
from thongsuot_collector.sinks.delivery.bisection import SampleCounter, deliver_by_bisection
from thongsuot_collector.sinks.delivery.http_settings import (
    HttpSinkSettings,
    authorization,
    check_http,
)
from thongsuot_collector.sinks.delivery.http_sink import HttpSink, group_series
from thongsuot_collector.sinks.delivery.http_status import DeliveryAction
from thongsuot_collector.sinks.delivery.journal_consumer import DecodedEntry
from thongsuot_collector.sinks.delivery.retrying_client import DeliveryRequest, RetryingClient
from thongsuot_collector.sinks.influxdb.line_protocol import (
    LinePoint,
    LinePrefixCache,
    encode_lines,
    lines_in,
    request_of_lines,
    verdict_lines,
)
from thongsuot_collector.sinks.influxdb.transport import InfluxBucket, InfluxTransport
from thongsuot_schema.localizable import Localizable

_WRITE = "/api/v2/write"


class Settings(HttpSinkSettings, frozen=True, kw_only=True):
    """
    One ``[[sinks]]`` of kind ``influxdb``.

    ``url`` is that of the server, without ``/api/v2/write``; ``bucket`` and ``org`` are the
    destination of points (InfluxDB 1.8: ``database/policy``, and any ``org``; VictoriaMetrics:
    any). ``token_file`` holds InfluxDB's token (1.8: ``user:password``); ``username`` and
    ``password_file``, or ``bearer_file``, are credentials for a proxy in front of it instead.
    ``ca_file`` has the authorities for the server's certificate.
    """

    bucket: Annotated[str, msgspec.Meta(min_length=1)]
    org: str = ""
    token_file: str = ""


def check(settings: Settings) -> None:
    """Reject settings that cannot work: see ``SinkKind``."""
    check_http(settings)
    parts = urlsplit(settings.url)
    if parts.path.rstrip("/").endswith(_WRITE):
        raise ValueError(
            Localizable(
                "url {url} ends in {write}; that is added to it",
                url=repr(settings.url),
                write=_WRITE,
            )
        )
    if parts.query or parts.fragment:
        raise ValueError(
            Localizable("url {url} has a query; use bucket and org", url=repr(settings.url))
        )
    if settings.token_file:
        if settings.username or settings.bearer_file:
            raise ValueError(
                Localizable("token_file and other credentials are both set; one is meant")
            )
        read_secret(settings.token_file)


class InfluxClient:
    """The part specific to line protocol; see ``SinkClient``."""

    def __init__(
        self,
        settings: Settings,
        client: RetryingClient,
        prefixes: LinePrefixCache,
        counter: SampleCounter,
    ) -> None:
        self._settings = settings
        self._client = client
        self._prefixes = prefixes
        self._counter = counter

    def encode(self, decoded: DecodedEntry) -> Sequence[EncodedSeries]:
        """Encode the results of a batch, and its verdicts."""
        entry, columns = decoded.kept.entry, decoded.columns
        lines = self._prefixes.for_layout(entry.site, entry.layout, columns.layout)
        encoded = (
            encode_lines(columns, lines, epoch_ns=entry.epoch_ns),
            verdict_lines(
                entry.site,
                columns,
                decoded.standing,
                cache=self._prefixes,
                epoch_ns=entry.epoch_ns,
            ),
        )
        return [series for series in encoded if series is not None]

    async def deliver(self, encoded: Sequence[EncodedSeries]) -> None:
        """Send everything in order; refused points are found by bisection."""
        for group in group_series(encoded, self._settings.samples_per_request):
            body = b"".join(series.body for series in group)
            result = await self._client.send(partial(DeliveryRequest, body=body))
            if result.action is DeliveryAction.DONE:
                self._counter.sent(sum(series.samples for series in group))
                continue
            points = await asyncio.to_thread(lines_in, body)
            await deliver_by_bisection(
                points, self._send_part, counter=self._counter, is_too_old=_is_too_old
            )

    async def _send_part(self, part: Sequence[LinePoint]) -> tuple[DeliveryAction, str]:
        result = await self._client.send(lambda: DeliveryRequest(body=request_of_lines(part)))
        return result.action, result.text


def make_sink(settings: Settings, context: SinkContext) -> HttpSink:
    """Return a sink that writes into a bucket; see ``SinkKind``."""
    bucket = InfluxBucket(
        url=settings.url,
        org=settings.org,
        bucket=settings.bucket,
        authorization=_authorization(settings),
        timeout_s=settings.timeout_s,
        ca_file=settings.ca_file,
    )
    prefixes = LinePrefixCache(context.labels_of)
    return HttpSink(
        settings,
        context,
        InfluxTransport(bucket),
        lambda client, counter: InfluxClient(settings, client, prefixes, counter),
    )


def _authorization(settings: Settings) -> str:
    if settings.token_file:
        return f"Token {read_secret(settings.token_file)}"
    return authorization(settings)


def _is_too_old(text: str) -> bool:
    """Return whether a point was refused because of the bucket's retention."""
    return "retention policy" in text


SINK = SinkKind(
    settings=Settings,
    check=check,
    make=make_sink,
    delivers_to="InfluxDB 2, Cloud and 1.8 or newer, VictoriaMetrics: line protocol by the v2 "
    "write API, through `influxdb-client`",
    needs="a bucket that keeps points longer than an outage may last. InfluxDB 1.6 (Debian's) has "
    "no such API",
)
