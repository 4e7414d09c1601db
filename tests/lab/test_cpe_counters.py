"""
A download by another machine of the site, and a box at the end of the line that counts it.

The box is a router of the lab with Debian's snmpd, so its counters are the kernel's.
"""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.waiting import WAIT_AT_MOST_S, wait_for
from tests.servers import need
from thongsuot_lab.lab import Lab
from thongsuot_lab.matrix.runner import has_learned
from thongsuot_lab.matrix.site_reconciliation import SiteReconciliation
from thongsuot_lab.stack.city import CityStack, StackOptions
from thongsuot_lab.stack.documents import default_probes
from thongsuot_lab.topology.city import city
from thongsuot_schema.inventory.model import ProbeSchedule, Role, Target
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom
from thongsuot_schema.view import SubjectView

pytestmark = [pytest.mark.lab, pytest.mark.servers, pytest.mark.nightly]

BOX = "192.168.1.1"
LINK = "fixed"
CONFIG = f"agentAddress udp:{BOX}:161\nrocommunity public 192.168.1.0/24\n"


@pytest.fixture
def stack() -> Iterator[CityStack]:
    """A site whose optical modem answers SNMP."""
    need("snmpd")
    target = Target(
        name="modem",
        role=Role.EQUIPMENT,
        segment=Segment.LAN,
        addresses=(BOX,),
        links=(LINK,),
    )
    with (
        tempfile.TemporaryDirectory(prefix="thongsuot-box-") as made,
        Lab(city(sites=1)) as lab,
    ):
        folder = Path(made)
        folder.chmod(0o755)
        (folder / "snmpd.conf").write_text(CONFIG, encoding="utf-8")
        daemon = lab.node("s1.ont").popen(
            [
                "snmpd",
                "-f",
                "-Lf",
                f"{made}/log",
                "-C",
                "-c",
                f"{made}/snmpd.conf",
                "-p",
                f"{made}/pid",
            ]
        )
        box = ProbeSchedule(kind="snmp", every_s=20.0, links=(LINK,), settings={"interface": "wan"})
        options = StackOptions(
            with_prometheus=False,
            probes=(*default_probes(lab.ca_file), box),
            equipment=(target,),
            is_verbose=True,
        )
        city_stack = CityStack(lab, folder, options)
        try:
            city_stack.start()
            yield city_stack
        finally:
            city_stack.stop()
            daemon.terminate()
            daemon.wait()


def knows_line_and_box(stack: CityStack) -> bool:
    """Whether the agent knows what is usual on the line, and has asked the box."""
    log = SiteReconciliation()
    log.read_log(stack.agent("s1").log)
    return has_learned(stack, "s1") and any(run[0] == "snmp" for run in log.logged_runs)


def test_a_download_by_another_machine_is_the_sites_own_traffic(stack: CityStack) -> None:
    seen: list[SubjectView] = []

    def fixed(state: State) -> SubjectView | None:
        for view in stack.views():
            light = next(light for light in view.links if light.name == LINK)
            if light.state is State.DEGRADED:
                seen.append(light)
            if light.state is state:
                return light
        return None

    wait_for("the line to be well", lambda: fixed(State.UP), within_s=2 * WAIT_AT_MOST_S)
    wait_for(
        "what is usual to be learned",
        lambda: knows_line_and_box(stack),
        within_s=2 * WAIT_AT_MOST_S,
    )
    stack.lab.fault("lan-congested", site="s1")
    light = wait_for("the queue to be found", lambda: fixed(State.DEGRADED))
    assert (light.symptom, light.segment) == (Symptom.LAN_CONGESTED, Segment.LAN)
    stack.lab.heal()
    wait_for("the line to be well again", lambda: fixed(State.UP), within_s=2 * WAIT_AT_MOST_S)
    assert {light.segment for light in seen} == {Segment.LAN}, "nobody else was blamed on the way"
