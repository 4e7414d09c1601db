"""
The out-of-order window of Prometheus: queried at start, so that it is not discovered in an outage.

Source: Prometheus HTTP API, ``/api/v1/status/config``; ``storage.tsdb.out_of_order_time_window``.
"""

import asyncio
import http.client
import logging
import re
from typing import Any
from urllib.parse import urlsplit

from thongsuot_collector.clients import decode_answer
from thongsuot_collector.metrics import Metrics
from thongsuot_collector.sinks.delivery.http import HttpEndpoint

_WRITE = "/api/v1/write"
_CONFIG = "/api/v1/status/config"
_TIMEOUT_S = 5.0
_ANSWER_BYTES = 4 << 20
_FIRST_S = 10.0
_LIMIT_S = 300.0

_FIELD = re.compile(r"^\s+out_of_order_time_window:\s*(\S+)\s*$", re.MULTILINE)
_PART = re.compile(r"(\d+)(ms|[smhdwy])")
_UNITS_S = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800, "y": 31_536_000}

_log = logging.getLogger(__name__)


def window_in(answer: bytes) -> float | None:
    """
    Return the window in an answer of ``/api/v1/status/config``, in seconds.

    0: there is none. ``None``: this is not an answer of Prometheus.
    """
    try:
        text = decode_answer(answer, dict[str, Any])["data"]["yaml"]
    except (ValueError, KeyError, TypeError):
        return None
    if not isinstance(text, str) or not text.strip():
        return None  # VictoriaMetrics answers with an empty one
    match = _FIELD.search(text)
    if match is None:
        return 0.0
    return sum(int(number) * _UNITS_S[unit] for number, unit in _PART.findall(match.group(1)))


async def watch(
    name: str, place: HttpEndpoint, *, wanted_s: float | None, metrics: Metrics
) -> None:
    """
    Query the receiver's out-of-order window, and log it; returns when it is known.

    ``wanted_s`` is the configured window. A receiver that is not Prometheus is not queried again.
    """
    parts = urlsplit(place.url)
    if not parts.path.endswith(_WRITE):
        return
    path = parts.path.removesuffix(_WRITE) + _CONFIG
    window_s = window_in(await _answer(name, place, path))
    if window_s is None:
        return
    metrics.sink_window_seconds.labels(name).set(window_s)
    _log_window(name, window_s, wanted_s)


async def _answer(name: str, place: HttpEndpoint, path: str) -> bytes:
    wait_s = _FIRST_S
    while True:
        try:
            return await asyncio.to_thread(_get, place, path)
        except (OSError, http.client.HTTPException) as error:
            _log.debug(
                "cannot query the window sink=%s: %s; retrying in %.0f s", name, error, wait_s
            )
        await asyncio.sleep(wait_s)
        wait_s = min(_LIMIT_S, 2 * wait_s)


def _log_window(name: str, window_s: float, wanted_s: float | None) -> None:
    if window_s == 0:
        _log.error(
            "this Prometheus accepts no late samples sink=%s: the backlog of a "
            "site that was cut off "
            "will be refused, and counted as dropped; set "
            "storage.tsdb.out_of_order_time_window in its configuration to the longest outage that "
            "must not be missing, such as 30d, and restart it",
            name,
        )
    elif wanted_s is not None and window_s < wanted_s:
        _log.error(
            "this Prometheus accepts samples up to %.0f s late, and window_s is %.0f "
            "sink=%s: older ones will be refused, and counted as dropped; raise "
            "storage.tsdb.out_of_order_time_window in its configuration",
            window_s,
            wanted_s,
            name,
        )
    else:
        _log.info("late samples are accepted sink=%s window=%.0f s", name, window_s)


def _get(place: HttpEndpoint, path: str) -> bytes:
    parts = urlsplit(place.url)
    assert parts.hostname is not None
    connection: http.client.HTTPConnection
    if place.tls is None:
        connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=_TIMEOUT_S)
    else:
        connection = http.client.HTTPSConnection(
            parts.hostname, parts.port, timeout=_TIMEOUT_S, context=place.tls
        )
    try:
        connection.request("GET", path, headers=dict(place.headers))
        return connection.getresponse().read(_ANSWER_BYTES)
    finally:
        connection.close()
