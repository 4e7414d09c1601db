"""
A city for tests: sites with two links each, their agents' pushes, timelines and a registry.

Time is in seconds of the script. What an agent says arrives ``travel_s`` later; while
``cut_uplink`` it stays in its spool until ``restore_uplink``. Everything that was told is
in ``told``.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import msgspec

from tests.collector.timeline.boot_script import NS, UP, BootScript, VerdictTriple, wall_ns
from thongsuot_collector.incidents.incident import Incident, NotificationEvent
from thongsuot_collector.incidents.reducer import advance
from thongsuot_collector.incidents.registry import IncidentRegistry, RegistrySnapshot
from thongsuot_collector.incidents.settings import IncidentSettings
from thongsuot_collector.inventory.directory import InventoryDirectory
from thongsuot_collector.rules.loader import load_all
from thongsuot_collector.timeline.batch_summary import BatchSummary
from thongsuot_collector.timeline.interval import Rewrite
from thongsuot_collector.timeline.settings import TimelineSettings
from thongsuot_collector.timeline.site import CollectorClock, SiteTimeline
from thongsuot_schema.inventory.fields import Medium
from thongsuot_schema.inventory.model import Carrier, Commune, Inventory, Link, Role, Site, Target
from thongsuot_schema.segment import Segment
from thongsuot_schema.verdict import VerdictChange

PORTAL = "dichvucong"

PORTAL_TARGET = Target(
    name=PORTAL,
    role=Role.SERVICE,
    segment=Segment.SERVICE,
    url="https://portal.test/",
    title_vi="Cổng dịch vụ công",
    title_en="Public service portal",
)


def inventory(
    sites: int,
    carriers: Sequence[str],
    *,
    radio: Callable[[int], str | None] | None = None,
    communes: int | None = None,
    shares: tuple[str, ...] = (),
) -> Inventory:
    """
    Return a city: site ``n`` is in commune ``n + 1``, its fibre with the carriers in turn.

    ``radio`` names the carrier of its 5G link; ``None``: it has none. Left out: the next carrier.
    All links of a site share what ``shares`` names.
    """
    made = []
    for number in range(sites):
        links = [
            Link(
                name="fiber",
                interface="eth0",
                medium=Medium.FIBER,
                carrier=carriers[number % len(carriers)],
                circuit=f"FTTH-{number:04}",
                shares=shares,
            )
        ]
        air = carriers[(number + 1) % len(carriers)] if radio is None else radio(number)
        if air is not None:
            links.append(
                Link(
                    name="5g",
                    interface="wwan0",
                    medium=Medium.RADIO_5G,
                    carrier=air,
                    shares=shares,
                )
            )
        made.append(
            Site(
                name=f"s{number}",
                title=f"Điểm {number}",
                commune=f"{number % (communes or sites) + 1:05}",
                links=tuple(links),
            )
        )
    return Inventory(
        communes=tuple(
            Commune(code=f"{n:05}", name=f"Phường {n}", kind="phuong", slug=f"p{n}")
            for n in range(1, (communes or sites) + 1)
        ),
        carriers=tuple(
            Carrier(name=name, title=name.upper(), hotline="18001166") for name in carriers
        ),
        sites=tuple(made),
        targets=(PORTAL_TARGET,),
    )


@dataclass
class FixtureDevice:
    """One site's device: its present boot, and what waits in its spool."""

    site: str
    script: BootScript
    timeline: SiteTimeline
    pushed_s: float
    is_mute: bool = False
    is_off: bool = False
    boots: int = 1
    spool: list[BatchSummary] = field(default_factory=list)


class CityFixture:
    """The city; ``run`` lets time pass, second by second."""

    def __init__(
        self,
        known_inventory: Inventory,
        *,
        settings: IncidentSettings | None = None,
        timeline: TimelineSettings | None = None,
        push_s: int = 15,
        start_s: int = 0,
    ) -> None:
        self.directory = InventoryDirectory(known_inventory)
        self.settings = settings or IncidentSettings()
        self.timeline_settings = timeline or TimelineSettings()
        self.push_s = push_s
        self.now_s: float = start_s
        self.hearing_since_s: float = start_s
        self.is_listening = True
        self.notifications: list[NotificationEvent] = []
        self.registry = self.new_registry()
        self.rewrites: list[Rewrite] = []
        self.devices = {}
        for place, site in enumerate(known_inventory.sites):
            life = BootScript(site=site.name, boot=f"{site.name}-b1", stream=f"{site.name}-a1")
            life.on_s = start_s - 100
            timeline_ = SiteTimeline(site=site.name)
            device = FixtureDevice(site.name, life, timeline_, start_s + place % push_s)
            self.devices[site.name] = device

    def restart(self) -> IncidentRegistry:
        """Write down what the registry holds, and load it into a new one, as a new process does."""
        saved = msgspec.msgpack.encode(
            RegistrySnapshot(
                faults=tuple(self.registry.faults.values()),
                incidents=tuple(self.registry.incidents.values()),
                subject_states=tuple(self.registry.network_state.all_states()),
                windows=self.registry.network_state.windows,
            )
        )
        self.registry = self.new_registry()
        self.registry.restore(msgspec.msgpack.decode(saved, type=RegistrySnapshot))
        return self.registry

    def new_registry(self) -> IncidentRegistry:
        """Return an empty registry of this city."""
        return IncidentRegistry(
            self.directory, load_all(), self.settings, calm_s=self.timeline_settings.calm_s
        )

    # What happens.

    def start(self) -> None:
        """Let every device report that all is well."""
        for device in self.devices.values():
            site = self.directory.site(device.site)
            changes = [
                device.script.change(name, UP, self.now_s, self.now_s)
                for name in (*(link.name for link in site.links), f"/{PORTAL}")
            ]
            piece = device.script.batch(self.now_s, self.now_s, changes)
            device.pushed_s = self.now_s
            self.apply_summary(device, piece)
        self.advance()

    def report(
        self, site: str, subject: str, verdict: VerdictTriple, *, onset_s: float | None = None
    ) -> None:
        """Let an agent give a verdict now, on a link or ``/service``, and the book take it."""
        self.push_verdict(site, subject, verdict, onset_s=onset_s)
        self.advance()

    def push_verdict(
        self, site: str, subject: str, verdict: VerdictTriple, *, onset_s: float | None = None
    ) -> None:
        """Let an agent give a verdict now and push it; the book takes it with what else comes."""
        device = self.devices[site]
        if device.is_off:
            return
        onset = self.now_s if onset_s is None else onset_s
        change = device.script.change(subject, verdict, onset, self.now_s)
        self.push(device, [change])

    def cut_uplink(self, *sites: str) -> None:
        """Cut sites off: they go on measuring and keep what they measure."""
        for site in sites:
            self.devices[site].is_mute = True

    def restore_uplink(self, *sites: str, fresh_first: bool = True) -> None:
        """Let sites report again: what is fresh first, then what they kept, oldest first."""
        for site in sites:
            device = self.devices[site]
            device.is_mute = False
            self.push(device, [])
            spool, device.spool = device.spool, []
            if not fresh_first:
                spool.sort(key=lambda piece: piece.number)
            for piece in spool:
                self.apply_summary(device, piece)
        self.advance()

    def power_off(self, *sites: str) -> None:
        """Take the power from sites."""
        for site in sites:
            self.devices[site].is_off = True

    def power_on(self, *sites: str, boot_s: float = 40) -> None:
        """Give sites their power back ``boot_s`` ago: their agents begin to measure now."""
        for site in sites:
            device = self.devices[site]
            device.is_off = False
            device.boots += 1
            name = f"{site}-{{}}{device.boots}"
            device.script = BootScript(site=site, boot=name.format("b"), stream=name.format("a"))
            device.script.on_s = round(self.now_s - boot_s)
            device.pushed_s = self.now_s
            links = (link.name for link in self.directory.site(site).links)
            changes = [
                device.script.change(subject, UP, self.now_s, self.now_s)
                for subject in (*links, f"/{PORTAL}")
            ]
            piece = device.script.batch(self.now_s, self.now_s, changes, starts=[self.now_s])
            self.deliver(device, piece)
        self.advance()

    # How it is told.

    def push(self, device: FixtureDevice, changes: Sequence[VerdictChange]) -> None:
        """Seal what a device measured since its last push, and send it."""
        piece = device.script.batch(device.pushed_s, self.now_s, changes)
        device.pushed_s = self.now_s
        self.deliver(device, piece)

    def deliver(self, device: FixtureDevice, piece: BatchSummary) -> None:
        """Take a piece, or leave it in the spool of a device that cannot send."""
        if device.is_mute:
            device.spool.append(piece)
        else:
            self.apply_summary(device, piece)

    def apply_summary(self, device: FixtureDevice, piece: BatchSummary) -> None:
        """Let the collector apply a piece."""
        self.rewrites.extend(device.timeline.apply(piece, self.present(), self.timeline_settings))

    def present(self) -> CollectorClock:
        """Return the present as the collector's consumer has it."""
        return CollectorClock(
            now_ns=wall_ns(self.now_s), listening_since_ns=wall_ns(self.hearing_since_s)
        )

    def advance(self) -> list[NotificationEvent]:
        """Let the book take what changed."""
        rewrites, self.rewrites = self.rewrites, []
        now_ns = wall_ns(self.now_s)
        events = advance(self.registry, rewrites, now_ns, is_listening=self.is_listening)
        self.notifications.extend(events)
        return list(events)

    def run(self, until_s: float) -> None:
        """Let time pass: pushes every ``push_s``, everything else every second."""
        while self.now_s < until_s:
            self.now_s += 1
            for device in self.devices.values():
                if device.is_off:
                    continue
                if self.now_s - device.pushed_s >= self.push_s:
                    self.push(device, [])
            for device in self.devices.values():
                self.rewrites.extend(device.timeline.tick(self.present(), self.timeline_settings))
            self.advance()

    # What came of it.

    def notification_lines(self, since: int = 0) -> list[tuple[float, str, str, str, str]]:
        """Return what was told as lines: when, what, why, of which rule, to whom."""
        return [
            (
                (notification.record.at_ns - wall_ns(0)) / NS,
                notification.record.kind,
                notification.record.cause,
                notification.incident.code,
                str(notification.record.party),
            )
            for notification in self.notifications[since:]
        ]

    def incidents(self, code: str = "") -> list[Incident]:
        """Return the incidents in the book (of one rule), in order of their onsets."""
        incidents = [
            incident for incident in self.registry.incidents.values() if code in {"", incident.code}
        ]
        return sorted(incidents, key=lambda incident: (incident.opened_ns, incident.id))

    def only(self, code: str) -> Incident:
        """Return the only incident of a rule."""
        incidents = self.incidents(code)
        assert len(incidents) == 1, [(incident.code, incident.key) for incident in self.incidents()]
        return incidents[0]


def healthy_city(
    sites: int = 12,
    carriers: tuple[str, ...] = ("vnpt", "viettel", "mobifone"),
    settings: IncidentSettings | None = None,
) -> CityFixture:
    """
    Return a city that is well, at second 30.

    Site n has its fibre with carrier n, its 5G with carrier n + 1, of those named, in turn.
    """
    made = CityFixture(inventory(sites, carriers), settings=settings)
    made.start()
    made.run(30)
    assert made.notifications == []
    return made
