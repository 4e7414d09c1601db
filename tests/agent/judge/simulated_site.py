"""
A simulated site: links, targets and faults as they truly are, and the results that probes would
bring.
"""

import heapq
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count

from msgspec import structs

from tests.agent.judge import simulated_answers
from tests.agent.judge.inventories import two_links
from thongsuot_agent.judge.engine import step
from thongsuot_agent.judge.events import (
    ConfirmationProbe,
    Event,
    LinkEvent,
    LinkFacts,
    ResultArrival,
    Tick,
)
from thongsuot_agent.judge.keys import PointKey, SeriesKey
from thongsuot_agent.judge.memory import Memory
from thongsuot_agent.judge.settings import Settings
from thongsuot_agent.judge.site_probes import ProbePoint, SiteProbes
from thongsuot_agent.judge.symptoms.identity import HARDWARE
from thongsuot_agent.probes.http.address_rotation import AddressRotation
from thongsuot_schema.catalogue import host
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import (
    Family,
    Finding,
    QualityFlag,
    Result,
    Series,
    failed_finding,
    ok_finding,
)
from thongsuot_schema.segment import LADDER, Segment
from thongsuot_schema.verdict import VerdictChange

NS = 1_000_000_000
START_S = 1000.0
FAMILIES = (Family.IP4, Family.IP6)
TIMEOUT_S = {"icmp": 1.0, "dns": 2.0, "http": 10.0, "host": 1.0}
FACTS_OK = LinkFacts(
    present=True,
    carrier=True,
    has_address4=True,
    has_address6=True,
    has_route4=True,
    has_route6=True,
    gateways=("192.168.1.1", "fe80::1"),
)


TIMED = frozenset({Reason.TIMED_OUT, Reason.NAME_SERVER_TIMED_OUT})
"""Failures that are no measurement while the agent's timers run late."""


@dataclass(frozen=True, kw_only=True)
class InjectedFault:
    """
    Something that is wrong for a while, at one rung, for what passes it.

    Empty ``links``, ``families``, ``targets`` mean all. ``reason`` is how a run fails that is hit
    (None: as silence does); ``kinds`` limits it to some kinds of probes. ``where`` may pick single
    runs.
    """

    start_s: float = 0.0
    end_s: float = 1e12
    at: Segment = Segment.ACCESS
    links: tuple[str, ...] = ("fixed",)
    families: tuple[Family, ...] = ()
    targets: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    loss: float = 0.0
    delay_s: float = 0.0
    delay_at: Callable[[float], float] = lambda _at_s: 0.0
    """Delay besides that depends on the moment."""
    reason: Reason | None = None
    period_s: float | None = None
    address: str = ""

    def is_on(self, at_s: float) -> bool:
        """Whether it is there at a time; with a period it is there in every first half of it."""
        if not self.start_s <= at_s < self.end_s:
            return False
        return self.period_s is None or (at_s - self.start_s) % self.period_s < self.period_s / 2

    def hits(self, link: str, post: ProbePoint, family: Family, at_s: float) -> bool:
        """Whether a run passes by it."""
        reach = LADDER.index(post.rung)
        needed = LADDER.index(self.at)
        return (
            reach >= needed
            and (not self.links or link in self.links)
            and (not self.families or family in self.families)
            and (not self.targets or post.target in self.targets)
            and (not self.kinds or post.kind in self.kinds)
            and self.is_on(at_s)
        )


@dataclass(frozen=True, kw_only=True)
class FactsChange:
    """A change of what the kernel says of a link."""

    at_s: float
    facts: LinkFacts
    link: str = "fixed"


@dataclass(frozen=True, kw_only=True)
class LinkNoise:
    """What a healthy link does anyway."""

    loss: float = 0.001
    jitter_s: float = 0.001
    spike: float = 0.005
    spike_s: float = 0.100


@dataclass
class SimulatedSite:
    """
    The site. ``run`` lets it live; ``changes`` holds the verdicts given, times in seconds from the
    start.
    """

    injected: tuple[InjectedFault, ...] = ()
    facts: tuple[FactsChange, ...] = ()
    noise: LinkNoise = field(default_factory=LinkNoise)
    seed: int = 1
    site_probes: SiteProbes = field(default_factory=two_links)
    settings: Settings = field(default_factory=Settings)
    own_traffic: Callable[[str, float], float] = lambda _link, _at_s: 20e3
    neighbour: Callable[[str, float], bool | None] = lambda _link, _at_s: True
    gateway_hardware: Callable[[str, float], str] = lambda _link, _at_s: "02:00:00:00:00:01"
    wall_s: float | None = 1_790_000_000.0
    expiry_s: dict[str, float] = field(default_factory=dict)
    starve: Callable[[float], bool] = lambda _at_s: False
    late: Callable[[float], bool] = lambda _at_s: False
    doubt: Callable[[float], bool] = lambda _at_s: False
    addresses: tuple[str, ...] = ("198.51.100.2",)
    is_fulfilled: Callable[[ConfirmationProbe], bool] = lambda _confirmation: True
    equipment: Callable[[str, str, float], Finding | None] = lambda _kind, _link, _at_s: None
    """What a reading of a kind (radio, snmp) of a link finds; ``None``: nothing is there."""

    remembers_addresses: bool = True
    """Whether names were looked up before, so that their last addresses are known."""

    timeout_s: dict[str, float] = field(default_factory=lambda: dict(TIMEOUT_S))
    record: bool = False

    memory: Memory = field(default_factory=Memory)
    changes: list[VerdictChange] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    probes_requested: int = 0
    steps: int = 0

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)
        self._rota = AddressRotation()
        self._heap: list[tuple[int, int, Event | Callable[[], None]]] = []
        self._serial = count()
        self._now_s = 0.0
        self._running: set[tuple[str, SeriesKey]] = set()
        self._bytes: dict[str, float] = {}
        self._late_answers = simulated_answers.LateAnswers()
        self._bytes_s: dict[str, float] = {}

    # Time in the world counts from 0; the engine sees CLOCK_BOOTTIME, which is long past it.

    @property
    def now_s(self) -> float:
        """The present moment."""
        return self._now_s

    def run(self, until_s: float) -> list[VerdictChange]:
        """Live until a time; returns all changes so far."""
        if not self.steps and not self._heap:
            self._begin()
        limit_ns = _ns(until_s)
        while self._heap and self._heap[0][0] <= limit_ns:
            at_ns, _, due = heapq.heappop(self._heap)
            self._now_s = at_ns / NS - START_S
            if callable(due):
                due()
            else:
                self._feed(due)
        return self.changes

    def _begin(self) -> None:
        for link in self.site_probes.links:
            self._push(0.0, LinkEvent(boottime_ns=_ns(0.0), link=link, facts=FACTS_OK))
        for change in self.facts:
            self._push(
                change.at_s,
                LinkEvent(boottime_ns=_ns(change.at_s), link=change.link, facts=change.facts),
            )
        self._tick(0.5)
        for link, watch in self.site_probes.links.items():
            for kind in dict.fromkeys(post.kind for post in watch.points.values()):
                posts = [post for post in watch.points.values() if post.kind == kind]
                for place, post in enumerate(posts):
                    every_s = watch.every_s[kind]
                    for family in post.families:
                        self._every(every_s, every_s * place / len(posts) + 0.1, link, post, family)
            if watch.has_host_probe:
                self._host_every(15.0, 0.2, link)
            for kind, target, family in watch.boxes:
                self._box_every(
                    30.0, 0.3, ConfirmationProbe(kind=kind, link=link, target=target, family=family)
                )

    def _push(self, at_s: float, due: Event | Callable[[], None]) -> None:
        heapq.heappush(self._heap, (_ns(at_s), next(self._serial), due))

    def _tick(self, at_s: float) -> None:
        wall_s = None if self.wall_s is None else self.wall_s + at_s
        self._push(at_s, Tick(boottime_ns=_ns(at_s), wall_s=wall_s))
        self._push(at_s + 1.0, lambda: self._tick(at_s + 1.0))

    def _every(
        self, every_s: float, at_s: float, link: str, post: ProbePoint, family: Family
    ) -> None:
        def due() -> None:
            if (link, post.key(family)) in self._running:
                self._conclude(link, post, family, at_s, failed_finding(Reason.OVERRUN))
            else:
                self._measure(link, post, family, at_s)
            self._every(every_s, at_s + every_s, link, post, family)

        self._push(at_s, due)

    def _host_every(self, every_s: float, at_s: float, link: str) -> None:
        def due() -> None:
            self._measure_host(link, at_s)
            self._host_every(every_s, at_s + every_s, link)

        self._push(at_s, due)

    def _box_every(self, every_s: float, at_s: float, probe: ConfirmationProbe) -> None:
        def due() -> None:
            self._read_box(probe, at_s)
            self._box_every(every_s, at_s + every_s, probe)

        self._push(at_s, due)

    def _read_box(self, probe: ConfirmationProbe, at_s: float) -> None:
        finding = self.equipment(probe.kind, probe.link, at_s)
        if finding is None:
            return
        series = Series(
            kind=probe.kind, revision=1, link=probe.link, target=probe.target, family=probe.family
        )
        result = Result(series=series, boottime_ns=_ns(at_s), finding=finding)
        self._push(at_s + 0.5, ResultArrival(boottime_ns=_ns(at_s + 0.5), result=result))

    def _feed(self, event: Event) -> None:
        if self.record:
            self.events.append(event)
        ruling = step(self.memory, event, self.site_probes, self.settings)
        self.memory = ruling.memory
        self.steps += 1
        self.changes.extend(ruling.changes)
        for probe in ruling.confirmation_probes:
            self.probes_requested += 1
            if self.is_fulfilled(probe):
                self._fulfil(probe)

    def _fulfil(self, probe: ConfirmationProbe) -> None:
        at_s = self._now_s + 0.001
        if probe.kind == "host":
            self._push(at_s, lambda: self._measure_host(probe.link, at_s))
            return
        if probe.kind in {"radio", "snmp"}:
            self._push(at_s, lambda: self._read_box(probe, at_s))
            return
        post = self.site_probes.links[probe.link].points[PointKey(probe.kind, probe.target)]

        def begin() -> None:
            # As the schedule does: no second run of a series beside one that is under way.
            if (probe.link, post.key(probe.family)) not in self._running:
                self._measure(probe.link, post, probe.family, at_s)

        self._push(at_s, begin)

    def _measure(self, link: str, post: ProbePoint, family: Family, at_s: float) -> None:
        took_s, finding = self._find(link, post, family, at_s)
        running = (link, post.key(family))
        self._running.add(running)

        def end() -> None:
            self._running.discard(running)
            self._conclude(link, post, family, at_s, finding)

        self._push(at_s + took_s, end)

    def _conclude(
        self, link: str, post: ProbePoint, family: Family, at_s: float, finding: Finding
    ) -> None:
        series = Series(kind=post.kind, revision=1, link=link, target=post.target, family=family)
        result = Result(series=series, boottime_ns=_ns(at_s), finding=finding)
        self._feed(ResultArrival(boottime_ns=_ns(self._now_s), result=result))

    def _find(
        self, link: str, post: ProbePoint, family: Family, at_s: float
    ) -> tuple[float, Finding]:
        hindrance = self._hindrance(link, post, family, at_s)
        if hindrance is not None:
            return hindrance
        hits = [t for t in self.injected if t.hits(link, post, family, at_s)]
        base_s = simulated_answers.base_rtt_s(post, link)
        base_s += sum(hit.delay_at(at_s) for hit in hits)
        series = (link, family, post.target)
        address = self._rota.next_address(series, self.addresses) if post.kind == "http" else ""
        hits = [hit for hit in hits if hit.address in {"", address}]
        if post.kind == "http" and not self._is_name_resolved(link, family, at_s):
            return simulated_answers.without_name(hits, remembers=self.remembers_addresses)
        took_s, finding = simulated_answers.simulate_answer(self._random, post, base_s, hits, self)
        if post.kind == "icmp":
            took_s, finding = self._late_answers.give_up(
                series, at_s, took_s, finding, self.timeout_s["icmp"]
            )
        if address:
            if post.target != "motcua":
                # Services stand in networks of their own.
                address = address.replace("198.51.100", "203.0.113")
            finding = structs.replace(finding, evidence={**finding.evidence, "address": address})
        if self.late(at_s):
            # Half of what is asked while the process does not run is believed to be lost.
            if self._random.random() < 0.5:
                took_s, finding = self.timeout_s[post.kind], failed_finding(Reason.TIMED_OUT)
            finding = structs.replace(finding, doubts=(QualityFlag.TIMER_LATE,))
        if finding.reason in TIMED and self.doubt(at_s):
            # It may have been answered, had the agent been given the CPU.
            finding = failed_finding(Reason.AGENT_STARVED)
        return took_s, finding

    def _hindrance(
        self, link: str, post: ProbePoint, family: Family, at_s: float
    ) -> tuple[float, Finding] | None:
        """Return what a run finds that cannot be made, ``None`` where it can."""
        if self.starve(at_s):
            return 0.5, failed_finding(Reason.AGENT_STARVED)
        facts = self._facts_at(link, at_s)
        if not facts.present:
            return 0.0, failed_finding(Reason.INTERFACE_ABSENT)
        if not facts.carrier:
            # A bound socket without carrier looks like a time-out.
            return self.timeout_s[post.kind], failed_finding(Reason.TIMED_OUT)
        if not facts.usable(family):
            return 0.0, failed_finding(Reason.NO_ADDRESS)
        return None

    def _is_name_resolved(self, link: str, family: Family, at_s: float) -> bool:
        points = self.site_probes.links[link].points.values()
        server = next((p for p in points if p.kind == "dns" and p.is_first_resolver), None)
        if server is None:
            return True
        hits = [t for t in self.injected if t.hits(link, server, family, at_s)]
        return simulated_answers.is_name_resolved(self._random, hits)

    def _facts_at(self, link: str, at_s: float) -> LinkFacts:
        known = FACTS_OK
        for change in self.facts:
            if change.link == link and change.at_s <= at_s:
                known = change.facts
        return known

    def _measure_host(self, link: str, at_s: float) -> None:
        since_s = self._bytes_s.get(link, 0.0)
        rate = self.own_traffic(link, (since_s + at_s) / 2)
        received = self._bytes.get(link, 0.0) + rate / 8 * (at_s - since_s)
        self._bytes[link], self._bytes_s[link] = received, at_s
        values = {host.RECEIVED: received, host.SENT: received / 20}
        neighbour = self.neighbour(link, at_s)
        if neighbour is not None:
            values[host.GATEWAY_NEIGHBOUR] = 1.0 if neighbour else 0.0
        series = Series(kind="host", revision=1, link=link, target="", family=Family.NONE)
        evidence = {HARDWARE: self.gateway_hardware(link, at_s)}
        finding = ok_finding(values, evidence=evidence)
        result = Result(series=series, boottime_ns=_ns(at_s), finding=finding)
        self._push(at_s, ResultArrival(boottime_ns=_ns(at_s), result=result))


def site_seconds(boottime_ns: int) -> float:
    """Return a time of the engine as seconds since the world began."""
    return boottime_ns / NS - START_S


def _ns(at_s: float) -> int:
    return round((at_s + START_S) * NS)
