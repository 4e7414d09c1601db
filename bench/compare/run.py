"""Every tool at a site of its own in one lab, and the same faults for all of them at once."""

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from bench.compare.checks import CENTRE
from bench.compare.contract import Message, Peer, PeerKind, PeerPlace
from bench.compare.faults import CARRIER, DURING_OUTAGE, ComparedFault
from bench.compare.observations import CentreOutage, PeerObservations, ToldOf
from bench.compare.peers.ours import WITNESS, Ours
from bench.compare.programs import memory_bytes
from bench.compare.receiver import NotificationReceiver

from thongsuot_lab.lab import Lab
from thongsuot_lab.topology.city import CARRIERS, COMMUNES, begin_city
from thongsuot_lab.topology.model import LabSite, Topology
from thongsuot_schema.segment import Party

ALLOWANCE_BYTES = 1_000_000_000
"""The monitoring budget of the second line in a month: it is metered."""

SETTLE_S = 60.0
"""How long everything runs before measuring begins."""

CALM_WITHIN_S = 240.0
"""How long a tool may take to report that everything is well again."""

READY_WITHIN_S = 720.0
"""How long the first checks may take: the slowest tool needs two rounds of 300 s."""

_POLL_S = 1.0


def say(words: str) -> None:
    """Print the progress for the person at the terminal."""
    print(f"{time.strftime('%H:%M:%S')} {words}", file=sys.stderr, flush=True)


def comparison_topology(sites: Sequence[str]) -> Topology:
    """Return a city whose sites have a fibre of one carrier and a metered 5G line of another."""
    drawing = begin_city(dict(CARRIERS), portals=2)
    other = next(name for name in CARRIERS if name != CARRIER)
    for number, site in enumerate((*sites, WITNESS)):
        drawing.site(site, COMMUNES[number % len(COMMUNES)], CARRIER, other)
    drawing.draft.sites[:] = [_with_metered_second(site) for site in drawing.draft.sites]
    return drawing.draft.build()


def _with_metered_second(site: LabSite) -> LabSite:
    first, second = site.uplinks
    return replace(site, uplinks=(first, replace(second, allowance_bytes=ALLOWANCE_BYTES)))


@dataclass(slots=True)
class PlayedPeer:
    """A running tool, and the observations of it so far."""

    kind: PeerKind
    place: PeerPlace
    peer: Peer
    seen: PeerObservations


@dataclass(slots=True)
class ToolComparison:
    """
    The run. ``hold_s`` is how long each fault lasts; ``window_s`` is the time without a fault in
    which bytes are counted, ``outage_s`` the time without the centre.
    """

    lab: Lab
    folder: Path
    hold_s: float
    window_s: float
    outage_s: float
    receiver: NotificationReceiver = field(init=False)
    played: list[PlayedPeer] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.receiver = NotificationReceiver(self.lab)

    def start(self, kinds: dict[str, PeerKind]) -> None:
        """Start every tool, by the name of its site, one after the other."""
        self.receiver.start()
        for site, kind in kinds.items():
            say(f"{site}: starting {kind.name} …")
            place = PeerPlace(
                lab=self.lab, site=site, folder=self.folder / site, hook=self.receiver.url(site)
            )
            peer = kind.create(place)
            self.receiver.add(site, peer, place)
            seen = PeerObservations(name=kind.name, settings=kind.settings, version=kind.version())
            self.played.append(PlayedPeer(kind, place, peer, seen))
            peer.start()
        say("waiting until every check of every tool has run …")
        self.await_calm(READY_WITHIN_S)

    def stop(self) -> None:
        """End everything."""
        for played in self.played:
            played.peer.stop()
        self.receiver.stop()

    def measure_rest(self) -> None:
        """Count bytes and memory while nothing is wrong."""
        say(f"nothing is wrong for {SETTLE_S + self.window_s:.0f} s …")
        time.sleep(SETTLE_S)
        before = [self._counted(played) for played in self.played]
        started = time.monotonic()
        time.sleep(self.window_s)
        took_s = time.monotonic() - started
        for played, bytes_before in zip(self.played, before, strict=True):
            counted = self._counted(played)
            played.seen.bytes_per_s = {
                link: (counted[link] - bytes_before[link]) / took_s for link in counted
            }
            device = self.lab.node(self.lab.topology.site(played.place.site).device)
            played.seen.memory_bytes = memory_bytes(device)

    def play(self, fault: ComparedFault) -> None:
        """Apply it at every site at once, hold it, mend it, wait until everything is calm."""
        say(f"{fault.title}: {self.hold_s:.0f} s")
        arguments = [fault.arguments(played.place.site) for played in self.played]
        for one_site in arguments[:1] if fault.is_of_all else arguments:
            self.lab.fault(fault.name, **one_site)
        broken_ns = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
        time.sleep(self.hold_s)
        healed_ns = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
        self.lab.heal(fault.name)
        if fault.ends_tools:
            self._collect()
        else:
            self.await_calm()
        for played in self.played:
            played.seen.told[fault.title] = told_of(played, fault, broken_ns, healed_ns)

    def play_outage(self) -> None:
        """Cut the centre off; break and mend a portal meanwhile."""
        say(f"the centre is cut off for {self.outage_s:.0f} s …")
        wire = next(
            wire.name for wire in self.lab.topology.wires if CENTRE in (wire.a.node, wire.b.node)
        )
        name, arguments = DURING_OUTAGE
        began_s = time.time()
        self.lab.cut(wire, key="outage")
        time.sleep(self.outage_s / 6)
        broken_ns = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
        self.lab.fault(name, **arguments)
        time.sleep(self.outage_s / 2)
        self.lab.heal(name)
        time.sleep(self.outage_s / 3)
        ended_s = time.time()
        self.lab.clear(key="outage")
        back_ns = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
        self.await_calm()
        # Results that waited on the devices are still being sent.
        time.sleep(SETTLE_S)
        self._collect()
        for played in self.played:
            runs = played.peer.stored_runs(began_s, ended_s)
            message_times = [
                message.boottime_ns
                for message in played.place.messages
                if message.boottime_ns >= broken_ns and message.party is Party.PORTAL
            ]
            played.seen.outage = CentreOutage(
                on_device=runs.on_device,
                in_centre=runs.in_centre,
                told_s=max(0.0, (min(message_times) - back_ns) / 1e9) if message_times else None,
            )

    def await_calm(self, within_s: float = CALM_WITHIN_S) -> None:
        """Wait, for a limited time, until every tool reports that all is well."""
        deadline = time.monotonic() + within_s
        restless = list(self.played)
        while restless and time.monotonic() < deadline:
            time.sleep(_POLL_S)
            self._collect()
            restless = [played for played in restless if not is_done(played)]
        if restless:
            names = ", ".join(played.kind.name for played in restless)
            say(f"not calm after {within_s:.0f} s: {names}")

    def _collect(self) -> None:
        for played in self.played:
            if isinstance(played.peer, Ours):
                played.peer.collect_messages()

    def _counted(self, played: PlayedPeer) -> dict[str, int]:
        """Return the bytes that a device has sent and received so far, by link."""
        site = self.lab.topology.site(played.place.site)
        device = self.lab.node(site.device)
        counted = {}
        for uplink in site.uplinks:
            files = [
                f"/sys/class/net/{uplink.interface}/statistics/{way}_bytes" for way in ("rx", "tx")
            ]
            counted[uplink.name] = sum(map(int, device.run(["cat", *files]).stdout.split()))
        return counted


def is_done(played: PlayedPeer) -> bool:
    """
    Return whether a tool sees no fault, and has notified the end of everything that it notified.
    """
    last = {(message.party, message.thread): message for message in played.place.messages}
    return played.peer.is_calm() and all(message.is_over for message in last.values())


def told_of(played: PlayedPeer, fault: ComparedFault, broken_ns: int, healed_ns: int) -> ToldOf:
    """Return the notifications of a fault, from the messages that have arrived since it began."""
    since = [message for message in played.place.messages if message.boottime_ns >= broken_ns]
    bad = [message for message in since if not message.is_over]
    during = [message for message in bad if message.boottime_ns <= healed_ns]
    right = [message for message in bad if message.party in fault.parties]
    in_time = [message for message in right if message.boottime_ns <= healed_ns]
    others = [message for message in bad if message.party not in fault.parties]

    def seconds(messages: list[Message]) -> float | None:
        moments = [message.boottime_ns for message in messages]
        return (min(moments) - broken_ns) / 1e9 if moments else None

    return ToldOf(
        right_s=seconds(in_time),
        late_s=None if in_time else seconds(right),
        first_s=seconds(during),
        messages=len(bad),
        to_others=len(others),
        other_parties=tuple(sorted({message.party for message in others})),
        is_over_told=any(message.is_over for message in since),
        said=tuple(_said(message, broken_ns) for message in since),
    )


def _said(message: Message, broken_ns: int) -> str:
    after_s = (message.boottime_ns - broken_ns) / 1e9
    end = " (over)" if message.is_over else ""
    return f"{after_s:.1f} s, {message.party.value}: {message.subject}{end}"
