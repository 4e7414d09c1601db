"""The throughput test against the collector's reflector on a shaped line, and against iperf3."""

import json
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec
import pytest

from tests.agent.links.device import ANCHOR4, FIXED, on_device
from tests.integration.reflecting import reflecting
from tests.patience import LostTime
from thongsuot_agent.links.monitor import LinkMonitor
from thongsuot_agent.probes.loader import load
from thongsuot_agent.probing.contract import LINK_TARGET, ProbeServices
from thongsuot_lab.lab import Lab
from thongsuot_lab.testing import needs_lab, two_uplinks
from thongsuot_lab.topology.model import Impairment
from thongsuot_schema.outcome import Outcome
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family, Finding

pytestmark = [pytest.mark.lab, needs_lab]

DOWN_BPS, UP_BPS = 30e6, 10e6
TABLE = f'throughput_address = "{ANCHOR4}:0"\nallow = ["100.64.0.0/10", "192.168.0.0/16"]'
QUICK = {"duration_s": 2.0, "warmup_s": 1.0, "watch_s": 0.5}


@pytest.fixture
def lab() -> Iterator[Lab]:
    """A line of 30 Mbit/s down and 10 up with 10 ms each way, and a queue of 200 ms."""
    with two_uplinks() as running:
        running.impair(
            "ont--internet",
            Impairment(rate_bps=UP_BPS, delay_s=0.01),
            Impairment(rate_bps=DOWN_BPS, delay_s=0.01),
            key="line",
        )
        yield running


def measure(lab: Lab, kind: str, settings: Mapping[str, object]) -> tuple[Finding, int]:
    """Make one run over the fixed link; also what its interface carried meanwhile."""
    probe = load(kind)
    chosen = msgspec.convert(settings, probe.settings)

    def carried(monitor: LinkMonitor) -> int:
        link = monitor.links["fixed"]
        counters = link.kernel.link(link.state.index).counters
        assert counters is not None
        return counters.received_bytes + counters.sent_bytes

    async def once(monitor: LinkMonitor) -> tuple[Finding, int]:
        before = carried(monitor)
        run = probe.begin(ProbeServices())
        finding = await run(monitor.links["fixed"], LINK_TARGET, Family.NONE, chosen)
        return finding, carried(monitor) - before

    return on_device(lab, once, (FIXED,))


def iperf3(lab: Lab, *arguments: str) -> float:
    """Return what iperf3 received, in bits per second."""
    server = lab.node("anchor").popen(
        ["iperf3", "-s", "-1", "-B", ANCHOR4, "--forceflush"], stdout=subprocess.PIPE
    )
    with server:
        assert server.stdout is not None
        while b"listening" not in server.stdout.readline():
            pass
        client = ["iperf3", "-c", ANCHOR4, "-B", "192.168.1.10", "-P", "4", "-O", "2", "-t", "3"]
        out = lab.node("device").run([*client, "-J", *arguments]).stdout
    return float(json.loads(out)["end"]["sum_received"]["bits_per_second"])


@pytest.mark.nightly
def test_rates_are_those_of_the_line_and_of_iperf3(lab: Lab, tmp_path: Path) -> None:
    if shutil.which("iperf3") is None:
        pytest.skip("iperf3 is not installed")
    with reflecting(lab, tmp_path, TABLE) as url:
        finding, carried = measure(lab, "throughput", {"url": url, **QUICK})
    assert (finding.outcome, finding.reason) == (Outcome.OK, None)
    values = finding.values
    down, up = (8 * values[f"throughput_{way}_bytes_per_second"] for way in ("down", "up"))
    # Headers take 3 to 4 %; the rest is what a shared machine may do.
    assert down == pytest.approx(DOWN_BPS * 0.965, rel=0.06)
    assert up == pytest.approx(UP_BPS * 0.965, rel=0.06)
    assert down == pytest.approx(iperf3(lab, "-R"), rel=0.08)
    assert up == pytest.approx(iperf3(lab), rel=0.08)
    assert 0.02 <= values["throughput_idle_latency_seconds"] < 0.06
    assert values["throughput_up_latency_seconds"] > values["throughput_idle_latency_seconds"]
    assert values["throughput_responsiveness_up_number"] < 60 / 0.02
    # What the interface counted is the truth, Ethernet headers apart (14 of 1,514 bytes and more of
    # bare acknowledgements).
    assert finding.cost_bytes == pytest.approx(carried, rel=0.05)
    assert values["throughput_other_traffic_ratio"] < 0.05


def test_a_cap_ends_the_test_and_is_kept_to(lab: Lab, tmp_path: Path) -> None:
    with reflecting(lab, tmp_path, TABLE) as url:
        finding, carried = measure(lab, "throughput", {"url": url, "max_bytes": 1_500_000, **QUICK})
    assert (finding.outcome, finding.values) == (Outcome.UNMEASURED, {})
    assert carried < 2 * 1_500_000 * 1.3


def test_a_stranger_is_refused_and_reports_it(lab: Lab, tmp_path: Path) -> None:
    table = TABLE.replace("100.64.0.0/10", "192.0.2.0/24")
    with reflecting(lab, tmp_path, table) as url:
        finding, _ = measure(lab, "throughput", {"url": url, **QUICK})
    assert (finding.reason, finding.detail) == (
        Reason.STATUS_UNEXPECTED,
        "the server answered 403",
    )
    assert finding.outcome is Outcome.FAILED


def test_a_sample_of_qcvn_is_the_rate_of_a_file(lab: Lab, tmp_path: Path) -> None:
    file_bytes = 3_000_000
    with reflecting(lab, tmp_path, TABLE) as url, LostTime() as lost:
        settings = {"url": url, "file_bytes": file_bytes, "watch_s": 0.5}
        lost_s = lost.since_s()
        finding, carried = measure(lab, "qcvn", settings)
        late_s = lost_s()
    assert finding.outcome is Outcome.OK
    for way, rate_bps in (("down", DOWN_BPS), ("up", UP_BPS)):
        # A whole file has its handshake and its slow start in it, some ten round trips of 20 ms;
        # and a line in user space carries less while the machine has other work, nothing while it
        # pauses. How near it comes to the rate is held at night (the next test).
        took_s = file_bytes / finding.values[f"qcvn_{way}_bytes_per_second"]
        assert 8 * file_bytes / rate_bps < took_s < 8 * file_bytes / (0.5 * rate_bps) + late_s
    assert finding.cost_bytes == pytest.approx(carried, rel=0.05)


@pytest.mark.nightly
def test_speedtest_cli_measures_the_same_line_against_the_collectors_pages(
    lab: Lab, tmp_path: Path
) -> None:
    with reflecting(lab, tmp_path, TABLE) as url:
        finding, carried = measure(lab, "speedtest", {"url": url, "watch_s": 0.5})
    assert (finding.outcome, finding.detail) == (Outcome.OK, "")
    down, up = (8 * finding.values[f"speedtest_{way}_bytes_per_second"] for way in ("down", "up"))
    assert down == pytest.approx(DOWN_BPS, rel=0.15)
    assert up == pytest.approx(UP_BPS, rel=0.25)
    assert finding.cost_bytes == pytest.approx(carried, rel=0.05)
