"""A link over which nothing can be sent is judged by what its router reports of the port."""

import pytest

from tests.agent.judge.inventories import PROBES, TARGETS
from thongsuot_agent.judge.engine import step
from thongsuot_agent.judge.events import LinkEvent, LinkFacts, Tick
from thongsuot_agent.judge.memory import Memory
from thongsuot_agent.judge.settings import Settings
from thongsuot_agent.judge.site_probes import SiteProbes, site_probes_from
from thongsuot_schema.catalogue import snmp
from thongsuot_schema.inventory.fields import Medium
from thongsuot_schema.inventory.model import Link, ProbeSchedule, Role, Target, Via
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family, Finding, Result, Series, failed_finding, ok_finding
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom, VerdictChange

NS = 1_000_000_000
ROUTER = Target(name="router", role=Role.EQUIPMENT, segment=Segment.LAN, addresses=("192.168.1.1",))
ASKED = ProbeSchedule(kind="snmp", every_s=30.0, targets=("router",))
UP, DOWN = ok_finding({snmp.INTERFACE_UP: 1.0}), ok_finding({snmp.INTERFACE_UP: 0.0})
SILENT = failed_finding(Reason.TIMED_OUT)
ONLY_SEEN = (State.UNKNOWN, None, Symptom.WATCHED_ONLY)
NO_UPLINK = (State.DOWN, Segment.LAN, Symptom.GATEWAY_NO_UPLINK)
SESSION_LOST = (State.DOWN, Segment.ACCESS, Symptom.ACCESS_SESSION_LOST)
Said = tuple[State, Segment | None, Symptom]


def watched(interface: str = "ether2", medium: Medium = Medium.FIBER) -> Link:
    return Link(
        name="second", interface=interface, via=Via.WATCHED, carrier="cuu-long", medium=medium
    )


def probes_of(link: Link) -> SiteProbes:
    return site_probes_from((link,), (*TARGETS, ROUTER), (*PROBES, ASKED))


class Watch:
    """A site with one watched link, told of second by second."""

    def __init__(self, link: Link) -> None:
        self.probes = probes_of(link)
        self.memory = Memory()
        self.changes: list[VerdictChange] = []
        self.now_s = 0.0

    def read(self, finding: Finding, after_s: float = 30.0) -> Said | None:
        """Let time pass, then read the router once; returns what is said of the link."""
        for _ in range(int(after_s)):
            self.now_s += 1.0
            self.take(Tick(boottime_ns=round(self.now_s * NS), wall_s=None))
        series = Series(kind="snmp", revision=1, link="second", target="router", family=Family.IP4)
        self.take(Result(series=series, boottime_ns=round(self.now_s * NS), finding=finding))
        return self.said()

    def take(self, event: Result | Tick | LinkEvent) -> None:
        outcome = step(self.memory, event, self.probes, Settings())
        self.memory = outcome.memory
        self.changes += outcome.changes

    def said(self) -> Said | None:
        if not self.changes:
            return None
        verdict = self.changes[-1].verdict
        return verdict.state, verdict.segment, verdict.symptom


def test_a_port_that_is_only_watched_is_measured_by_the_routers_answers_alone() -> None:
    probes = probes_of(watched()).links["second"]
    assert not probes.points
    assert not probes.has_host_probe
    assert probes.boxes == (("snmp", "router", Family.IP4),)


def test_a_port_that_is_up_is_not_a_line_that_works() -> None:
    watch = Watch(watched())
    assert watch.read(UP) == ONLY_SEEN
    for _ in range(20):
        watch.read(UP)
    assert len(watch.changes) == 1


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        (watched(), NO_UPLINK),
        (watched("pppoe-out1"), SESSION_LOST),
        (watched("lte1", Medium.RADIO_5G), SESSION_LOST),
    ],
    ids=["cable or box", "PPP session", "modem"],
)
def test_a_port_that_is_down_is_reported_at_once_and_takes_no_longer_to_end(
    link: Link, expected: Said
) -> None:
    watch = Watch(link)
    watch.read(UP)
    assert watch.read(DOWN) == expected
    (evidence,) = watch.changes[-1].verdict.evidence
    assert (evidence.kind, evidence.metric, evidence.value) == ("snmp", "snmp_interface_up", 0)
    assert watch.read(UP) == ONLY_SEEN


def test_light_that_is_lost_is_the_carriers_line_and_no_cable() -> None:
    watch = Watch(watched())
    dark = ok_finding({snmp.INTERFACE_UP: 0.0, snmp.OPTICAL_LOST: 1.0})
    assert watch.read(dark) == (State.DOWN, Segment.ACCESS, Symptom.OPTICAL_LOSS_OF_SIGNAL)


def test_a_router_that_was_silent_for_minutes_is_no_evidence_any_more() -> None:
    watch = Watch(watched())
    watch.read(DOWN)
    assert watch.read(SILENT, after_s=60) == NO_UPLINK
    assert watch.read(SILENT, after_s=180) == (State.UNKNOWN, None, Symptom.NOT_YET_MEASURED)
    assert watch.read(UP) == ONLY_SEEN


def test_the_devices_own_kernel_says_nothing_of_it() -> None:
    watch = Watch(watched())
    watch.take(
        LinkEvent(boottime_ns=NS, link="second", facts=LinkFacts(present=False, carrier=False))
    )
    assert watch.said() is None
