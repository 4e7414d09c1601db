"""
InfluxDB 1.8, 2 and Cloud, and VictoriaMetrics, by line protocol through the v2 write API.

A point is known by measurement, tags and time: delivered twice, it is there once.
"""

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Annotated
from urllib.parse import urlsplit

import msgspec

from thongsuot_collector.delivery.bisection import SampleCounter, deliver_by_bisection
from thongsuot_collector.delivery.groups import group_series
from thongsuot_collector.delivery.http_status import DeliveryAction
from thongsuot_collector.delivery.influx import InfluxBucket, InfluxTransport
from thongsuot_collector.delivery.journal_consumer import DecodedEntry, JournalConsumer
from thongsuot_collector.delivery.retrying_client import DeliveryRequest, RetryingClient
from thongsuot_collector.delivery.settings import (
    HttpSinkSettings,
    authorization,
    check_http,
    read_secret,
)
from thongsuot_collector.samples.line_protocol import (
    LinePoint,
    LinePrefixCache,
    encode_lines,
    lines_in,
    request_of_lines,
    verdict_lines,
)
from thongsuot_collector.samples.remote_write import EncodedSeries
from thongsuot_collector.sinks import SinkKind, Supplies

_WRITE = "/api/v2/write"


class Settings(HttpSinkSettings, frozen=True, kw_only=True):
    """
    One ``[[sinks]]`` of kind ``influxdb``.

    ``url`` is that of the server, without ``/api/v2/write``; ``bucket`` and ``org`` are
    where the points go (InfluxDB 1.8: ``database/policy``, and any ``org``; VictoriaMetrics: any).
    ``token_file`` holds InfluxDB's token (1.8: ``user:password``); ``username`` and
    ``password_file``, or ``bearer_file``, are credentials for a proxy before it instead.
    ``ca_file`` is what the server's certificate is checked against.
    """

    bucket: Annotated[str, msgspec.Meta(min_length=1)]
    org: str = ""
    token_file: str = ""


def check(settings: Settings) -> None:
    """Refuse what cannot work: see ``SinkKind``."""
    check_http(settings)
    parts = urlsplit(settings.url)
    if parts.path.rstrip("/").endswith(_WRITE):
        raise ValueError(f"url {settings.url!r} ends in {_WRITE}; that is added to it")
    if parts.query or parts.fragment:
        raise ValueError(f"url {settings.url!r} has a query; use bucket and org")
    if settings.token_file:
        if settings.username or settings.bearer_file:
            raise ValueError("token_file and other credentials are both set; one is meant")
        read_secret(settings.token_file)


class InfluxClient:
    """What is particular to line protocol; see ``Receiver``."""

    def __init__(
        self, settings: Settings, post: RetryingClient, book: LinePrefixCache, tally: SampleCounter
    ) -> None:
        self._settings = settings
        self._post = post
        self._book = book
        self._tally = tally

    def encode(self, opened: DecodedEntry) -> Sequence[EncodedSeries]:
        """Encode the results of a batch, and its verdicts."""
        entry, columns = opened.kept.entry, opened.columns
        lines = self._book.for_layout(entry.site, entry.layout, columns.layout)
        parcels = (
            encode_lines(columns, lines, epoch_ns=entry.epoch_ns),
            verdict_lines(
                entry.site,
                columns,
                opened.standing,
                book=self._book,
                epoch_ns=entry.epoch_ns,
            ),
        )
        return [parcel for parcel in parcels if parcel is not None]

    async def deliver(self, parcels: Sequence[EncodedSeries]) -> None:
        """Send everything in order; what of it is refused is found by halving."""
        for group in group_series(parcels, self._settings.samples_per_request):
            bodies = [parcel.body for parcel in group]
            answer = await self._post.send(partial(_request, bodies))
            if answer.action is DeliveryAction.DONE:
                self._tally.sent(sum(parcel.samples for parcel in group))
                continue
            lines = await asyncio.to_thread(lines_in, b"".join(bodies))
            await deliver_by_bisection(lines, self._ask, tally=self._tally, is_too_old=_is_too_old)

    async def _ask(self, part: Sequence[LinePoint]) -> tuple[DeliveryAction, str]:
        answer = await self._post.send(lambda: DeliveryRequest(body=request_of_lines(part)))
        return answer.action, answer.said


class InfluxSink:
    """A courier with a client of its own, so that nothing it does can hold up another sink."""

    def __init__(self, settings: Settings, supplies: Supplies) -> None:
        wire = InfluxTransport(
            InfluxBucket(
                url=settings.url,
                org=settings.org,
                bucket=settings.bucket,
                authorization=_authorization(settings),
                timeout_s=settings.timeout_s,
                ca_file=settings.ca_file,
            )
        )
        self._post = RetryingClient(
            settings.name, wire, supplies.metrics, timeout_s=settings.timeout_s
        )
        receiver = InfluxClient(
            settings,
            self._post,
            LinePrefixCache(supplies.labels_of),
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
        await self._courier.run()

    async def close(self) -> None:
        """See ``Sink``."""
        await self._post.close()


def _authorization(settings: Settings) -> str:
    if settings.token_file:
        return f"Token {read_secret(settings.token_file)}"
    return authorization(settings)


def _request(bodies: Sequence[bytes]) -> DeliveryRequest:
    return DeliveryRequest(body=b"".join(bodies))


def _is_too_old(said: str) -> bool:
    """Whether the bucket's retention is what a point is refused for."""
    return "retention policy" in said


SINK = SinkKind(settings=Settings, check=check, make=InfluxSink)
