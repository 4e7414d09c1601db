"""A link that a proxy alone leads out of: its gateway, and portals opened by the proxy."""

from collections.abc import Callable
from dataclasses import dataclass, field

from tests.agent.judge.inventories import PROBES, TARGETS
from thongsuot_agent.judge.engine import step
from thongsuot_agent.judge.events import ConfirmationProbe, LinkEvent, LinkFacts, Tick
from thongsuot_agent.judge.memory import Memory
from thongsuot_agent.judge.settings import Settings
from thongsuot_agent.judge.site_probes import SiteProbes, site_probes_from
from thongsuot_schema.catalogue import http, icmp
from thongsuot_schema.inventory.model import Link
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family, Finding, Result, Series, failed_finding, ok_finding
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom, VerdictChange

NS = 1_000_000_000
OFFICE = Link(name="office", interface="eth0", carrier="song-hong", proxy="http://10.1.1.1:3128")
FACTS = LinkFacts(
    present=True, carrier=True, has_address4=True, has_route4=True, gateways=("10.1.0.1",)
)
UNMEASURED = failed_finding(Reason.BEHIND_PROXY)
GATEWAY_ANSWERS = ok_finding({icmp.RTT: 0.001, icmp.LOSS: 0.0})
PAGE = ok_finding({http.TOTAL: 0.2, http.STATUS: 200.0})
HTTP_EVERY_S = 30


def page(_: str) -> Finding:
    return PAGE


@dataclass
class ProxiedOffice:
    """What the agent measures there: the gateway every five seconds, both portals by the proxy."""

    portal: Callable[[str], Finding] = page
    gateway: Finding = GATEWAY_ANSWERS
    probes: SiteProbes = field(default_factory=lambda: site_probes_from((OFFICE,), TARGETS, PROBES))
    memory: Memory = field(default_factory=Memory)
    now_s: int = 0
    changes: list[VerdictChange] = field(default_factory=list)
    _wishes: list[ConfirmationProbe] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Have the kernel say that the interface is configured."""
        self._take(LinkEvent(boottime_ns=self._now_ns(), link="office", facts=FACTS))

    def run(self, seconds: int) -> None:
        for _ in range(seconds):
            self.now_s += 1
            self._take(Tick(boottime_ns=self._now_ns(), wall_s=None))
            due = [
                ConfirmationProbe(kind=p.kind, link="office", target=p.target, family=Family.IP4)
                for p in self.probes.links["office"].points.values()
                if self.now_s % (HTTP_EVERY_S if p.kind == "http" else 5) == 0
            ]
            wished, self._wishes = self._wishes, []
            for probe in dict.fromkeys((*due, *wished)):
                if probe.family is Family.IP4 and probe.kind in {"icmp", "dns", "http"}:
                    self._measure(probe)

    def last(self) -> tuple[State, Segment | None, Symptom]:
        (*_, change) = [c for c in self.changes if not c.verdict.service]
        return change.verdict.state, change.verdict.segment, change.verdict.symptom

    def _measure(self, probe: ConfirmationProbe) -> None:
        series = Series(
            kind=probe.kind, link="office", target=probe.target, family=Family.IP4, revision=1
        )
        if probe.kind == "http":
            finding = self.portal(probe.target)
        else:
            finding = self.gateway if probe.target == "gateway" else UNMEASURED
        self._take(Result(series=series, boottime_ns=self._now_ns(), finding=finding))

    def _take(self, event: LinkEvent | Tick | Result) -> None:
        outcome = step(self.memory, event, self.probes, Settings())
        self.memory = outcome.memory
        self.changes += outcome.changes
        self._wishes += outcome.confirmation_probes

    def _now_ns(self) -> int:
        return (self.now_s + 100) * NS


def office_that_works() -> ProxiedOffice:
    office = ProxiedOffice()
    office.run(180)
    assert office.last() == (State.UP, None, Symptom.NONE)
    return office


def test_a_link_whose_portals_open_by_the_proxy_is_up() -> None:
    office = office_that_works()
    office.run(600)
    assert len([c for c in office.changes if not c.verdict.service]) == 1


def test_a_proxy_that_reaches_nothing_stands_before_a_dead_line() -> None:
    office = office_that_works()
    office.portal = lambda _: failed_finding(Reason.PROXY_CANNOT_REACH)
    office.run(90)
    assert office.last() == (State.DOWN, Segment.ACCESS, Symptom.ACCESS_SILENT)
    office.portal = page
    office.run(90)
    assert office.last() == (State.UP, None, Symptom.NONE)


def test_a_proxy_that_is_silent_is_the_offices_own() -> None:
    office = office_that_works()
    office.portal = lambda _: failed_finding(Reason.PROXY_SILENT)
    office.run(120)
    assert office.last() == (State.DOWN, Segment.LAN, Symptom.PROXY_SILENT)
    office.portal = page
    office.run(90)
    assert office.last() == (State.UP, None, Symptom.NONE)


def test_with_its_gateway_the_proxy_is_silent_too_and_the_gateway_is_named() -> None:
    office = office_that_works()
    office.portal = lambda _: failed_finding(Reason.PROXY_SILENT)
    office.gateway = failed_finding(Reason.TIMED_OUT, {icmp.LOSS: 1.0})
    office.run(120)
    assert office.last() == (State.DOWN, Segment.LAN, Symptom.GATEWAY_SILENT)


def test_one_portal_that_the_proxy_does_not_reach_is_not_a_fault_of_the_line() -> None:
    office = office_that_works()
    office.portal = lambda name: (
        failed_finding(Reason.PROXY_CANNOT_REACH) if name == "motcua" else PAGE
    )
    office.run(300)
    assert office.last() == (State.UP, None, Symptom.NONE)
    services = {c.verdict.service: c.verdict.state for c in office.changes if c.verdict.service}
    assert services["motcua"] in {State.DOWN, State.UNKNOWN}
    assert services["dichvucong"] is State.UP


def test_credentials_that_the_proxy_refuses_are_nobodys_outage() -> None:
    office = office_that_works()
    office.portal = lambda _: failed_finding(Reason.PROXY_REFUSED)
    office.run(900)
    assert office.last()[0] in {State.UP, State.UNKNOWN}
    assert all(c.verdict.state is not State.DOWN for c in office.changes)
