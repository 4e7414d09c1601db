"""By whose line answers arrive: a router that moves a site between two lines, second by second."""

from dataclasses import dataclass, field

import pytest
from msgspec import structs

from tests.agent.judge.inventories import ACCESS, FIXED, PROBES, TARGETS
from thongsuot_agent.judge.egress import CARRIER, EGRESS, USED, EgressChange
from thongsuot_agent.judge.engine import step
from thongsuot_agent.judge.events import ConfirmationProbe, LinkEvent, LinkFacts, Tick
from thongsuot_agent.judge.memory import Memory
from thongsuot_agent.judge.settings import Settings
from thongsuot_agent.judge.site_probes import SiteProbes, site_probes_from
from thongsuot_schema.catalogue import dns, egress, http, icmp
from thongsuot_schema.inventory.model import Link, ProbeSchedule, Via
from thongsuot_schema.metric import Metric
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family, Finding, Result, Series, failed_finding, ok_finding
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom, VerdictChange

# As documented: the code's own figures would follow any change of them.
UNANSWERED_RUNS = 3


NS = 1_000_000_000
OWN, OTHER, NONE = "own", "other", "none"
REFLECTOR = "far"
ASKED = ProbeSchedule(kind=EGRESS, every_s=60.0, targets=(REFLECTOR,))
FACTS = LinkFacts(present=True, carrier=True, has_address4=True, has_route4=True)
NAMED = {Segment.ACCESS, Segment.CARRIER, Segment.TRANSIT}


def probes_of(*schedules: ProbeSchedule) -> SiteProbes:
    return site_probes_from((FIXED,), (*TARGETS, *ACCESS), (*PROBES, *schedules))


@dataclass
class TwoLines:
    """
    A site behind a router: ``line`` is by which it sends, ``alive`` are those that carry anything;
    what is ``near`` answers even when they do not.
    """

    probes: SiteProbes = field(default_factory=lambda: probes_of(ASKED))
    line: str = OWN
    alive: set[str] = field(default_factory=lambda: {OWN, OTHER})
    near: tuple[str, ...] = ("gateway",)
    settings: Settings = field(default_factory=Settings)
    reflector_answers: bool = True
    reflector_takes_s: int = 0
    own_is_known: bool = False
    used: dict[str, str] = field(default_factory=dict)
    memory: Memory = field(default_factory=Memory)
    now_s: float = 0.0
    changes: list[VerdictChange] = field(default_factory=list)
    moves: list[EgressChange] = field(default_factory=list)
    _under_way: list[tuple[float, ConfirmationProbe]] = field(default_factory=list)
    _wishes: list[ConfirmationProbe] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Have the kernel say that the interface is configured."""
        self.take(LinkEvent(boottime_ns=NS, link="fixed", facts=FACTS))

    def run(self, seconds: int) -> None:
        """Measure everything every five seconds, and at once what the judge wishes."""
        for _ in range(seconds):
            self.now_s += 1.0
            self.take(Tick(boottime_ns=self.now_ns(), wall_s=None))
            due = [
                ConfirmationProbe(kind=p.kind, link="fixed", target=p.target, family=Family.IP4)
                for p in self.probes.links["fixed"].points.values()
                if self.now_s % 5 == 0
            ]
            if self.now_s % 60 == 0 and self.probes.links["fixed"].egress_points:
                due.append(
                    ConfirmationProbe(
                        kind=EGRESS, link="fixed", target=REFLECTOR, family=Family.IP4
                    )
                )
            wished, self._wishes = self._wishes, []
            for probe in dict.fromkeys((*due, *wished)):
                if probe.family is Family.IP6 or probe.kind == "host":
                    continue
                is_egress = probe.kind == EGRESS
                ready_s = self.now_s + (self.reflector_takes_s if is_egress else 0)
                self._under_way.append((ready_s, probe))
            ready = [probe for at_s, probe in self._under_way if at_s <= self.now_s]
            self._under_way = [(at_s, p) for at_s, p in self._under_way if at_s > self.now_s]
            for probe in ready:
                self._measure(probe)

    def ask_reflector(self) -> None:
        self._measure(
            ConfirmationProbe(kind=EGRESS, link="fixed", target=REFLECTOR, family=Family.IP4)
        )

    def states(self) -> list[State]:
        return [c.verdict.state for c in self.changes if not c.verdict.service]

    def last(self) -> tuple[State, Symptom]:
        (*_, change) = [c for c in self.changes if not c.verdict.service]
        return change.verdict.state, change.verdict.symptom

    def _measure(self, probe: ConfirmationProbe) -> None:
        series = Series(
            kind=probe.kind, link=probe.link, target=probe.target, family=probe.family, revision=1
        )
        self.take(Result(series=series, boottime_ns=self.now_ns(), finding=self._finding(probe)))

    def _finding(self, probe: ConfirmationProbe) -> Finding:
        is_reached = probe.target in self.near or self.line in self.alive
        if probe.kind == EGRESS:
            if not (is_reached and self.reflector_answers):
                return failed_finding(Reason.TIMED_OUT)
            evidence = {CARRIER: "isp2"} if self.line == OTHER else {}
            if self.used:
                evidence = {USED: self.used[self.line]}
            own = {egress.OWN: 1.0} if self.own_is_known and not evidence else {}
            return ok_finding({egress.ANSWERED: 1.0, **own}, evidence=evidence)
        if not is_reached:
            return failed_finding(
                Reason.NAME_SERVER_TIMED_OUT if probe.kind == "dns" else Reason.TIMED_OUT
            )
        values: dict[str, dict[Metric, float]] = {
            "icmp": {icmp.RTT: 0.01, icmp.LOSS: 0.0},
            "dns": {dns.LOOKUP: 0.01, dns.ANSWERS: 2.0},
        }
        return ok_finding(values.get(probe.kind, {http.TOTAL: 0.2, http.STATUS: 200.0}))

    def take(self, event: LinkEvent | Tick | Result) -> None:
        outcome = step(self.memory, event, self.probes, self.settings)
        self.memory = outcome.memory
        self.changes += outcome.changes
        self.moves += outcome.egress_changes
        self._wishes += outcome.confirmation_probes

    def now_ns(self) -> int:
        return round((self.now_s + 100) * NS)


def test_a_cut_line_stays_down_while_traffic_uses_the_other_line_and_is_up_when_it_is_back() -> (
    None
):
    site = TwoLines()
    site.run(60)
    assert site.states() == [State.UP]
    site.alive = {OTHER}
    site.run(30)
    assert site.last() == (State.DOWN, Symptom.ACCESS_SILENT)
    site.line = OTHER
    site.run(600)
    assert site.moves == [EgressChange(link="fixed", carrier="isp2")]
    site.alive = set()
    site.run(600)
    site.alive = {OTHER}
    site.run(600)
    assert site.states() == [State.UP, State.DOWN]
    site.alive, site.line = {OWN, OTHER}, OWN
    site.run(60)
    assert site.states() == [State.UP, State.DOWN, State.UP]
    assert site.moves[1:] == [EgressChange(link="fixed", carrier="")]


def test_a_long_outage_does_not_prove_that_the_reflector_is_gone() -> None:
    """Nothing answers, not even a reflector; then the router switches lines and all answers."""
    site = TwoLines(reflector_takes_s=4)
    site.run(60)
    site.alive = set()
    site.run(3610)
    site.alive, site.line = {OTHER}, OTHER
    site.run(600)
    assert site.states() == [State.UP, State.DOWN]


def test_a_reflector_that_fails_just_before_an_outage_does_not_count_as_gone() -> None:
    """The reflectors give up before the outage is confirmed; then the router switches lines."""
    patience = structs.replace(Settings().silence, confirm_s=4.0)
    site = TwoLines(reflector_takes_s=4, settings=Settings(silence=patience))
    site.run(59)
    site.alive = {OTHER}
    for _ in range(UNANSWERED_RUNS):
        site.ask_reflector()
        site.run(1)
    assert site.states() == [State.UP], "nothing is believed yet"
    site.run(20)
    assert site.last() == (State.DOWN, Symptom.ACCESS_SILENT)
    # Answers come by the other line, and for four seconds nobody says by whose.
    site.line = OTHER
    site.run(120)
    assert site.states() == [State.UP, State.DOWN]


def test_behind_a_dead_core_the_first_router_answers_and_no_line_is_cut() -> None:
    """That router answered before and never stopped, so no proof of the line is needed."""
    site = TwoLines(
        near=("gateway", "access-fixed"), reflector_takes_s=4, settings=Settings(stale_s=8.0)
    )
    site.run(60)
    site.alive = set()
    site.run(600)
    assert site.last() == (State.DOWN, Symptom.CARRIER_SILENT)
    assert site.states() == [State.UP, State.DOWN]


def test_a_working_line_that_traffic_has_left_is_unknown_and_its_carrier_is_not_blamed() -> None:
    site = TwoLines()
    site.run(60)
    site.line = OTHER
    site.run(90)
    assert site.last() == (State.UNKNOWN, Symptom.EGRESS_OTHER_CARRIER)
    site.alive = {OWN}
    site.run(600)
    site.alive = {OWN, OTHER}
    site.run(60)
    assert site.states() == [State.UP, State.UNKNOWN]
    site.line = OWN
    site.run(60)
    assert site.states() == [State.UP, State.UNKNOWN, State.UP]
    links = [change for change in site.changes if not change.verdict.service]
    assert not {change.verdict.segment for change in links} & NAMED


def test_portals_that_open_by_the_other_line_stay_open() -> None:
    site = TwoLines()
    site.run(60)
    site.line = OTHER
    site.run(900)
    services = {c.verdict.service: c.verdict.state for c in site.changes if c.verdict.service}
    assert services
    assert set(services.values()) == {State.UP}


def test_portals_are_not_called_open_when_the_other_line_is_dead_as_well() -> None:
    site = TwoLines()
    site.run(60)
    site.alive, site.line = {OTHER}, OTHER
    site.run(120)
    site.alive = set()
    site.run(120)
    services = {c.verdict.service: c.verdict for c in site.changes if c.verdict.service}
    assert {verdict.state for verdict in services.values()} == {State.UNKNOWN}
    site.alive = {OTHER}
    site.run(120)
    services = {c.verdict.service: c.verdict for c in site.changes if c.verdict.service}
    assert {verdict.state for verdict in services.values()} == {State.UP}
    assert not {verdict.segment for verdict in services.values()} & NAMED


def test_a_link_is_not_up_before_its_own_line_is_known() -> None:
    site = TwoLines(line=OTHER)
    site.run(300)
    assert State.UP not in site.states()
    assert site.last() == (State.UNKNOWN, Symptom.EGRESS_OTHER_CARRIER)


@pytest.mark.parametrize("is_broken_at_first", [True, False])
def test_a_reflector_that_is_gone_holds_no_line_down(is_broken_at_first: bool) -> None:
    site = TwoLines(reflector_answers=not is_broken_at_first)
    site.run(60)
    assert site.states() == [State.UP]
    site.reflector_answers = False
    site.alive = set()
    site.run(60)
    site.alive = {OWN}
    site.run(60)
    assert site.states() == [State.UP, State.DOWN, State.UP]


def test_a_site_without_reflector_is_judged_as_ever() -> None:
    site = TwoLines(probes=probes_of())
    site.run(60)
    site.alive = set()
    site.run(60)
    site.alive, site.line = {OTHER}, OTHER
    site.run(60)
    assert site.states() == [State.UP, State.DOWN, State.UP]
    assert site.moves == []


def test_a_link_by_the_routers_choice_follows_it_and_names_no_carrier() -> None:
    """The link is up as long as any line serves the site, and each switch is an event."""
    served = Link(name="fixed", interface="fix0", via=Via.ROUTER)
    probes = site_probes_from((served,), (*TARGETS, *ACCESS), (*PROBES, ASKED))
    site = TwoLines(probes=probes, used={OWN: "isp1", OTHER: "isp2"})
    site.run(120)
    site.line = OTHER
    site.run(120)
    assert site.moves == [EgressChange(link="fixed", carrier="isp2", before="isp1")]
    assert site.states() == [State.UP]
    site.alive = set()
    site.run(60)
    assert site.last() == (State.DOWN, Symptom.ACCESS_SILENT)
    site.alive = {OTHER}
    site.run(60)
    assert site.states() == [State.UP, State.DOWN, State.UP]


SIGNS = ("host", "radio")
"""Kinds by which the device itself sees whose the line is: its addresses, its modem's network."""


def show(site: TwoLines, kind: str, carrier: str) -> None:
    """Have a run of the device's own see a carrier other than the link's, or none."""
    series = Series(kind=kind, link="fixed", target="", family=Family.NONE, revision=1)
    finding = ok_finding({}, evidence={CARRIER: carrier} if carrier else {})
    site.take(Result(series=series, boottime_ns=site.now_ns(), finding=finding))


@pytest.mark.parametrize("kind", SIGNS)
def test_another_network_or_lease_shows_another_line_without_asking_a_reflector(
    kind: str,
) -> None:
    site = TwoLines(probes=probes_of())
    site.run(30)
    assert site.last()[0] is State.UP
    show(site, kind, "isp2")
    site.run(2)
    assert site.last() == (State.UNKNOWN, Symptom.EGRESS_OTHER_CARRIER)
    assert site.moves == [EgressChange(link="fixed", carrier="isp2")]
    site.line, site.alive = OTHER, {OWN}
    site.run(60)
    assert site.last()[0] is State.UNKNOWN, "what the other line does is nobody's here"
    site.line, site.alive = OWN, {OWN, OTHER}
    show(site, kind, "")
    site.run(15)
    assert site.last()[0] is State.UP
    assert [move.carrier for move in site.moves] == ["isp2", ""]


def test_all_signs_that_change_at_once_are_one_change_and_no_repair() -> None:
    site = TwoLines(probes=probes_of())
    site.run(30)
    site.alive = set()
    site.run(30)
    assert site.last()[0] is State.DOWN
    for kind in SIGNS:
        show(site, kind, "isp2")
    site.line, site.alive = OTHER, {OTHER}
    site.run(60)
    assert site.last()[0] is State.DOWN, "the line that was cut was not heard of again"
    assert site.moves == [EgressChange(link="fixed", carrier="isp2")]


def test_a_reflector_that_sees_the_own_carrier_overrules_the_device() -> None:
    site = TwoLines()
    site.own_is_known = True
    site.run(70)
    show(site, "host", "isp2")
    site.run(20)
    assert site.last()[0] is State.UP
    assert [move.carrier for move in site.moves] == ["isp2", ""]
    show(site, "host", "isp2")
    site.run(5)
    assert [move.carrier for move in site.moves] == ["isp2", ""], "it was contradicted already"
