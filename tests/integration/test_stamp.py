"""Sender and reflector against each other over a path that is known, and against irtt."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.agent.links.conftest import stamping
from tests.agent.links.device import ANCHOR4, ANCHOR6
from tests.integration.stamp_lab import key_file, measure, reflector
from thongsuot_agent.probes.stamp.probe import Settings
from thongsuot_lab.lab import Lab
from thongsuot_lab.testing import needs_lab, two_uplinks
from thongsuot_lab.topology.model import Impairment
from thongsuot_schema.outcome import Outcome
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family, Finding, QualityFlag

__all__ = ["stamping"]

pytestmark = [pytest.mark.lab, needs_lab]

UP_S, DOWN_S = 0.010, 0.030
ALLOW = 'allow = ["192.168.0.0/16", "100.64.0.0/10", "2001:db8::/32"]'


@pytest.fixture
def lab() -> Iterator[Lab]:
    """A fibre with 10 ms up and 30 ms down."""
    with two_uplinks() as running:
        running.impair(
            "ont--internet", Impairment(delay_s=UP_S), Impairment(delay_s=DOWN_S), key="line"
        )
        yield running


@pytest.mark.parametrize("mode", ["open", "sealed"])
@pytest.mark.parametrize("family", [Family.IP4, Family.IP6])
def test_both_directions_are_measured_apart(
    lab: Lab, tmp_path: Path, mode: str, family: Family
) -> None:
    key = key_file(tmp_path)
    host = ANCHOR6 if family is Family.IP6 else ANCHOR4
    who = f'key_file = "{key}"' if mode == "sealed" else ALLOW
    with reflector(lab, tmp_path, f"{who}\nclock_error_s = 0.0001", host) as port:
        settings = Settings(
            port=port,
            count=20,
            spacing_s=0.01,
            timeout_s=60.0,
            key_file=str(key) if mode == "sealed" else "",
            clock_error_s=0.0001,
        )
        finding = measure(lab, settings, family)
    assert (finding.outcome, finding.reason) == (Outcome.OK, None)
    values = finding.values
    assert values["stamp_loss_ratio"] == values["stamp_loss_up_ratio"] == 0
    # What a busy machine adds is in the round trips, too: neither direction has more of it.
    added_s = values["stamp_rtt_p95_seconds"] - UP_S - DOWN_S
    assert UP_S <= values["stamp_delay_up_seconds"] < UP_S + added_s + 0.001
    assert DOWN_S <= values["stamp_delay_down_seconds"] < DOWN_S + added_s + 0.001
    # The lab's wires hold packets by timers of their own: to a tenth of a millisecond.
    assert values["stamp_rtt_minimum_seconds"] >= UP_S + DOWN_S - 0.0001
    assert values["stamp_clock_error_seconds"] == pytest.approx(0.0002, rel=0.02)
    assert values["stamp_hop_limit_up_number"] == 62
    header = 48 if family is Family.IP6 else 28
    assert finding.cost_bytes == 40 * (header + (112 if mode == "sealed" else 44))


def punctual(lab: Lab, settings: Settings) -> Finding:
    """
    Return a run that was not late itself: after a pause of the machine all that is still under way
    is lost, as the run says by its doubt.
    """
    tries = (measure(lab, settings) for _ in range(20))
    return next(found for found in tries if QualityFlag.TIMER_LATE not in found.doubts)


def test_loss_is_reported_by_direction(lab: Lab, tmp_path: Path) -> None:
    with reflector(lab, tmp_path, ALLOW) as port:
        settings = Settings(port=port, count=200, spacing_s=0.002, timeout_s=2.0)
        lab.impair("ont--internet", None, Impairment(loss_ratio=0.25), key="loss")
        down = punctual(lab, settings).values
        lab.clear(key="loss")
        lab.impair("ont--internet", Impairment(loss_ratio=0.25), None, key="loss")
        up = punctual(lab, settings).values
    assert down["stamp_loss_up_ratio"] == 0
    assert 0.1 < down["stamp_loss_down_ratio"] < 0.4
    assert up["stamp_loss_down_ratio"] == 0
    assert 0.1 < up["stamp_loss_up_ratio"] < 0.4
    assert up["stamp_mos_number"] < 3


def test_reordering_is_reported_by_direction(lab: Lab, tmp_path: Path) -> None:
    with reflector(lab, tmp_path, ALLOW) as port:
        lab.impair("ont--internet", Impairment(reorder_ratio=0.2), None, key="mess")
        values = measure(lab, Settings(port=port, count=200, spacing_s=0.002)).values
    assert values["stamp_reordered_up_ratio"] > 0
    assert values["stamp_reordered_down_ratio"] == 0


def test_a_wrong_key_is_a_silent_reflector(lab: Lab, tmp_path: Path) -> None:
    key = key_file(tmp_path)
    other = tmp_path / "other"
    other.write_text("quite-another-key\n")
    other.chmod(0o600)
    with reflector(lab, tmp_path, f'key_file = "{key}"') as port:
        settings = Settings(port=port, count=3, timeout_s=0.3, key_file=str(other))
        finding = measure(lab, settings)
    assert (finding.outcome, finding.reason) == (Outcome.FAILED, Reason.TIMED_OUT)
    assert finding.values == {"stamp_loss_ratio": 1.0}


@pytest.mark.nightly
def test_irtt_sees_the_same_path(lab: Lab, tmp_path: Path) -> None:
    """irtt is an independent tool with its own protocol; it runs over the same jittery wires."""
    if shutil.which("irtt") is None:
        pytest.skip("irtt is not installed")
    lab.impair("ont--internet", Impairment(jitter_s=0.005), None, key="jitter")
    server = lab.node("anchor").popen(
        ["irtt", "server", "-b", f"{ANCHOR4}:2112"], stdout=subprocess.PIPE
    )
    with server:
        assert server.stdout is not None
        while b"listener" not in server.stdout.readline():
            pass
        out = tmp_path / "irtt.json"
        client = ["irtt", "client", "-i", "10ms", "-d", "1s", "-Q", "-o", str(out)]
        lab.node("device").run([*client, "--local=192.168.1.10", f"{ANCHOR4}:2112"])
        server.terminate()
    stats = json.loads(out.read_text())["stats"]
    with reflector(lab, tmp_path, f"{ALLOW}\nclock_error_s = 0.0001") as port:
        settings = Settings(port=port, count=100, spacing_s=0.01, clock_error_s=0.0001)
        values = measure(lab, settings).values

    def theirs(quantity: str, which: str = "median") -> float:
        return float(stats[quantity][which]) / 1e9

    near = 0.003
    assert values["stamp_rtt_seconds"] == pytest.approx(theirs("rtt"), abs=near)
    assert values["stamp_delay_up_seconds"] == pytest.approx(theirs("send_delay"), abs=near)
    assert values["stamp_delay_down_seconds"] == pytest.approx(theirs("receive_delay"), abs=near)
    # The jitter of the lab is uniform over 10 ms: neighbours differ by a third of that on average.
    assert theirs("ipdv_send", "mean") == pytest.approx(0.0033, abs=0.002)
    assert values["stamp_jitter_up_seconds"] == pytest.approx(0.0033, abs=0.002)
    assert values["stamp_jitter_down_seconds"] < values["stamp_jitter_up_seconds"]
