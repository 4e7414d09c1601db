"""The reflector of a configuration, ready to run: as a job of the collector, or by itself."""

import logging
from collections.abc import Callable
from pathlib import Path

from thongsuot_collector.config.address import host_and_port
from thongsuot_collector.ingest.pace import Pace
from thongsuot_collector.metrics import Metrics
from thongsuot_collector.reflector.clock import kernel_error, known_of
from thongsuot_collector.reflector.gate import Gate, networks_from
from thongsuot_collector.reflector.key import read_key
from thongsuot_collector.reflector.model import ReflectorSettings
from thongsuot_collector.reflector.sessions import Sessions
from thongsuot_collector.reflector.stamp import Rules, StampReflector
from thongsuot_collector.reflector.told import open_socket
from thongsuot_schema.stamp.moment import ErrorEstimate

_log = logging.getLogger(__name__)


async def reflect(
    settings: ReflectorSettings, metrics: Metrics, listening: Callable[[int], None] | None = None
) -> None:
    """
    Answer test packets until cancelled; ``listening`` is told the port.

    Raises:
        CollectorError: the key or the address cannot be used.
    """
    reflector = stamp_reflector(settings, metrics)
    _log.info("reflecting address=%s port=%d", settings.stamp_address, reflector.port)
    if listening is not None:
        listening(reflector.port)
    try:
        await reflector.run()
    finally:
        reflector.close()


def stamp_reflector(settings: ReflectorSettings, metrics: Metrics) -> StampReflector:
    """
    Open the socket of a STAMP reflector.

    Raises:
        CollectorError: the key or the address cannot be used.
    """
    key = read_key(Path(settings.key_file)) if settings.key_file else b""
    error = _error_of(settings)
    rules = Rules(
        key=key,
        allowed=Gate(networks_from(settings.allow)),
        twamp_light=Gate(networks_from(settings.twamp_light)),
        pace=Pace(per_second=settings.packets_per_s, reserve=settings.packets_reserve),
        error=error,
        known=known_of(error()),
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
        return kernel_error
    estimate = ErrorEstimate(is_synchronised=True, error_s=settings.clock_error_s)
    return lambda: estimate
