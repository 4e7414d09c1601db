"""The out-of-order window is asked for at start, of a real Prometheus, and a lack of it is told."""

import logging
from pathlib import Path

import pytest

from tests.collector.sinks.receiver import always, receiver
from tests.servers import PrometheusServer, need
from tests.victoria import VictoriaServer
from thongsuot_collector.metrics import Metrics
from thongsuot_collector.sinks.delivery.http import HttpEndpoint
from thongsuot_collector.sinks.remote_write import out_of_order_window


async def told(
    url: str, caplog: pytest.LogCaptureFixture, wanted_s: float | None = None
) -> tuple[float | None, list[tuple[int, str]]]:
    """Return the figure among the collector's metrics, and what was logged."""
    metrics = Metrics()
    place = HttpEndpoint(url=url, headers={}, timeout_s=30.0)
    with caplog.at_level(logging.INFO):
        await out_of_order_window.watch("prometheus", place, wanted_s=wanted_s, metrics=metrics)
    window_s = metrics.registry.get_sample_value(
        "thongsuot_collector_sink_window_seconds", {"sink": "prometheus"}
    )
    ours = [record for record in caplog.records if record.name == out_of_order_window.__name__]
    return window_s, [(record.levelno, record.getMessage()) for record in ours]


@pytest.mark.servers
async def test_a_window_that_is_there_is_known(
    prometheus: PrometheusServer, caplog: pytest.LogCaptureFixture
) -> None:
    window_s, ((level, text),) = await told(prometheus.write_url, caplog, wanted_s=86_400.0)
    assert window_s == 86_400.0
    assert level == logging.INFO
    assert "86400 s" in text


@pytest.mark.servers
async def test_a_prometheus_without_a_window_is_reported_with_what_to_do(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    need("prometheus")
    server = PrometheusServer(tmp_path, window_s=0).start()
    try:
        window_s, ((level, text),) = await told(server.write_url, caplog)
    finally:
        server.stop()
    assert window_s == 0.0
    assert level == logging.ERROR
    assert "storage.tsdb.out_of_order_time_window" in text
    assert "30d" in text


@pytest.mark.servers
async def test_a_window_shorter_than_configured_is_reported(
    prometheus: PrometheusServer, caplog: pytest.LogCaptureFixture
) -> None:
    _, ((level, text),) = await told(prometheus.write_url, caplog, wanted_s=2_592_000.0)
    assert level == logging.ERROR
    assert "2592000" in text


@pytest.mark.servers
async def test_a_server_that_is_not_prometheus_is_not_mentioned(
    victoria: VictoriaServer, caplog: pytest.LogCaptureFixture
) -> None:
    assert await told(f"{victoria.url}/api/v1/write", caplog) == (None, [])
    async with receiver(always(204)) as there:
        assert await told(there.url, caplog) == (None, [])
        assert await told(there.url.replace("/api/v1/write", "/push"), caplog) == (None, [])


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("30d", 2_592_000), ("1h30m", 5_400), ("2w", 1_209_600), ("0s", 0), ("1500ms", 1.5)],
)
def test_durations_are_read_as_prometheus_writes_them(text: str, seconds: float) -> None:
    yaml = f"storage:\\n  tsdb:\\n    out_of_order_time_window: {text}\\n"
    answer = f'{{"status":"success","data":{{"yaml":"{yaml}"}}}}'
    assert out_of_order_window.window_in(answer.encode()) == seconds
