import asyncio
from contextlib import suppress
from typing import Any

import msgspec
import pytest

from tests.agent.links.device import FIXED, on_device
from thongsuot_agent.links.monitor import LinkMonitor
from thongsuot_agent.probes.throughput.probe import PROBE, Settings, finding_from, run
from thongsuot_agent.probing.contract import LINK_TARGET
from thongsuot_agent.probing.link_load.protocol import LoadReport, LoadTestReport, RequestTiming
from thongsuot_lab.lab import Lab
from thongsuot_lab.testing import needs_lab
from thongsuot_schema.outcome import Outcome
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family, Finding

URL = "http://203.0.113.1:8481"
SETTINGS = Settings(url=URL, warmup_s=0.5, duration_s=2.0)


def echoes(rtt_s: float) -> tuple[RequestTiming, ...]:
    return (RequestTiming(connect_s=rtt_s, tls_s=None, first_byte_s=rtt_s),) * 5


def load(rtt_s: float, count: int = 26) -> LoadReport:
    return LoadReport(
        bins=(125_000,) * count, received_bytes=125_000 * count, timings=echoes(rtt_s)
    )


def report(**changed: object) -> LoadTestReport:
    fields: dict[str, object] = {
        "idle": echoes(0.01),
        "down": load(0.02),
        "up": load(0.11),
        "cost_bytes": 7_000_000,
    }
    return LoadTestReport(**(fields | changed))  # type: ignore[arg-type]


def test_both_directions_and_what_load_does_to_latency() -> None:
    finding = finding_from(report(), SETTINGS, carried_bytes=8_000_000, asked_bytes=100)
    assert finding.outcome is Outcome.OK
    assert finding.values == pytest.approx(
        {
            "throughput_down_bytes_per_second": 1.25e6,
            "throughput_up_bytes_per_second": 1.25e6,
            "throughput_idle_latency_seconds": 0.01,
            "throughput_down_latency_seconds": 0.02,
            "throughput_up_latency_seconds": 0.11,
            "throughput_responsiveness_down_number": 3000,
            "throughput_responsiveness_up_number": 60 / 0.11,
            "throughput_bufferbloat_grade_number": 4,
            "throughput_other_traffic_ratio": 0.125,
        }
    )
    assert finding.cost_bytes == 7_000_100


def test_results_from_before_the_failure_are_kept() -> None:
    broken = report(up=None, code=56, problem="Recv failure")
    finding = finding_from(broken, SETTINGS, carried_bytes=0)
    assert (finding.outcome, finding.reason) == (Outcome.FAILED, Reason.CONNECTION_RESET)
    assert finding.values["throughput_down_bytes_per_second"] == pytest.approx(1.25e6)
    assert "throughput_up_bytes_per_second" not in finding.values


def test_a_server_without_room_is_not_a_fault_of_the_link() -> None:
    full = report(down=None, up=None, status=503, problem="the server answered 503")
    finding = finding_from(full, SETTINGS, carried_bytes=0)
    assert (finding.outcome, finding.reason) == (Outcome.UNMEASURED, Reason.RESOURCE_EXHAUSTED)
    refused = report(down=None, up=None, status=403, problem="the server answered 403")
    assert finding_from(refused, SETTINGS, carried_bytes=0).reason is Reason.STATUS_UNEXPECTED


def test_a_cap_that_came_too_soon_measures_nothing_and_a_later_one_is_reported() -> None:
    soon = report(down=LoadReport(bins=(10**8,), received_bytes=10**8, timings=(), capped=True))
    finding = finding_from(soon, SETTINGS, carried_bytes=0)
    assert (finding.outcome, finding.values) == (Outcome.UNMEASURED, {})
    assert "max_bytes" in finding.detail
    late = report(
        down=LoadReport(bins=(125_000,) * 20, received_bytes=1, timings=echoes(0.02), capped=True)
    )
    assert finding_from(late, SETTINGS, carried_bytes=0).evidence == {"ended_by_max_bytes": "down"}


def test_settings_that_cannot_work_are_refused() -> None:
    cases: list[tuple[dict[str, Any], str]] = [
        ({"url": "ftp://a"}, "https://host.example"),
        ({"url": "https://a/path"}, "has a path"),
        ({"url": "http://a.example", "key_file": "key"}, "in the clear"),
        ({"family": "ip5"}, "ip4, ip6 or empty"),
        ({"streams": 0}, r">= 1 - at `\$\.streams`"),
        ({"duration_s": 100.0}, r"<= 15\.0 - at `\$\.duration_s`"),
        ({"max_bytes": 1}, r">= 1000000 - at `\$\.max_bytes`"),
    ]
    for wrong, sentence in cases:
        with pytest.raises(msgspec.ValidationError, match=sentence):
            msgspec.convert(wrong, Settings)
    Settings(url="http://127.0.0.1:1", key_file="key")


def test_its_cost_is_what_it_may_use_at_most() -> None:
    assert PROBE.cost_bytes(LINK_TARGET, Settings(url=URL, max_bytes=10_000_000)) == 22_000_000
    assert PROBE.cost_bytes(LINK_TARGET, Settings()) == 0


def measure(lab: Lab, settings: Settings) -> Finding:
    async def once(monitor: LinkMonitor) -> Finding:
        return await run(monitor.links["fixed"], LINK_TARGET, Family.NONE, settings)

    return on_device(lab, once, (FIXED,))


@pytest.mark.lab
@needs_lab
def test_without_a_server_nothing_is_measured(lab: Lab) -> None:
    finding = measure(lab, Settings())
    assert (finding.outcome, finding.reason) == (Outcome.UNMEASURED, Reason.NOT_SUPPORTED)
    closed = measure(lab, Settings(url="http://203.0.113.1:9", watch_s=0.5))
    assert (closed.outcome, closed.reason) == (Outcome.FAILED, Reason.HOST_UNREACHABLE)


@pytest.mark.lab
@needs_lab
def test_a_link_that_people_use_is_left_alone(lab: Lab) -> None:
    """A megabyte of datagrams is sent each second; nobody has to receive them."""

    async def busy(monitor: LinkMonitor) -> Finding:
        link = monitor.links["fixed"]
        with link.open_udp(Family.IP4, "203.0.113.1", 9) as opened:

            async def work() -> None:
                while True:
                    for _ in range(10):
                        with suppress(ConnectionRefusedError):
                            opened.send(bytes(1000))
                    await asyncio.sleep(0.01)

            worker = asyncio.create_task(work())
            # A hundredth is enough: a busy machine sends fewer.
            settings = Settings(url=URL, watch_s=1.0, busy_bits_per_second=80_000)
            finding = await run(link, LINK_TARGET, Family.NONE, settings)
            worker.cancel()
        return finding

    measured = on_device(lab, busy, (FIXED,))
    assert (measured.outcome, measured.reason) == (Outcome.UNMEASURED, Reason.LINK_BUSY)
    assert "Mbit/s" in measured.detail
    assert measured.cost_bytes == 0
