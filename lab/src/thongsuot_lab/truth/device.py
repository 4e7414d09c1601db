"""
SimulatedDevice: the product's judge over simulated lines, scheduled as the agent schedules it.

The jobs, their times and the shipped intervals are the agent's own (``schedule``), and so is the
judge with its shipped settings. Confirmation runs are granted as the agent's runner grants them:
over a metered line pages are spaced, and have a share of the day; the agent's own data budget omits
probes that the monthly allowance does not cover.
"""

import heapq
import random
from collections.abc import Callable
from itertools import count

from thongsuot_agent.config.profile import PROBES
from thongsuot_agent.judge import recording
from thongsuot_agent.judge.engine import StepOutcome, step
from thongsuot_agent.judge.events import (
    ConfirmationProbe,
    Event,
    LinkEvent,
    LinkFacts,
    ResultArrival,
    Tick,
)
from thongsuot_agent.judge.memory import Memory
from thongsuot_agent.judge.settings import Settings
from thongsuot_agent.judge.site_probes import SiteProbes, site_probes_from
from thongsuot_agent.scheduler.data_budget import SPACED_RUN_BYTES, DataBudget
from thongsuot_agent.scheduler.job import Job, SchedulableLink, jobs_from_schedules
from thongsuot_agent.scheduler.runner import CONFIRM_APART_NS, CONFIRM_BURST, CONFIRM_PER_S
from thongsuot_agent.scheduler.timetable import due_after
from thongsuot_lab.truth.fault import Effect
from thongsuot_lab.truth.grammar import Scenario
from thongsuot_lab.truth.network import SimulatedNetwork
from thongsuot_lab.truth.places import AccessLine, Premises, SimulatedCity
from thongsuot_lab.truth.probes import CONTRACT_BPS, Prober
from thongsuot_schema.inventory.fields import Medium
from thongsuot_schema.inventory.model import Link, Role, Target
from thongsuot_schema.outcome import Outcome
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family, Result, Series, failed_finding
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import VerdictChange

NS_PER_S = 1_000_000_000
BOOT_S = 1000.0
"""The time from the device's start to second 0 of a scenario."""

KINDS = ("icmp", "dns", "http", "host", "fresh_echo")
"""The simulated kinds. ``path`` is not among them: first hops are anchors of the inventory."""

_WALL_NS = 1_790_000_000 * NS_PER_S
"""Unix time of the moment at which a device was switched on."""
_BOTH = frozenset({Family.IP4, Family.IP6})
_ONE = frozenset({Family.IP4})


Judge = Callable[[Memory, Event, SiteProbes, Settings], StepOutcome]


def boot_ns(at_s: float) -> int:
    """Return a second of the scenario on the device's clock."""
    return round((at_s + BOOT_S) * NS_PER_S)


def links_of(site: Premises) -> tuple[Link, ...]:
    """Return the links of a site as the inventory has them."""
    return tuple(
        Link(
            name=line.name,
            interface="fix0" if line.name == "fixed" else "wwan0",
            medium=Medium.RADIO_5G if line.is_radio else Medium.FIBER,
            carrier=line.carrier,
            circuit=f"{site.name}-{line.name}",
            contract_down_bits_per_second=round(CONTRACT_BPS),
            contract_up_bits_per_second=round(CONTRACT_BPS),
            allowance_bytes=line.allowance_bytes if line.is_metered else None,
            resolvers=_both(f"9{line.carrier}") if line.has_ip6 else _both(line.carrier)[:1],
        )
        for line in site.lines
    )


def targets_of(city: SimulatedCity, site: Premises) -> tuple[Target, ...]:
    """Return the targets of an agent: anchors for each rung of each line, and portals."""
    targets = [_anchor("gateway", Segment.LAN, addresses=("gateway",))]
    for line in site.lines:
        own = (line.name,)
        lookup = f"{city.portals[0].name}.test"
        targets += [
            _anchor(f"hop-{line.name}", Segment.ACCESS, links=own),
            _anchor(f"resolver-{line.name}", Segment.CARRIER, links=own, lookup=lookup),
            _anchor(f"anchor-{line.name}", Segment.CARRIER, links=own),
        ]
        targets += [
            _anchor(f"peer-{line.name}-{carrier}", Segment.TRANSIT, links=own)
            for carrier in city.carriers
            if carrier != line.carrier
        ]
    targets.append(_anchor("exchange", Segment.TRANSIT))
    targets += [_anchor(name, Segment.TRANSIT, domestic=False) for name in ("abroad", "abroad-far")]
    targets += services_of(city)
    return tuple(targets)


def services_of(city: SimulatedCity) -> list[Target]:
    """Return the portals as targets."""
    return [
        Target(
            name=portal.name,
            role=Role.SERVICE,
            segment=Segment.SERVICE,
            url=f"https://{portal.name}.test/",
        )
        for portal in city.portals
    ]


def _anchor(
    name: str,
    segment: Segment,
    *,
    addresses: tuple[str, ...] = (),
    links: tuple[str, ...] = (),
    lookup: str = "",
    domestic: bool = True,
) -> Target:
    return Target(
        name=name,
        role=Role.ANCHOR,
        segment=segment,
        addresses=addresses or _both(name),
        links=links,
        lookup=lookup,
        domestic=domestic,
    )


def _both(name: str) -> tuple[str, str]:
    number = sum(map(ord, name)) % 250 + 1
    return f"198.51.100.{number}", f"2001:db8::{number:x}"


class SimulatedDevice:
    """
    One site's agent. ``run`` simulates it; ``changes`` are the verdicts that it gave.

    ``judge`` is the product's own unless another one is to be tried. ``events`` are the judge's
    input, kept with ``is_recording``; ``failures`` are the runs that failed, with their ends.
    """

    def __init__(
        self,
        scenario: Scenario,
        site: Premises,
        *,
        settings: Settings | None = None,
        judge: Judge = step,
    ) -> None:
        self.changes: list[VerdictChange] = []
        self.events: list[recording.Recorded] = []
        self.failures: list[tuple[int, Result]] = []
        self.settings = settings or Settings()
        self._judge = judge
        self._scenario = scenario
        self._site = site
        self.is_recording = False
        self._probers = {line.name: _prober(scenario, site, line) for line in site.lines}
        self._probes = tuple(schedule for schedule in PROBES if schedule.kind in KINDS)
        self._targets = targets_of(scenario.city, site)
        self._links = links_of(site)
        self.site_probes = site_probes_from(self._links, self._targets, self._probes)
        self._memory = Memory()
        self._heap: list[tuple[int, int, Callable[[], None]]] = []
        self._serial = count()
        self._now_ns = 0
        self._running: set[Series] = set()
        self._jobs: dict[tuple[str, str, str, Family], Job] = {}
        self._generation = 0
        self._reaches: tuple[SchedulableLink, ...] = ()
        self._states: dict[str, State] = {}
        self._allowed, self._allowed_ns = float(CONFIRM_BURST), 0
        self._budget = DataBudget(lambda: _WALL_NS + self._now_ns)
        self._confirmed_ns: dict[Series, int] = {}
        self._waiting: set[Series] = set()

    def run(self) -> list[VerdictChange]:
        """Simulate until the scenario ends."""
        self._now_ns = boot_ns(0.0)
        self._schedule()
        for line in self._site.lines:
            self._at(boot_ns(0.0), self._facts(line, 0.0))
            for at_s in _plugs(self._scenario, line):
                self._at(boot_ns(at_s), self._facts(line, at_s))
        self._at(boot_ns(0.5), self._tick)
        until_ns = boot_ns(self._scenario.until_s)
        while self._heap and self._heap[0][0] <= until_ns:
            self._now_ns, _, act = heapq.heappop(self._heap)
            act()
        return self.changes

    def _at(self, at_ns: int, act: Callable[[], None]) -> None:
        heapq.heappush(self._heap, (at_ns, next(self._serial), act))

    def _facts(self, line: AccessLine, at_s: float) -> Callable[[], None]:
        def tell() -> None:
            is_plugged = self._probers[line.name].network.is_plugged(at_s + 1e-6)
            facts = LinkFacts(
                present=True,
                carrier=is_plugged,
                has_address4=True,
                has_address6=line.has_ip6,
                has_route4=is_plugged,
                has_route6=line.has_ip6 and is_plugged,
                gateways=("192.168.1.1", "fe80::1") if line.has_ip6 else ("192.168.1.1",),
            )
            self._tell(LinkEvent(boottime_ns=self._now_ns, link=line.name, facts=facts))

        return tell

    def _tick(self) -> None:
        wall_s = (_WALL_NS + self._now_ns) / NS_PER_S
        self._tell(Tick(boottime_ns=self._now_ns, wall_s=wall_s))
        self._at(self._now_ns + NS_PER_S, self._tick)

    def _schedule(self) -> None:
        """Schedule jobs again if something that they depend on has changed."""
        unmetered = [link.name for link in self._links if link.allowance_bytes is None]
        is_alone = all(self._states.get(name) is State.DOWN for name in unmetered)
        reaches = tuple(
            SchedulableLink(
                spec=link,
                families=_BOTH if line.has_ip6 else _ONE,
                resolver_families=_BOTH if line.has_ip6 else _ONE,
                is_backup_in_use=is_alone and line.is_metered,
            )
            for link, line in zip(self._links, self._site.lines, strict=True)
        )
        if reaches == self._reaches:
            return
        self._reaches = reaches
        self._generation += 1
        jobs = jobs_from_schedules(self._site.name, self._probes, self._targets, reaches)
        self._budget.set_jobs(self._links, jobs)
        self._jobs = {_key(job.series): job for job in jobs}
        for job in jobs:
            self._at(due_after(job, self._now_ns), self._due(job, self._generation))

    def _due(self, job: Job, generation: int) -> Callable[[], None]:
        def begin() -> None:
            if generation != self._generation:
                return
            self._at(due_after(job, self._now_ns), begin)
            if job.series in self._running:
                self._conclude(job.series, self._now_ns, failed_finding(Reason.OVERRUN))
            elif not self._budget.may_run(job, self._now_ns):
                self._conclude(job.series, self._now_ns, failed_finding(Reason.BUDGET_SPENT))
            else:
                self._measure(job)

        return begin

    def _measure(self, job: Job) -> None:
        series, begun_ns = job.series, self._now_ns
        prober = self._probers[series.link]
        at_s = begun_ns / NS_PER_S - BOOT_S
        took_s, finding = prober.run(series.kind, series.target, series.family, at_s)
        self._running.add(series)
        self._budget.charge(job.over, job.cost_bytes)

        def end() -> None:
            self._running.discard(series)
            self._conclude(series, begun_ns, finding)

        self._at(begun_ns + round(took_s * NS_PER_S), end)

    def _conclude(self, series: Series, begun_ns: int, finding: object) -> None:
        result = Result(series=series, boottime_ns=begun_ns, finding=finding)  # type: ignore[arg-type]
        if result.finding.outcome is Outcome.FAILED:
            self.failures.append((self._now_ns, result))
        self._tell(ResultArrival(boottime_ns=self._now_ns, result=result))

    def _tell(self, event: recording.Recorded) -> None:
        if self.is_recording:
            self.events.append(event)
        ruling = self._judge(self._memory, event, self.site_probes, self.settings)
        self._memory = ruling.memory
        self.changes.extend(ruling.changes)
        for change in ruling.changes:
            if not change.verdict.service:
                self._states[change.verdict.link] = change.verdict.state
        for wish in ruling.confirmation_probes:
            self._grant(wish)
        if ruling.changes:
            self._schedule()

    def _grant(self, wish: ConfirmationProbe) -> None:
        job = self._jobs.get((wish.kind, wish.link, wish.target, wish.family))
        if job is None or job.series in self._running:
            return
        is_spaced = job.cost_bytes >= SPACED_RUN_BYTES and self._budget.is_metered(job.over)
        if is_spaced and not self._may_confirm_page(job, wish):
            return
        if not self._has_allowance():
            return
        if is_spaced:
            self._confirmed_ns[job.series] = self._now_ns
            self._budget.charge_confirmation(job.over, job.cost_bytes)

        def begin() -> None:
            if job.series not in self._running:
                self._measure(job)

        self._at(self._now_ns + 1_000_000, begin)

    def _may_confirm_page(self, job: Job, wish: ConfirmationProbe) -> bool:
        """Return whether a page over a metered line may be confirmed now; if too soon, later."""
        latest_ns = self._confirmed_ns.get(job.series)
        if latest_ns is None or self._now_ns >= latest_ns + CONFIRM_APART_NS:
            return not self._budget.is_confirming_spent(job.over)

        def retry() -> None:
            self._waiting.discard(job.series)
            self._grant(wish)

        if job.series not in self._waiting:
            self._waiting.add(job.series)
            self._at(latest_ns + CONFIRM_APART_NS, retry)
        return False

    def _has_allowance(self) -> bool:
        earned = (self._now_ns - self._allowed_ns) / NS_PER_S * CONFIRM_PER_S
        self._allowed = min(float(CONFIRM_BURST), self._allowed + earned)
        self._allowed_ns = self._now_ns
        if self._allowed < 1:
            return False
        self._allowed -= 1
        return True


def _key(series: Series) -> tuple[str, str, str, Family]:
    return series.kind, series.link, series.target, series.family


def _prober(scenario: Scenario, site: Premises, line: AccessLine) -> Prober:
    dice = random.Random(f"probes {scenario.name} {site.name} {line.name}")
    network = SimulatedNetwork(scenario.city, site, line, scenario.faults, dice)
    return Prober(scenario.city, line, network)


def _plugs(scenario: Scenario, line: AccessLine) -> list[float]:
    """Return the times at which a cable may be pulled or plugged in, to a fifth of a second."""
    del line
    plugged_s: set[float] = set()
    for fault in scenario.faults:
        if fault.effect is not Effect.UNPLUGGED:
            continue
        at_s, before = fault.start_s, 0.0
        while at_s <= fault.end_s + 0.2:
            now = fault.level(at_s)
            if now != before:
                plugged_s.add(at_s)
            before, at_s = now, at_s + 0.2
    return sorted(plugged_s)
