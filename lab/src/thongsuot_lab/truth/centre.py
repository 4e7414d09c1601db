"""
Centre: the product's timeline and incidents for the pushes of simulated agents, and its
notifications.

Pushes also use the simulated lines: a site whose lines all fail keeps its record. A site without
faults reports that it is well, and is not simulated further.
"""

import heapq
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from thongsuot_collector.incidents.incident import Incident
from thongsuot_collector.incidents.notification_log import NotificationRecord
from thongsuot_collector.incidents.observation import ProbeName
from thongsuot_collector.incidents.reducer import advance
from thongsuot_collector.incidents.registry import IncidentRegistry
from thongsuot_collector.incidents.settings import IncidentSettings
from thongsuot_collector.inventory.directory import InventoryDirectory
from thongsuot_collector.journal.entry import ClockQuality
from thongsuot_collector.rules.loader import load_all
from thongsuot_collector.timeline.batch_summary import BatchSummary, spans_of
from thongsuot_collector.timeline.interval import Rewrite
from thongsuot_collector.timeline.settings import TimelineSettings
from thongsuot_collector.timeline.site import CollectorClock, SiteTimeline
from thongsuot_collector.timeline.subject import Subject
from thongsuot_lab.truth.device import BOOT_S, NS_PER_S, boot_ns, links_of, services_of
from thongsuot_lab.truth.grammar import Scenario
from thongsuot_lab.truth.network import SimulatedNetwork
from thongsuot_lab.truth.places import Premises, SimulatedCity
from thongsuot_lab.truth.tcp import TcpConnection
from thongsuot_schema.inventory.model import Carrier, Commune, Inventory, Owner, Site
from thongsuot_schema.result import Result
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Verdict, VerdictChange

EPOCH_S = 1_795_000_000.0
"""Unix time of second 0."""
PUSH_EVERY_S = 15.0
RETRY_S = 5.0
PUSH_TIMEOUT_S = 10.0
PUSH_PACKETS = [1200, 800]


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentMessage:
    """
    The parts of a notification of one party that can be right or wrong.

    ``subjects`` are site, link and service of each member. ``is_unlocated``: it reports a fault
    without a location.
    """

    at_s: float
    kind: str
    party: str
    code: str
    state: str
    symptom: str
    opened_s: float
    subjects: tuple[tuple[str, str, str], ...]
    is_unlocated: bool


def messages_of(
    scenario: Scenario,
    changes: Mapping[str, Sequence[VerdictChange]],
    failures: Mapping[str, Sequence[tuple[int, Result]]],
) -> tuple[IncidentMessage, ...]:
    """
    Return every message of a scenario, given the verdict changes of the sites simulated, and their
    runs that failed, each with its end.
    """
    collector = _Collector(scenario.city, failures)
    arrivals: list[tuple[float, int, BatchSummary]] = []
    for site in scenario.city.sites:
        if site.name in changes:
            pushes = _pushes(scenario, site, changes[site.name])
        else:
            pushes = _healthy(scenario, site)
        for at_s, piece in pushes:
            heapq.heappush(arrivals, (at_s, len(arrivals), piece))
    at_s = 0.0
    while at_s < scenario.until_s:
        while arrivals and arrivals[0][0] <= at_s:
            collector.take(heapq.heappop(arrivals)[2], at_s)
        collector.pass_time(at_s)
        at_s = min(at_s + 1.0, arrivals[0][0]) if arrivals else at_s + 1.0
    return tuple(collector.messages)


@dataclass(slots=True)
class _Agent:
    """The unsent record of a site."""

    site: Premises
    number: int = 0
    from_s: float = 0.0
    waiting: list[VerdictChange] = field(default_factory=list)

    def seal(self, at_s: float) -> BatchSummary:
        """Return all of it as one batch."""
        self.number += 1
        piece = BatchSummary(
            site=self.site.name,
            stream=f"{self.site.name}-1",
            number=self.number,
            digest=f"{self.site.name} {self.number}".encode(),
            boot_id=self.site.name,
            epoch_ns=round((EPOCH_S - BOOT_S) * NS_PER_S),
            quality=ClockQuality.TRUSTED,
            sealed_ns=boot_ns(at_s),
            clock_error_s=0.01,
            spans=spans_of([(boot_ns(self.from_s), boot_ns(at_s))]),
            starts=(boot_ns(0.0),) if self.number == 1 else (),
            changes=tuple(self.waiting),
        )
        self.from_s = at_s
        self.waiting = []
        return piece


def _healthy(scenario: Scenario, site: Premises) -> list[tuple[float, BatchSummary]]:
    agent = _Agent(site)
    for link, service in (
        *((line.name, "") for line in site.lines),
        *(("", portal.name) for portal in scenario.city.portals),
    ):
        agent.waiting.append(
            VerdictChange(
                verdict=Verdict(link=link, service=service, state=State.UP),
                before=State.UNKNOWN,
                onset_boottime_ns=boot_ns(1.0),
                decided_boottime_ns=boot_ns(1.0),
            )
        )
    pushes: list[tuple[float, BatchSummary]] = []
    at_s = 2.0
    while at_s < scenario.until_s:
        pushes.append((at_s + 0.05, agent.seal(at_s)))
        at_s += PUSH_EVERY_S
    return pushes


def _pushes(
    scenario: Scenario, site: Premises, changes: Sequence[VerdictChange]
) -> list[tuple[float, BatchSummary]]:
    """
    Return the pushes of a site, and their arrival: at once with new verdicts, else periodically.
    """
    ways = _ways(scenario, site)
    agent, left = _Agent(site), list(changes)
    pushes: list[tuple[float, BatchSummary]] = []
    at_s, next_s = 0.0, 2.0
    while at_s < scenario.until_s:
        news_s = _decided_s(left[0]) if left else scenario.until_s
        at_s = max(at_s, min(next_s, news_s))
        while left and _decided_s(left[0]) <= at_s:
            agent.waiting.append(left.pop(0))
        arrives_s = _arrival(ways, at_s)
        if arrives_s is None:
            # New verdicts do not wait for the whole time-out of a dead line: the next line is
            # tried.
            at_s, next_s = at_s + 1e-3, at_s + RETRY_S
            while left and _decided_s(left[0]) < next_s:
                agent.waiting.append(left.pop(0))
            at_s = next_s
            continue
        pushes.append((arrives_s, agent.seal(at_s)))
        at_s, next_s = at_s + 1e-3, at_s + PUSH_EVERY_S
    return pushes


def _decided_s(change: VerdictChange) -> float:
    return change.decided_boottime_ns / NS_PER_S - BOOT_S


def _ways(scenario: Scenario, site: Premises) -> list[SimulatedNetwork]:
    return [
        SimulatedNetwork(
            scenario.city,
            site,
            line,
            scenario.faults,
            random.Random(f"pushes {scenario.name} {site.name} {line.name}"),
        )
        for line in site.lines
    ]


def _arrival(ways: Sequence[SimulatedNetwork], at_s: float) -> float | None:
    """Return the arrival of a push that begins now, over the first working line."""
    for network in ways:
        if not network.is_plugged(at_s):
            continue
        route = network.route("collector")
        deadline_s = at_s + PUSH_TIMEOUT_S
        connection = TcpConnection(network, route, is_ip6=False, deadline_s=deadline_s)
        opened = connection.open(at_s)
        if not opened.is_done:
            continue
        sent = connection.transfer(PUSH_PACKETS, opened.at_s, is_up=True)
        if sent.is_done:
            return sent.at_s
    return None


class _Collector:
    """Timelines of all sites and the registry of incidents."""

    def __init__(
        self, city: SimulatedCity, failures: Mapping[str, Sequence[tuple[int, Result]]]
    ) -> None:
        self.messages: list[IncidentMessage] = []
        self._settings = TimelineSettings()
        self._timelines = {site.name: SiteTimeline(site=site.name) for site in city.sites}
        directory = InventoryDirectory(inventory_of(city))
        self._book = IncidentRegistry(
            directory, load_all(), IncidentSettings(), calm_s=self._settings.calm_s
        )
        self._book.failures_of = self._failures_of
        self._failures = failures
        self._sealed_ns: dict[str, int] = {}
        self._rewrites: list[Rewrite] = []

    def take(self, piece: BatchSummary, at_s: float) -> None:
        """Apply one batch."""
        self._sealed_ns[piece.site] = piece.sealed_ns
        timeline = self._timelines[piece.site]
        self._rewrites += timeline.apply(piece, _present(at_s), self._settings)

    def pass_time(self, at_s: float) -> None:
        """Advance the time, and record the notifications."""
        present = _present(at_s)
        for timeline in self._timelines.values():
            self._rewrites += timeline.tick(present, self._settings)
        rewrites, self._rewrites = self._rewrites, []
        for event in advance(self._book, rewrites, present.now_ns):
            self.messages.append(message_of(event.incident, event.record))

    def _failures_of(self, subject: Subject) -> dict[ProbeName, int]:
        """
        Return the failures of the runs in the arrived batches, as the product's observations do.
        """
        failures: dict[ProbeName, int] = {}
        for ended_ns, result in self._failures.get(subject.site, ()):
            series = result.series
            is_own = subject.link in {"", series.link} and subject.service in {"", series.target}
            if is_own and ended_ns <= self._sealed_ns.get(subject.site, 0):
                name = ProbeName(series.kind, series.target, series.family)
                begun_s = result.boottime_ns / NS_PER_S - BOOT_S
                failures[name] = round((EPOCH_S + begun_s) * NS_PER_S)
        return failures


def _present(at_s: float) -> CollectorClock:
    return CollectorClock(
        now_ns=round((EPOCH_S + at_s) * NS_PER_S), listening_since_ns=round(EPOCH_S * NS_PER_S)
    )


def message_of(
    incident: Incident, entry: NotificationRecord, *, epoch_s: float = EPOCH_S
) -> IncidentMessage:
    """Return an entry of an incident's notification log; ``epoch_s`` is second 0 as Unix time."""
    return IncidentMessage(
        at_s=entry.at_ns / NS_PER_S - epoch_s,
        kind=entry.kind.value,
        party=str(entry.party),
        code=incident.code,
        state=incident.state.value,
        symptom=incident.symptom.value,
        opened_s=incident.opened_ns / NS_PER_S - epoch_s,
        subjects=tuple(
            (member.subject.site, member.subject.link, member.subject.service)
            for member in incident.members
        ),
        is_unlocated=incident.segment is None,
    )


def inventory_of(city: SimulatedCity) -> Inventory:
    """Return the city as the collector's inventory."""
    return Inventory(
        communes=tuple(
            Commune(code=f"{n:05}", name=f"Phường {n}", kind="phuong", slug=f"p{n}")
            for n in range(1, len(city.sites) + 1)
        ),
        carriers=tuple(Carrier(name=name, title=name) for name in city.carriers),
        owners=tuple(
            Owner(name=f"operator-{portal.name}", services=(portal.name,))
            for portal in city.portals
        ),
        sites=tuple(
            Site(name=site.name, commune=f"{n:05}", links=links_of(site))
            for n, site in enumerate(city.sites, start=1)
        ),
        targets=tuple(services_of(city)),
    )
