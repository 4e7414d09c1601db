"""
A scripted day of a city: faults, storms, planned work and noise, and what each should lead to.

Everything follows from the seed. Pushes come every minute instead of every fifteen seconds, and the
waits for silence are stretched with them: a day has to pass in seconds.
"""

import heapq
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

import msgspec

from tests.collector.incidents.city import PORTAL, CityFixture, FixtureDevice, inventory
from tests.collector.timeline.boot_script import (
    CUT,
    LOSSY,
    NS,
    OUT,
    REFUSES,
    UNPLUGGED,
    UP,
    VerdictTriple,
    wall_ns,
)
from thongsuot_collector.incidents.actions import set_windows
from thongsuot_collector.incidents.maintenance_window import MaintenanceWindow
from thongsuot_collector.incidents.settings import IncidentSettings
from thongsuot_collector.timeline.batch_summary import BatchSummary
from thongsuot_collector.timeline.settings import TimelineSettings
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom

CARRIERS = ("vnpt", "viettel", "mobifone")
SITES, COMMUNES = 150, 126
DAY_S, PUSH_S, TICK_S = 86_400, 60, 5
MUTE_RESOLVER: VerdictTriple = (State.DEGRADED, Segment.CARRIER, Symptom.RESOLVER_SILENT)
UNREACHED: VerdictTriple = (
    State.DOWN,
    Segment.TRANSIT,
    Symptom.INTERNATIONAL_TRANSIT_SILENT,
)
NO_ABROAD: VerdictTriple = (State.DEGRADED, Segment.TRANSIT, Symptom.INTERNATIONAL_TRANSIT_SILENT)
BUSY: VerdictTriple = (State.DEGRADED, Segment.LAN, Symptom.LAN_CONGESTED)

Lost = tuple[str, str]
"""Site and link."""


@dataclass(frozen=True)
class ExpectedIncident:
    """An incident that the script leads to; ``party`` is empty where nobody is to be told."""

    code: str
    key: str
    onset_s: float
    party: str = ""


@dataclass
class StormScript:
    """The day: what is to happen when, and what is to come of it."""

    seed: int
    expected: list[ExpectedIncident] = field(default_factory=list)
    _events: list[tuple[float, int, Callable[[], None]]] = field(default_factory=list)
    _taken: list[tuple[str, float, float]] = field(default_factory=list)
    _outages: list[tuple[str, float, float]] = field(default_factory=list)
    _count: int = 0
    _late: list[tuple[float, int, FixtureDevice, BatchSummary]] = field(default_factory=list)
    truth: dict[str, VerdictTriple] = field(default_factory=dict)
    false_alarms: int = 0
    seconds: int = 0

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        self.city = CityFixture(
            inventory(SITES, CARRIERS, communes=COMMUNES),
            settings=IncidentSettings(silence_hold_s=90.0),
            timeline=TimelineSettings(silent_after_s=135.0),
            push_s=PUSH_S,
        )
        self.links: dict[Lost, str] = {
            (site.name, link.name): link.carrier
            for site in self.city.directory.sites.values()
            for link in site.links
        }

    # The script.

    def schedule(self, second: float, act: Callable[[], None]) -> None:
        """Let something happen at a second."""
        heapq.heappush(self._events, (round(second), len(self._events), act))

    def report_at(self, second: float, site: str, subject: str, verdict: VerdictTriple) -> None:
        """Let an agent say something at a second, of which it saw the beginning 2 s before."""

        def act() -> None:
            self.truth[f"{site}/{subject}"] = verdict
            onset = min(second, self.city.now_s) - 2 if verdict is not UP else self.city.now_s
            # With all else of this second, as a collector reads what has come in meanwhile.
            self.city.push_verdict(site, subject, verdict, onset_s=round(onset))

        self.schedule(second, act)

    def is_free(self, site: str, from_s: float, to_s: float) -> bool:
        """Return whether nothing else happens at a site in a time."""
        return all(
            taken_site != site or to_s < begin - 600 or from_s > end + 600
            for taken_site, begin, end in self._taken
        )

    def reserve(self, site: str, from_s: float, to_s: float) -> None:
        """Reserve a site for a time."""
        self._taken.append((site, from_s, to_s))

    def reserve_random(self, length_s: float) -> tuple[int, str]:
        """Return a random second and a site at which nothing else happens so long, reserved."""
        while True:
            at = self.chance.randrange(1_000, round(DAY_S - length_s - 2_000))
            site = f"s{self.chance.randrange(SITES)}"
            if self.is_free(site, at, at + length_s):
                self.reserve(site, at, at + length_s)
                return at, site

    def lone_fault(self, verdict: VerdictTriple, length_s: float) -> None:
        """Script one fault of one link."""
        while True:
            at, site = self.reserve_random(length_s)
            link = self.chance.choice(["fiber", "5g"])
            if all(
                carrier != self.links[site, link] or not begin - 300 < at < end
                for carrier, begin, end in self._outages
            ):
                break
        self.report_at(at, site, link, verdict)
        self.report_at(at + length_s, site, link, UP)
        party = ""
        if length_s > 20:
            party = f"carrier:{self.links[site, link]}"
            if verdict[1] is Segment.LAN:
                party = "" if verdict is BUSY else f"commune:{site}"
        self.expected.append(ExpectedIncident("link_fault", f"{site}/{link}", at - 2, party))

    def together(
        self,
        at: float,
        lost: Sequence[Lost],
        verdict: VerdictTriple,
        *,
        spread_s: float,
        length_s: float,
    ) -> None:
        """Script many links that fail within a time of each other, and come back so."""
        for site, link in lost:
            self.reserve(site, at, at + spread_s + length_s + 120)
            begin = at + self.chance.uniform(0, spread_s)
            self.report_at(begin, site, link, verdict)
            end = at + spread_s + length_s + self.chance.uniform(0, 40)
            self.report_at(end, site, link, UP)
            if verdict is NO_ABROAD:
                # The portal lies abroad: nobody is told of a direction that nothing watched takes.
                self.report_at(begin, site, f"{link}/{PORTAL}", UNREACHED)
                self.report_at(end, site, f"{link}/{PORTAL}", UP)

    def outage(
        self,
        at: float,
        code: str,
        key: str,
        lost: Sequence[Lost],
        verdict: VerdictTriple,
        spread_s: float,
    ) -> None:
        """Script an outage that leads to one incident of a carrier."""
        self.together(at, lost, verdict, spread_s=spread_s, length_s=2_400)
        carrier = key.partition(" ")[0]
        self._outages.append((carrier, at, at + spread_s + 300))
        self.expected.append(ExpectedIncident(code, key, at, f"carrier:{carrier}"))

    def power_cut(
        self, at: float, sites: Sequence[str], length_s: float, *, told_party: str
    ) -> None:
        """Script a power cut; ``told`` is ``commune``, ``city`` or nobody."""
        for site in sites:
            self.reserve(site, at, at + length_s)
            self.schedule(at, lambda site=site: self.city.power_off(site))  # type: ignore[misc]
            self.schedule(at + length_s, lambda site=site: self.city.power_on(site))  # type: ignore[misc]
            party = f"commune:{site}" if told_party == "commune" else ""
            self.expected.append(ExpectedIncident("site_power", site, at, party))
        if told_party == "city":
            self.expected.append(ExpectedIncident("many_silent", "devices", at, "city"))

    def both_cut(self, length_s: float) -> None:
        """Script a site that loses both lines, measures on, and tells later."""
        at, site = self.reserve_random(length_s)
        self.schedule(at - 1, lambda: self.city.cut_uplink(site))
        for link in ("fiber", "5g"):
            self.report_at(at, site, link, CUT)
            self.report_at(at + length_s, site, link, UP)
            self.expected.append(ExpectedIncident("link_fault", f"{site}/{link}", at - 2))
        self.schedule(at + length_s, lambda: self.trickle(site))
        self.expected.append(ExpectedIncident("silence", site, at, f"commune:{site}"))

    def trickle(self, site: str) -> None:
        """Let a site report again: what is fresh at once, what it kept a batch a second."""
        device = self.city.devices[site]
        spool, device.spool = device.spool, []
        for place, piece in enumerate(spool):
            self.schedule(
                self.city.now_s + 1 + place, partial(self.city.apply_summary, device, piece)
            )
        self.city.restore_uplink(site)

    def of(self, carrier: str, link: str = "") -> list[Lost]:
        """Return the links of a carrier."""
        return [
            site_link
            for site_link, name in self.links.items()
            if name == carrier and link in {"", site_link[1]}
        ]

    def write(self) -> None:
        """Write the day."""
        chance = self.chance
        self.outage(20_000, "carrier_outage", "vnpt", chance.sample(self.of("vnpt"), 40), OUT, 40)
        radio = chance.sample(self.of("viettel", "5g"), 14)
        self.outage(27_000, "carrier_outage", "viettel", radio, CUT, 12)
        self.outage(34_000, "carrier_outage", "mobifone", self.of("mobifone", "fiber")[:8], CUT, 6)
        resolver = self.of("viettel", "fiber")
        self.outage(41_000, "carrier_resolver", "viettel", resolver, MUTE_RESOLVER, 30)
        for carrier in CARRIERS:
            self.outage(
                48_000, "transit_outage", f"{carrier} foreign", self.of(carrier), NO_ABROAD, 60
            )
        for at in (55_000, 72_000):
            for number in chance.sample(range(SITES), 110):
                self.report_at(at + chance.uniform(0, 60), f"s{number}", f"/{PORTAL}", REFUSES)
                back_s = at + 1_800 + chance.uniform(0, 60)
                self.report_at(back_s, f"s{number}", f"/{PORTAL}", UP)
            self.expected.append(ExpectedIncident("service_down", PORTAL, at, f"portal:{PORTAL}"))
        self.schedule(62_000, lambda: self.deafen(True))
        self.schedule(62_500, lambda: self.deafen(False))
        for number in range(SITES):
            self.reserve(f"s{number}", 62_000, 62_900)
        self.expected.append(ExpectedIncident("many_silent", "devices", 62_000, "city"))
        self.power_cut(66_000, [f"s{n}" for n in range(30, 39)], 3_000, told_party="city")
        self._planned_work()
        for _ in range(6):
            at, site = self.reserve_random(4_000)
            self.power_cut(at, [site], 4_000, told_party="commune")
        for _ in range(8):
            at, site = self.reserve_random(60)
            self.power_cut(at, [site], 60, told_party="")
        for _ in range(5):
            self.both_cut(chance.uniform(1_500, 6_000))
        for verdict, count, shortest, longest in (
            (CUT, 40, 40, 9_000),
            (OUT, 10, 40, 3_000),
            (LOSSY, 20, 90, 3_000),
            (UNPLUGGED, 15, 40, 3_000),
            (BUSY, 60, 30, 900),
            (CUT, 100, 1, 2),
        ):
            for _ in range(count):
                self.lone_fault(verdict, chance.uniform(shortest, longest))

    def _planned_work(self) -> None:
        """Script work on a carrier's links in ten communes, and one link that outlasts it."""
        lost = [
            site_link
            for site_link in self.of("vnpt", "fiber")
            if SITES - COMMUNES <= int(site_link[0][1:]) < 90
        ]
        lost = lost[:10]
        at, end = 8_000, 11_600
        windows = [
            MaintenanceWindow(
                id=f"w-{site}",
                start_ns=wall_ns(at - 60),
                end_ns=wall_ns(end),
                carrier="vnpt",
                commune=self.city.directory.site(site).commune,
            )
            for site, _ in lost
        ]
        set_windows(self.city.registry, windows)
        for place, (site, link) in enumerate(lost):
            self.reserve(site, at - 60, end + 1_000)
            self.report_at(at + place, site, link, CUT)
            self.report_at(end - 600 + place if place else end + 900, site, link, UP)
            party = "" if place else "carrier:vnpt"
            self.expected.append(
                ExpectedIncident("link_fault", f"{site}/{link}", at + place - 2, party)
            )

    def deafen(self, deaf: bool) -> None:
        """Cut off the collector itself, or let it hear again."""
        sites = [site for site, device in self.city.devices.items() if not device.is_off]
        if deaf:
            self.city.cut_uplink(*sites)
        else:
            self.city.restore_uplink(*sites)

    # The day passes.

    def run(self) -> None:
        """Let the day pass."""
        self.write()
        city = self.city
        city.start()
        for place, device in enumerate(city.devices.values()):
            device.pushed_s = -(place % PUSH_S)
        while city.now_s < DAY_S:
            city.now_s += 1
            self._second(round(city.now_s))
        self.seconds = DAY_S

    def _second(self, now: int) -> None:
        city = self.city
        while self._late and self._late[0][0] <= now:
            _, _, device, piece = heapq.heappop(self._late)
            city.apply_summary(device, piece)
        for place in range(now % PUSH_S, SITES, PUSH_S):
            self._push(city.devices[f"s{place}"])
        while self._events and self._events[0][0] <= now:
            heapq.heappop(self._events)[2]()
        if is_tick := now % TICK_S == 0:
            present = city.present()
            for device in city.devices.values():
                city.rewrites.extend(device.timeline.tick(present, city.timeline_settings))
        if city.rewrites or (is_tick and (city.registry.active or now % 60 == 0)):
            for event in city.advance():
                self._check(event.incident.code, event.incident.key, event.record.kind)

    def _push(self, device: FixtureDevice) -> None:
        """Push what a device measured: dated a little off, now and then late or twice."""
        city = self.city
        if device.is_off:
            return
        piece = device.script.batch(device.pushed_s, city.now_s)
        wobble_ns = self.chance.randrange(-NS // 5, NS // 5)
        piece = msgspec.structs.replace(piece, epoch_ns=piece.epoch_ns + wobble_ns)
        device.script.pieces.clear()
        device.pushed_s = city.now_s
        draw = self.chance.random()
        if draw < 0.01 and not device.is_mute:
            self._count += 1
            heapq.heappush(self._late, (city.now_s + 20, self._count, device, piece))
            return
        city.deliver(device, piece)
        if draw > 0.99 and not device.is_mute:
            city.apply_summary(device, piece)

    def _check(self, code: str, key: str, kind: str) -> None:
        """Count what is called a fault of a link that is well."""
        if kind == "opened" and code == "link_fault" and self.truth.get(key, UP) is UP:
            self.false_alarms += 1
