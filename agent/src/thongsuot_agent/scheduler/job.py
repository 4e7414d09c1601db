"""
Job: one series that is measured periodically; and the conversion of schedules to jobs, spread over
time.

Spread: the same series of two sites does not run in step, because the phase of a site comes from a
hash of its name. Inside a site the targets of a kind alternate over the interval, so that with four
anchors at five seconds some anchor is probed every 1.25 s. In short intervals the links of a site
and both families of a target share their moments, which saves wake-ups and makes the links
comparable. In long ones they take turns too: a portal that is probed once a minute over two links
in both families has a run every fifteen seconds, and its failure is detected that much sooner.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import msgspec

from thongsuot_agent.probes import loader
from thongsuot_agent.probing.contract import LINK_TARGET, Probe
from thongsuot_agent.scheduler.budget_arithmetic import VERDICT_KINDS
from thongsuot_agent.scheduler.timetable import GRID_NS, Jitter, phase_from_name
from thongsuot_schema.catalogue import loader as catalogue
from thongsuot_schema.inventory.fields import MOBILE_MEDIA
from thongsuot_schema.inventory.model import Link, ProbeSchedule, Role, Target
from thongsuot_schema.inventory.way_out import is_measured_on
from thongsuot_schema.result import Family, Series

NS_PER_S = 1_000_000_000
STAGGER_FROM_NS = 20 * NS_PER_S
"""
From this interval on links and families take turns: an additional wake-up is negligible there.
"""

ONE_FAMILY_LEAST_NS = 15 * NS_PER_S
"""No interval is halved below this, the shortest that a site configuration may set for a portal."""

JITTERED_KINDS = frozenset({"dns", "http"})
"""
Lookups and pages are too rare to meet every rhythm of a fault by their number: at a strict period
each meets the same moment of it (2026-12: a portal lost everything for 11 of every 30.1 seconds,
and for five minutes no page of five lines failed).
"""

BACKUP_INTERVAL_FACTOR = 10
"""
While a metered link alone carries a site, the kinds needed for verdicts run this much more rarely
than over an unmetered one, instead of as rarely as its everyday allowance requires: people work
over this link now. A day costs 22 MB with two portals in both families (calculated, 2026-11).
"""

ALL_NAMES = "*"
GATEWAY = "gateway"
RESOLVER = "resolver"
FIRST_HOP = "first-hop"
EDGE = "edge"


@dataclass(frozen=True, slots=True, kw_only=True)
class SchedulableLink:
    """
    The properties of a link that scheduling needs.

    ``families`` are those that the link has had since the start of the agent: a family that never
    existed is no fault and not measured; runs for one that has gone continue, with the result
    unmeasured. ``resolver_families`` are those of the configured name servers of the link,
    ``first_hop_families`` those with a known first router of the carrier, ``edge_families`` those
    with a known last router of the site. ``is_backup_in_use`` is true of a metered link while no
    unmetered one carries the site.
    """

    spec: Link
    families: frozenset[Family]
    resolver_families: frozenset[Family]
    first_hop_families: frozenset[Family] = frozenset()
    edge_families: frozenset[Family] = frozenset()
    is_backup_in_use: bool = False

    @property
    def is_metered(self) -> bool:
        """Whether monitoring has an allowance on this link."""
        return self.spec.allowance_bytes is not None


class JobKey(NamedTuple):
    """The identity of a job on a device, without the revision of its series."""

    kind: str
    link: str
    target: str
    family: Family


def job_key(series: Series) -> JobKey:
    """Return the key of the job that measures a series."""
    return JobKey(series.kind, series.link, series.target, series.family)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Job:
    """One series with everything for a run. ``Any``: each kind has its own settings."""

    series: Series
    target: Target
    probe: Probe[Any]
    settings: Any
    every_ns: int
    offset_ns: int
    usual_ns: int
    """``every_ns`` without faults: the basis of a month's budget."""
    over: str
    """The link of the run, which is charged for it; a site's own series name none."""
    jitter: Jitter | None = None

    @property
    def cost_bytes(self) -> int:
        """IP-level traffic of one run, both directions."""
        return self.probe.cost_bytes(self.target, self.settings)


def jobs_from_schedules(
    site: str,
    schedules: Sequence[ProbeSchedule],
    targets: Sequence[Target],
    links: Iterable[SchedulableLink],
) -> list[Job]:
    """Return all jobs of a site, in the order of schedules, links and targets."""
    jobs: list[Job] = []
    links_in_order = tuple(links)
    for schedule in schedules:
        probe = loader.load(schedule.kind)
        settings = msgspec.convert(schedule.settings, probe.settings)
        site_link = link_of_site(schedule, [link.spec for link in links_in_order])
        for slot, link in enumerate(links_in_order):
            if not is_named(link.spec.name, schedule.links):
                continue
            if probe.per_site and link.spec.name != site_link:
                continue
            if not is_measured_on(schedule.kind, link.spec):
                continue
            measured = targets_of(schedule, probe, targets, link.spec.name)
            usual_ns = round(interval_s(schedule, is_metered=link.is_metered) * NS_PER_S)
            every_ns = usual_ns
            if link.is_backup_in_use and schedule.kind in VERDICT_KINDS:
                every_ns = min(
                    usual_ns, round(schedule.every_s * BACKUP_INTERVAL_FACTOR * NS_PER_S)
                )
            for place, target in enumerate(measured):
                series_of_target = _series(schedule.kind, probe, link, target)
                factor = _frequency_factor(schedule.kind, link, series_of_target, every_ns)
                make = partial(
                    Job,
                    target=target,
                    probe=probe,
                    settings=settings,
                    every_ns=every_ns // factor,
                    usual_ns=usual_ns // factor,
                    jitter=_jitter(site, schedule, link),
                    over=link.spec.name,
                )
                for series in series_of_target:
                    turn, turns = _stagger_slot(series, every_ns, slot, len(links_in_order))
                    # A doubled frequency also uses the turns of the missing family.
                    moment = turn * len(measured) + place, turns // factor * len(measured)
                    phase_ns = offset_ns(site, schedule.kind, every_ns // factor, *moment)
                    jobs.append(make(series=series, offset_ns=phase_ns))
    return jobs


def _frequency_factor(
    kind: str, link: SchedulableLink, series_of_target: Sequence[Series], every_ns: int
) -> int:
    """
    Return the factor on the frequency of fetches or lookups over a link.

    Over a link with two address families a portal, or a name server, is probed twice in an
    interval, in turns. With a single family it is probed as often: intermittent failures were only
    overlooked there (2026-11: all of six undetected harms in 300 generated scenarios). Not on
    metered links, nor more often than is acceptable for a server.
    """
    is_once = kind in JITTERED_KINDS and len(series_of_target) == 1 and not link.is_metered
    return 2 if is_once and every_ns // 2 >= ONE_FAMILY_LEAST_NS else 1


def _jitter(site: str, schedule: ProbeSchedule, link: SchedulableLink) -> Jitter | None:
    """
    Return the jitter of a kind over a link: the same for all its series, so that links, families
    and targets keep their turns, those of a doubled frequency included.

    None over a metered link: there are too few runs for any rhythm, and the data budget counts
    them.
    """
    span_ns = round(schedule.every_s * NS_PER_S)
    if schedule.kind not in JITTERED_KINDS or link.is_metered or span_ns < STAGGER_FROM_NS:
        return None
    return Jitter(name=f"{site}/{schedule.kind}", span_ns=span_ns)


def interval_s(schedule: ProbeSchedule, *, is_metered: bool) -> float:
    """Return the interval of a schedule on a link."""
    if is_metered and schedule.metered_every_s is not None:
        return schedule.metered_every_s
    return schedule.every_s


def is_named(name: str, names: Sequence[str]) -> bool:
    """Return whether a list of names includes a name."""
    return ALL_NAMES in names or name in names


def targets_of(
    schedule: ProbeSchedule, probe: Probe[Any], targets: Sequence[Target], link: str
) -> tuple[Target, ...]:
    """Return the targets that a schedule measures over a link."""
    if probe.per_link:
        return (LINK_TARGET,)
    return tuple(
        target
        for target in targets
        if is_named(target.name, schedule.targets)
        and (not target.links or link in target.links)
        and probe.applies(target)
    )


def link_of_site(schedule: ProbeSchedule, links: Sequence[Link]) -> str:
    """
    Return the link whose local network has the computers of a site: the first wired one that a
    schedule names, or else the first; empty if it names no existing one.
    """
    named = [
        link
        for link in links
        if is_named(link.name, schedule.links) and is_measured_on(schedule.kind, link)
    ]
    wired = [link for link in named if link.medium not in MOBILE_MEDIA]
    return next((link.name for link in (*wired, *named)), "")


def offset_ns(site: str, kind: str, every_ns: int, place: int, places: int) -> int:
    """Return the phase of the item at ``place`` of ``places`` in an interval."""
    base_ns = phase_from_name(f"{site}/{kind}", every_ns) // GRID_NS * GRID_NS
    # All moments of a site have the same distance from the grid of another site.
    inside_ns = phase_from_name(site, GRID_NS)
    step_ns = round(every_ns * place / places / GRID_NS) * GRID_NS
    return (base_ns + step_ns + inside_ns) % every_ns


def _stagger_slot(series: Series, every_ns: int, slot: int, slots: int) -> tuple[int, int]:
    """Return the turn of a series among links and families, and the number of turns."""
    if every_ns < STAGGER_FROM_NS or series.family is Family.NONE:
        return 0, 1
    # Families in the outer loop: after one link, another link probes the same family.
    family = 1 if series.family is Family.IP6 else 0
    return family * slots + slot, 2 * slots


def families_of(target: Target, link: SchedulableLink) -> tuple[Family, ...]:
    """Return the address families in which a target is measured over a link."""
    wanted: set[Family] = set()
    for address in target.addresses:
        if address == RESOLVER:
            wanted |= link.resolver_families or {Family.IP4}
        elif address == FIRST_HOP:
            wanted |= link.first_hop_families
        elif address == EDGE:
            wanted |= link.edge_families
        elif address == GATEWAY:
            wanted |= link.families or {Family.IP4}
        else:
            wanted.add(Family.IP6 if ":" in address else Family.IP4)
    if target.url:
        wanted |= {Family.IP4, Family.IP6}
    # A link that never had an address is still probed, to report why it cannot be measured.
    usable = link.families or frozenset({Family.IP4})
    if target.role is Role.EQUIPMENT:
        # Equipment is the same in either family, and may be reachable in one that the link lacks.
        return tuple(family for family in Family if family in wanted)[:1]
    return tuple(family for family in Family if family in wanted and family in usable)


def _series(kind: str, probe: Probe[Any], link: SchedulableLink, target: Target) -> list[Series]:
    name = "" if probe.per_site else link.spec.name
    make = partial(Series, kind=kind, revision=catalogue.load(kind).revision, link=name)
    if probe.per_site:
        return [make(target=target.name, family=Family.NONE)]
    if probe.per_link:
        return [make(target="", family=Family.NONE)]
    return [make(target=target.name, family=family) for family in families_of(target, link)]
