import subprocess
import sys

import msgspec
import pytest

from tests.agent.links.device import anchor, both, on_device
from thongsuot_agent.links.monitor import LinkMonitor
from thongsuot_agent.probes import UnknownProbe, kinds, load
from thongsuot_agent.probes.once import exit_code, run_once, text_of
from thongsuot_lab.lab import Lab
from thongsuot_lab.testing import needs_lab
from thongsuot_schema.catalogue.icmp import HOP_LIMIT, LOSS, RTT
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family, QualityFlag, failed_finding, ok_finding

GOOD = ok_finding(
    {RTT: 0.0123456, LOSS: 0.0, HOP_LIMIT: 57},
    doubts=(QualityFlag.TIMER_LATE,),
    evidence={"address": "203.0.113.1"},
    cost_bytes=88,
)


def test_a_finding_is_told_in_lines() -> None:
    assert text_of("icmp", GOOD).splitlines() == [
        "ok",
        "  thongsuot_icmp_rtt_seconds               12.346 ms",
        "  thongsuot_icmp_loss_ratio                0",
        "  thongsuot_icmp_reply_hop_limit_number    57",
        "  doubt: timer_late",
        "  address: 203.0.113.1",
        "  traffic: 88 bytes",
    ]


def test_what_went_wrong_is_told_with_its_reason() -> None:
    found = failed_finding(Reason.NO_ROUTE, detail="no ip4 route by wwan0 to this target")
    assert text_of("icmp", found) == ("unmeasured: no_route (no ip4 route by wwan0 to this target)")


def test_a_shell_can_tell_the_outcomes_apart() -> None:
    codes = [
        exit_code(found)
        for found in (GOOD, failed_finding(Reason.TIMED_OUT), failed_finding(Reason.NO_ROUTE))
    ]
    assert codes == [0, 1, 3]


def test_an_unknown_kind_is_refused_with_those_that_there_are() -> None:
    assert {"dns", "host", "http", "icmp"} <= set(kinds())
    with pytest.raises(UnknownProbe, match=f"no probe 'tcp'; known: {', '.join(kinds())}"):
        load("tcp")


@pytest.mark.lab
@needs_lab
def test_a_person_gets_one_run(lab: Lab) -> None:
    async def run(monitor: LinkMonitor) -> None:
        fixed, _ = both(monitor)
        found = await run_once("icmp", fixed, anchor(), Family.IP4, {"count": 2})
        assert found.values["icmp_loss_ratio"] == 0.0
        seen = await run_once("host", fixed, None, Family.NONE)
        assert seen.values["host_interface_up_ratio"] == 1
        with pytest.raises(ValueError, match="needs a target"):
            await run_once("icmp", fixed, None, Family.IP4)
        with pytest.raises(ValueError, match="lacks what a http probe needs"):
            await run_once("http", fixed, anchor(), Family.IP4)
        with pytest.raises(msgspec.ValidationError, match="count"):
            await run_once("icmp", fixed, anchor(), Family.IP4, {"count": "many"})
        with pytest.raises(msgspec.ValidationError, match="count is 0"):
            await run_once("icmp", fixed, anchor(), Family.IP4, {"count": 0})

    on_device(lab, run)


def test_a_loader_imports_only_what_is_asked_for() -> None:
    """Checked in a process of its own: here everything is imported already."""
    code = (
        "import sys; from thongsuot_agent.probes import load; load('icmp'); "
        "heavy = ('pycurl', 'ctypes', 'thongsuot_agent.probes.dns'); "
        "print([name for name in heavy if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
