"""Builds and runs the reflector of a configuration: as a task of the collector, or alone."""

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path

from thongsuot_collector.ingest.rate_limit import RateLimiter
from thongsuot_collector.ingest.server import bind_listener, make_server, url_of
from thongsuot_collector.ingest.settings import Listen, host_and_port
from thongsuot_collector.metrics import Metrics
from thongsuot_collector.reflector.access import AddressFilter, networks_from, read_key
from thongsuot_collector.reflector.ancillary import open_socket
from thongsuot_collector.reflector.model import ReflectorSettings
from thongsuot_collector.reflector.sessions import Sessions
from thongsuot_collector.reflector.stamp import ReflectorRules, StampReflector
from thongsuot_collector.reflector.web import ThroughputReflector
from thongsuot_runtime import kernel_clock
from thongsuot_schema.stamp.timestamp import UNKNOWN_ERROR, ErrorEstimate
from thongsuot_schema.stamp.tlv import SyncSource, TimestampInformation, TimestampMethod

_log = logging.getLogger(__name__)


async def reflect(
    settings: ReflectorSettings,
    metrics: Metrics,
    listening: Callable[[str], None] | None = None,
) -> None:
    """
    Serve until cancelled; ``listening`` is called with the addresses as text.

    Raises:
        CollectorError: the key or an address cannot be used.
        OSError: the address of the throughput test is in use or not local.
    """

    def tell(endpoint: str) -> None:
        _log.info("reflecting %s", endpoint)
        if listening is not None:
            listening(endpoint)

    async with asyncio.TaskGroup() as group:
        if settings.stamp_address:
            group.create_task(_reflect_stamp(settings, metrics, tell))
        if settings.throughput_address:
            group.create_task(_reflect_throughput(settings, tell))


async def _reflect_stamp(
    settings: ReflectorSettings, metrics: Metrics, on_listening: Callable[[str], None]
) -> None:
    reflector = stamp_reflector(settings, metrics)
    on_listening(f"UDP port {reflector.port}")
    try:
        await reflector.run()
    finally:
        reflector.close()


async def _reflect_throughput(
    settings: ReflectorSettings, on_listening: Callable[[str], None]
) -> None:
    listen = Listen(
        address=settings.throughput_address,
        certificate_file=settings.certificate_file,
        key_file=settings.certificate_key_file,
    )
    app = ThroughputReflector(
        _key(settings), AddressFilter(networks_from(settings.allow)), settings.streams
    )
    with bind_listener(listen) as opened:
        on_listening(url_of(listen, opened))
        server = make_server(app, listen)
        serving = asyncio.ensure_future(server.serve(sockets=[opened]))
        try:
            await asyncio.shield(serving)
        except asyncio.CancelledError:
            # It closes the socket itself; running tests may be cut off.
            server.force_exit = True
            server.end()
            await serving
            raise


def _key(settings: ReflectorSettings) -> bytes:
    return read_key(Path(settings.key_file)) if settings.key_file else b""


def stamp_reflector(settings: ReflectorSettings, metrics: Metrics) -> StampReflector:
    """
    Open the socket of a STAMP reflector.

    Raises:
        CollectorError: the key or the address cannot be used.
    """
    key = _key(settings)
    error = _error_of(settings)
    rules = ReflectorRules(
        key=key,
        allowed=AddressFilter(networks_from(settings.allow)),
        twamp_light=AddressFilter(networks_from(settings.twamp_light)),
        pace=RateLimiter(per_second=settings.packets_per_s, reserve=settings.packets_burst),
        error=error,
        known=_timestamp_information(error()),
    )
    host, port = host_and_port(settings.stamp_address)
    return StampReflector(
        open_socket(host, port),
        rules,
        Sessions(settings.sessions),
        lambda end: metrics.reflected.labels(end).inc(),
    )


def _error_of(settings: ReflectorSettings) -> Callable[[], ErrorEstimate]:
    if settings.clock_error_s is None:
        return _kernel_error
    estimate = ErrorEstimate(is_synchronised=True, error_s=settings.clock_error_s)
    return lambda: estimate


def _kernel_error() -> ErrorEstimate:
    """Return the kernel's clock error; unknown if the clock is not synchronised or not readable."""
    try:
        error_s = kernel_clock.read().error_s
    except OSError:
        return UNKNOWN_ERROR
    if error_s is None:
        return UNKNOWN_ERROR
    return ErrorEstimate(is_synchronised=True, error_s=error_s)


def _timestamp_information(error: ErrorEstimate) -> TimestampInformation:
    """
    Return the time stamp information of an extension; NTP if the kernel's clock is synchronised.
    """
    source = SyncSource.NTP if error.is_synchronised else SyncSource.FREE_RUNNING
    return TimestampInformation(source=source, method=TimestampMethod.SOFTWARE)
