"""A sink over HTTP: follows the journal, and sends until it gets an answer."""

from collections.abc import Callable, Iterable

from thongsuot_collector.samples.series import EncodedSeries
from thongsuot_collector.sinks.contract import SinkContext
from thongsuot_collector.sinks.delivery.bisection import SampleCounter
from thongsuot_collector.sinks.delivery.http import HttpEndpoint
from thongsuot_collector.sinks.delivery.http_settings import (
    HttpSinkSettings,
    authorization,
    tls_for,
)
from thongsuot_collector.sinks.delivery.journal_consumer import JournalConsumer, SinkClient
from thongsuot_collector.sinks.delivery.retrying_client import RetryingClient, Transport
from thongsuot_collector.sinks.delivery.unflushed import FlushWatch, process_started_s

_READ_ENTRIES = 200
_READ_BYTES = 4 << 20

MakeClient = Callable[[RetryingClient, SampleCounter], SinkClient[EncodedSeries]]


class HttpSink:
    """
    A consumer with its own client, so that it cannot block another sink.

    ``make_client`` returns the kind's own part, given its transport and counters.
    """

    def __init__(
        self,
        settings: HttpSinkSettings,
        context: SinkContext,
        transport: Transport,
        make_client: MakeClient,
    ) -> None:
        self._client = RetryingClient(
            settings.name,
            transport,
            context.metrics,
            timeout_s=settings.timeout_s,
            min_backoff_s=settings.min_backoff_s,
            max_backoff_s=settings.max_backoff_s,
        )
        self._consumer = JournalConsumer(
            settings.name,
            make_client(self._client, SampleCounter(settings.name, context.metrics)),
            context,
            linger_s=settings.linger_s,
            jump=settings.jump_entries,
            entries=_READ_ENTRIES,
            size_bytes=_READ_BYTES,
            flush_watch=_flush_watch(settings),
        )

    @property
    def lag(self) -> int:
        """See ``Sink``."""
        return self._consumer.lag

    def has_taken(self, sequence: int, site: str) -> bool:
        """Return whether an entry is delivered, or being delivered."""
        return self._consumer.has_taken(sequence, site)

    async def run(self) -> None:
        """See ``Sink``."""
        await self._consumer.run()

    async def close(self) -> None:
        """See ``Sink``."""
        await self._client.close()


def _flush_watch(settings: HttpSinkSettings) -> FlushWatch | None:
    """Return the watch of the receiver's process; ``None`` if it has no URL."""
    url = settings.process_metrics_url
    if not url:
        return None
    credentials = authorization(settings)
    endpoint = HttpEndpoint(
        url=url,
        headers={"Authorization": credentials} if credentials else {},
        timeout_s=min(settings.timeout_s, settings.flushed_after_s),
        tls=tls_for(url, settings),
    )
    return FlushWatch(
        settings.name,
        lambda: process_started_s(endpoint),
        flushed_after_s=settings.flushed_after_s,
    )


def group_series(encoded: Iterable[EncodedSeries], limit: int) -> Iterable[list[EncodedSeries]]:
    """Yield series in groups of about the number of samples of one request."""
    group: list[EncodedSeries] = []
    samples = 0
    for series in encoded:
        group.append(series)
        samples += series.samples
        if samples >= limit:
            yield group
            group, samples = [], 0
    if group:
        yield group
