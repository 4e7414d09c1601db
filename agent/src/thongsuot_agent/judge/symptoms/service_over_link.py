"""
A service over one link: its health by the observations of the link's series.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from thongsuot_agent.judge.link_context import NS_PER_S, LinkContext
from thongsuot_agent.judge.memory import LinkMemory, Track
from thongsuot_agent.judge.symptoms.failure_modes import (
    FailureMode,
    Health,
    failure_mode_of,
    health_of,
)
from thongsuot_agent.judge.symptoms.families import dead_family_of
from thongsuot_schema.catalogue import http
from thongsuot_schema.inventory.model import Link
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family

REQUEST = http.KIND.name
UNLISTED = Link(name="unlisted", interface="")
"""A link that is not in the inventory."""

SLOW_RUNS = 3
"""Consecutive slow runs before a page is reported slow: at one a minute, after three minutes."""

CLOCK_NS = 900 * NS_PER_S
"""A certificate found valid this recently proves the device's clock."""

EPISODES = 3
"""
Failures of one service over one link, with successes in between, that are not chance: on a line
that loses 1 % not one page in a thousand fails.
"""
EPISODES_NS = 600 * NS_PER_S
"""All of them within this time."""
STEADY_RUNS = 4
"""Consecutive successful runs before an intermittent fault ends."""


@dataclass(frozen=True, slots=True)
class ServiceOverLink:
    """
    A service over one link: its health by family, its failure mode if any, and the state of the
    link.
    """

    link: LinkMemory
    health: Mapping[Family, Health]
    tracks: Mapping[Family, Track]
    entry: Link = UNLISTED
    """The link's entry in the inventory, which determines whether witnesses are independent."""
    is_slow_at_times: bool = False
    """Whether its pages are slow repeatedly, though never three in a row."""

    @property
    def signature(self) -> str:
        """
        Its health and pace in every family, as text: a change has to be judged.
        """
        return " ".join(
            f"{family}:{self.health[family].name}:{self.tracks[family].slow_runs >= SLOW_RUNS - 1}"
            for family in sorted(self.health)
        ) + (" slow at times" if self.is_slow_at_times else "")

    @property
    def is_good(self) -> bool:
        """Whether it works in at least one family."""
        return any(health in {Health.GOOD, Health.PARTLY} for health in self.health.values())

    @property
    def is_whole(self) -> bool:
        """Whether it works in every family."""
        return bool(self.health) and all(h is Health.GOOD for h in self.health.values())

    @property
    def is_bad(self) -> bool:
        """Whether it is confirmed to fail in every family."""
        return bool(self.health) and all(h is Health.BAD for h in self.health.values())

    @property
    def is_doubtful(self) -> bool:
        """Whether another probe is needed before any verdict."""
        return any(health is Health.DOUBTFUL for health in self.health.values())

    @property
    def is_slow_by_link(self) -> bool:
        """Whether a fault of the link explains slow pages over it."""
        link = self.link
        slots = (link.slow, link.loss_fault, link.carried_fault, link.resolver)
        return any(slot.fault is not None for slot in slots)

    def failing(self, health: Health = Health.BAD) -> tuple[Track, FailureMode] | None:
        """Return the failure mode in the first family with this health."""
        for family in sorted(self.health):
            if self.health[family] is health:
                track = self.tracks[family]
                return track, failure_mode_of(track.reason)
        return None


def service_over_link(at: LinkContext, link: LinkMemory, service: str) -> ServiceOverLink:
    """
    Return the health of a service over one link, without the families that it, or the link, does
    not have.
    """
    dead = dead_family_of(link)
    tracks = {
        track.family: track
        for track in link.tracks.values()
        if track.target == service and track.kind == REQUEST and _is_current(at, link, track)
    }
    living = {f: t for f, t in tracks.items() if f is not dead}
    offered = {
        family: track
        for family, track in living.items()
        if not (track.failures and track.reason is Reason.NAME_WITHOUT_ADDRESS)
    }
    # A portal without IPv6 is an ordinary portal; one without any address does not exist.
    chosen = offered or living
    needed = at.settings.service_failures
    failing = _failing_addresses(at, service)
    health = {f: health_of(t, needed, at.now_ns, failing) for f, t in chosen.items()}
    if _comes_and_goes(at, link, chosen.values()):
        for family, track in chosen.items():
            is_steady = not track.episodes_ns or track.successes >= STEADY_RUNS
            if health[family] is Health.GOOD and not is_steady:
                health[family] = Health.PARTLY
    is_slow = _is_slow_at_times(at, link, chosen.values())
    entry = at.probes.link
    return ServiceOverLink(link, health, chosen, entry, is_slow)


def _comes_and_goes(at: LinkContext, link: LinkMemory, tracks: Iterable[Track]) -> bool:
    """
    Return whether a service fails repeatedly over a link, though never twice in a row.

    A portal or a name server that fails every third time also affects users. Failures from before
    the link's last fault ended belong to the link.
    """
    since_ns = max(link.clear_ns, at.now_ns - EPISODES_NS)
    return sum(start_ns >= since_ns for t in tracks for start_ns in t.episodes_ns) >= EPISODES


def _is_slow_at_times(at: LinkContext, link: LinkMemory, tracks: Iterable[Track]) -> bool:
    """
    Return whether pages are intermittently slow, in every family; it ends after some consecutive
    prompt ones.
    """
    since_ns = max(link.clear_ns, at.now_ns - EPISODES_NS)
    episodes = [[ns for ns in track.slow_episodes_ns if ns >= since_ns] for track in tracks]
    is_over = all(_prompt_runs(track) >= STEADY_RUNS for track in tracks)
    return bool(episodes) and all(episodes) and sum(map(len, episodes)) >= EPISODES and not is_over


def forget_steady_spell(over: ServiceOverLink, since_ns: int) -> None:
    """
    Forget the slow pages of a fault that has ended, if they were slow without a break.

    Such a fault was reported as one; counted again, it made a single slow page within the next ten
    minutes an intermittently slow portal (2026-12: three in half an hour on the lab's packets,
    after the portal had been slow once for half a minute).
    """
    tracks = over.tracks.values()
    if all(sum(ns >= since_ns for ns in track.slow_episodes_ns) <= 1 for track in tracks):
        for track in tracks:
            track.slow_episodes_ns = [ns for ns in track.slow_episodes_ns if ns < since_ns]


def _prompt_runs(track: Track) -> int:
    """Return the number of latest consecutive pages that loaded in time."""
    slow_ns = track.slow_episodes_ns[-1] if track.slow_episodes_ns else 0
    return 0 if track.slow_runs else sum(start_ns > slow_ns for start_ns in track.prompt_ns)


def _failing_addresses(at: LinkContext, service: str) -> frozenset[str]:
    """Return the addresses of a service that failed at their last trial, over any link."""
    last: dict[str, tuple[int, bool]] = {}
    for link in at.memory.links.values():
        for track in link.tracks.values():
            if track.target == service:
                for name, address in track.addresses.items():
                    tried = (address.tried_ns, address.failures > 0)
                    last[name] = max(tried, last.get(name, tried))
    return frozenset(name for name, (_, fails) in last.items() if fails)


def _is_current(at: LinkContext, link: LinkMemory, track: Track) -> bool:
    """
    Return whether a series is measured, and has been since the link's present state began.

    Failures while the link was out prove nothing about the service.
    """
    last_ns = max(track.worked_ns or 0, track.failed_ns or 0)
    is_of_outage = track.failures > 0 and (track.failed_ns or 0) < link.clear_ns
    is_measured = last_ns > (track.unmeasured_ns or 0) or at.now_ns - last_ns < CLOCK_NS
    return is_measured and not is_of_outage


def is_asked_before_recovery(link: LinkMemory, service: str) -> bool:
    """
    Return whether a service failed over a link before that link's own fault ended, and was not
    requested since: neither a failure nor a success there shows anything of the service yet.
    """
    tracks = [t for t in link.tracks.values() if t.target == service and t.kind == REQUEST]
    return any(track.failures for track in tracks) and all(
        max(track.worked_ns or 0, track.failed_ns or 0, track.unmeasured_ns or 0) < link.clear_ns
        for track in tracks
    )


def networks_of(over: ServiceOverLink) -> frozenset[str]:
    """Return the networks in which a service was tried; empty if no address is known."""
    return networks_of_tracks(over.tracks.values())


def networks_of_tracks(tracks: Iterable[Track]) -> frozenset[str]:
    """Return the networks of the addresses at which a service was tried: /24 or /48."""
    networks: set[str] = set()
    for track in tracks:
        for address in track.addresses:
            six = ":" in address
            networks.add(":".join(address.split(":")[:3]) if six else address.rpartition(".")[0])
    return frozenset(networks)
