"""
Services: comparisons, and the verdicts on portals through each link and for the site.

A run of a service that fails, or works again, opens a comparison: the service is probed once more
over every link, so that links are compared at the same time. A comparison is judged when all have
answered and no link is itself in question; failures explained by the link, or by the device's
clock, are not the portal's fault.
"""

from collections.abc import Mapping

import msgspec

from thongsuot_agent.judge import site
from thongsuot_agent.judge.blocked_services import judge_blocked
from thongsuot_agent.judge.comparison import is_settled, is_usable
from thongsuot_agent.judge.diagnosis import Suspicion
from thongsuot_agent.judge.direct_line import probes_for
from thongsuot_agent.judge.events import ConfirmationProbe
from thongsuot_agent.judge.hysteresis import confirm
from thongsuot_agent.judge.keys import AwaitedLink, PointKey
from thongsuot_agent.judge.link_context import LinkContext, ns
from thongsuot_agent.judge.memory import FaultSlot, Memory, ServiceComparison, ServiceMemory, Track
from thongsuot_agent.judge.reachability import Reachability
from thongsuot_agent.judge.rounds import can_be_probed
from thongsuot_agent.judge.service_reopening import is_look_due, is_taken_up, note_outcome
from thongsuot_agent.judge.service_watch import begin_watch, control_probes, watch_probes
from thongsuot_agent.judge.settings import Settings
from thongsuot_agent.judge.site_probes import SiteProbes
from thongsuot_agent.judge.symptoms import services as symptoms
from thongsuot_agent.judge.symptoms.attribution import is_compared, is_undecided
from thongsuot_agent.judge.symptoms.failure_modes import NEEDS_OTHER_SERVICES
from thongsuot_agent.judge.symptoms.last_witness import is_still_of_one_line
from thongsuot_agent.judge.symptoms.near_flows import near_probes
from thongsuot_agent.judge.symptoms.pages import note_queue
from thongsuot_agent.judge.symptoms.service_over_link import (
    REQUEST,
    ServiceOverLink,
    forget_steady_spell,
    is_asked_before_recovery,
    service_over_link,
)
from thongsuot_agent.judge.symptoms.translated import may_be_translators
from thongsuot_agent.judge.tracks import is_new_page
from thongsuot_agent.judge.verdicts import UNKNOWN
from thongsuot_schema.verdict import Symptom, VerdictChange

PROBED_AT_MOST = 5
"""Maximum number of probes of a doubtful service in one comparison; then the schedule continues."""
POSTPONED_S = 1.0
"""A comparison waits this long for a link in question, repeatedly."""
MAX_WAITS = 2.5
"""Maximum wait of a comparison for links, in runs: by then their own rounds are over."""


class ServiceOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """The result of examining the services."""

    changes: tuple[VerdictChange, ...] = ()
    confirmation_probes: tuple[ConfirmationProbe, ...] = ()


def note_service_run(
    at: LinkContext,
    site_probes: SiteProbes,
    track: Track,
    reachability: Reachability,
    started_ns: int,
) -> tuple[ConfirmationProbe, ...]:
    """
    Process one run of a service: add it to its open comparison, or open one; returns the requested
    probes.
    """
    note_queue(at, track)
    service = _service_memory(at.memory, track.target)
    if service.comparison is not None:
        if started_ns >= service.comparison.opened_ns:
            service.comparison.awaited.discard(AwaitedLink(at.link.name, track.family))
        return ()
    if reachability is Reachability.UNMEASURED:
        return ()
    if track.failures or track.slow_runs:
        begin_watch(service, at.now_ns)
    if is_new_page(track) and not at.probes.is_metered:
        return (*_take_service_run(at, site_probes, track, started_ns), _once_more(at, track))
    return _take_service_run(at, site_probes, track, started_ns)


def _once_more(at: LinkContext, track: Track) -> ConfirmationProbe:
    """
    Return a second page right after the first: two runs are needed to learn the usual time, and a
    minute later it may have become slow (2026-11: a page that became slow 90 s after the start was
    never reported).
    """
    return ConfirmationProbe(
        kind=REQUEST, link=at.link.name, target=track.target, family=track.family
    )


def _take_service_run(
    at: LinkContext, site_probes: SiteProbes, track: Track, started_ns: int
) -> tuple[ConfirmationProbe, ...]:
    """Judge a service by a new run, or open a comparison; returns the requested probes."""
    service = _service_memory(at.memory, track.target)
    now = service_over_link(at, at.link, service.name)
    if at.link.name not in service.slots and not now.is_doubtful and not now.is_bad:
        service.slots[at.link.name] = FaultSlot(onset_ns=started_ns)
        service.judged[at.link.name] = now.signature
        return ()
    if now.signature == service.judged.get(at.link.name) and not is_taken_up(
        at, service, track, now
    ):
        return ()
    return _open_comparison(at, service, site_probes, track)


def _open_comparison(
    at: LinkContext, service: ServiceMemory, site_probes: SiteProbes, track: Track
) -> tuple[ConfirmationProbe, ...]:
    names = [service.name]
    if track.failures and at.link.round is None:
        # Before a portal is blamed, the link of the failure is examined.
        at.link.burst_ns = at.now_ns
    if track.slow_runs or (track.failures and _needs_others(track)):
        # Loss of large packets, interception, and a path (not a portal) that is slow only show if
        # several services are probed.
        names.extend(name for name in site_probes.services if name != service.name)
    confirmations: list[ConfirmationProbe] = []
    for name in names:
        asked = _service_memory(at.memory, name)
        if asked.comparison is None:
            confirmations.extend(_reopened(at.memory, asked, site_probes, at.settings))
    return tuple(confirmations)


def compare_services(
    memory: Memory, site_probes: SiteProbes, settings: Settings, *, only_faulty: bool
) -> tuple[ConfirmationProbe, ...]:
    """
    Probe services again because a link has changed: all of them, or the faulty ones.
    """
    confirmations: list[ConfirmationProbe] = []
    for service in memory.services.values():
        is_faulty = any(slot.fault is not None for slot in service.slots.values())
        if service.comparison is None and (is_faulty or not only_faulty):
            confirmations.extend(_reopened(memory, service, site_probes, settings))
    return tuple(confirmations)


def _reopened(
    memory: Memory, service: ServiceMemory, site_probes: SiteProbes, settings: Settings
) -> tuple[ConfirmationProbe, ...]:
    service.comparison = ServiceComparison(opened_ns=memory.now_ns, due_ns=memory.now_ns)
    return _request_probes(memory, service, site_probes, settings)


def is_comparison_due(memory: Memory) -> bool:
    """Return whether a comparison can be judged."""
    for service in memory.services.values():
        if service.comparison is not None and _is_complete(memory, service):
            return True
    return False


def judge_services(memory: Memory, site_probes: SiteProbes, settings: Settings) -> ServiceOutcome:
    """Judge complete comparisons, then return verdicts on every service."""
    confirmations: list[ConfirmationProbe] = []
    ready: list[ServiceMemory] = []
    for service in memory.services.values():
        is_failing = any(slot.fault is not None for slot in service.slots.values())
        is_watched = memory.now_ns < service.watch.until_ns
        over: list[LinkContext] = []
        if is_failing or is_watched:
            over = _usable_links(memory, site_probes, settings, service.name)
        if is_look_due(memory, service, over):
            confirmations.extend(_reopened(memory, service, site_probes, settings))
        if is_watched:
            asked = watch_probes(service, over, memory.now_ns)
            confirmations.extend((*asked, *control_probes(memory, service, asked)))
        if _is_complete(memory, service):
            more = _request_missing_probes(memory, service, site_probes, settings)
            confirmations.extend(more)
            if not more and _is_complete(memory, service):
                ready.append(service)
    for service in ready:
        _close_comparison(memory, service, site_probes, settings)
    changes = [
        change
        for service in memory.services.values()
        for change in site.judge_service(memory, service, site_probes, settings.certificate_days)
    ]
    return ServiceOutcome(changes=tuple(changes), confirmation_probes=tuple(confirmations))


def _request_missing_probes(
    memory: Memory, service: ServiceMemory, site_probes: SiteProbes, settings: Settings
) -> tuple[ConfirmationProbe, ...]:
    """Return the missing probes of a comparison; if it only has to wait, its due time is moved."""
    comparison = service.comparison
    assert comparison is not None, "only an open comparison asks"
    contexts = _usable_links(memory, site_probes, settings, service.name)
    if _in_time(memory, comparison, settings) and not all(is_settled(at.link) for at in contexts):
        _postpone(memory, comparison)
        return ()
    overs = [service_over_link(at, at.link, service.name) for at in contexts]
    wants_more = any(
        _wants_more(over, service.slots.get(over.link.name), settings)
        or not is_compared(over, [other for other in overs if other is not over])
        or (over.is_bad and any(_is_new_witness(other, settings) for other in overs))
        # What a fault of a line spoilt proves nothing, and left out it would leave this one alone
        # (2026-12: a core's redirection paused, and the portal was named for another carrier's).
        or is_asked_before_recovery(over.link, service.name)
        for over in overs
    )
    if not wants_more or comparison.times_probed >= PROBED_AT_MOST:
        return ()
    comparison.times_probed += 1
    return _request_probes(memory, service, site_probes, settings)


def _close_comparison(
    memory: Memory, service: ServiceMemory, site_probes: SiteProbes, settings: Settings
) -> None:
    """Judge a comparison, unless it has to wait for other services' results."""
    comparison = service.comparison
    assert comparison is not None, "only an open comparison is closed"
    contexts = _usable_links(memory, site_probes, settings, service.name)
    overs = {at.link.name: service_over_link(at, at.link, service.name) for at in contexts}
    if _in_time(memory, comparison, settings) and _waits_for_others(memory, service, overs):
        _postpone(memory, comparison)
        return
    service.comparison = None
    for at in contexts:
        _judge_packets(at, site_probes, settings)
    for at in contexts:
        here = overs[at.link.name]
        elsewhere = [over for name, over in overs.items() if name != at.link.name and over.health]
        service.judged[at.link.name] = here.signature
        suspicion = symptoms.diagnose_service(at, here, elsewhere)
        held = service.slots.setdefault(at.link.name, FaultSlot(onset_ns=at.now_ns))
        if not is_still_of_one_line(held, suspicion, here, elsewhere):
            _update_service_slot(held, at, here, suspicion)
        judge_blocked(at)
    note_outcome(memory, service, contexts)


def _update_service_slot(
    slot: FaultSlot, at: LinkContext, here: ServiceOverLink, suspicion: Suspicion | None
) -> None:
    if not here.health or (here.is_doubtful and suspicion is None):
        return
    fault = None if suspicion is None else suspicion.fault
    if fault == slot.fault or (is_undecided(fault) and slot.fault not in {None, UNKNOWN}):
        # If it cannot be decided any better, the former judgement stays.
        return
    if suspicion is None:
        # Slow pages still work: only the present health shows since when they are fast.
        was_slow = slot.fault is not None and slot.fault.symptom is Symptom.SERVICE_SLOW
        tracks = () if was_slow else here.tracks.values()
        if was_slow:
            forget_steady_spell(here, slot.onset_ns)
        starts = [t.worked_since_ns for t in tracks if t.worked_since_ns]
        confirm(slot, None, min((ns for ns in starts if ns >= slot.onset_ns), default=at.now_ns))
    else:
        confirm(slot, suspicion, suspicion.onset_ns)


def _judge_packets(at: LinkContext, site_probes: SiteProbes, settings: Settings) -> None:
    here: list[ServiceOverLink] = []
    elsewhere: dict[str, list[ServiceOverLink]] = {}
    for name in site_probes.services:
        here.append(service_over_link(at, at.link, name))
        others = _usable_links(at.memory, site_probes, settings, name)
        elsewhere[name] = [
            service_over_link(other, other.link, name)
            for other in others
            if other.link is not at.link
        ]
    fault = symptoms.large_packets(at, here, elsewhere)
    slot = at.link.large_packets
    if fault is not None and fault != slot.fault:
        starts = [t.failed_since_ns for o in here for t in o.tracks.values() if t.failed_since_ns]
        suspicion = Suspicion(
            fault=fault, onset_ns=min(starts), evidence=symptoms.service_evidence([*here])
        )
        confirm(slot, suspicion, suspicion.onset_ns)
    elif slot.fault is not None and any(over.is_whole for over in here):
        at.link.clear_ns = at.now_ns
        at.link.large_packets = FaultSlot()


def _wants_more(over: ServiceOverLink, slot: FaultSlot | None, settings: Settings) -> bool:
    if over.is_doubtful or symptoms.may_be_slow(over, settings):
        return True
    if slot is None or slot.fault is None or not over.is_good:
        return False
    return any(0 < t.successes < settings.service_successes for t in over.tracks.values())


def _is_new_witness(over: ServiceOverLink, settings: Settings) -> bool:
    """
    Return whether a service works over a link but has too few runs there to be confirmed.

    Over a metered link it is probed once an hour, so the page of this comparison may be the first
    (2026-11: a portal that refused one carrier was reported as not yet measured).
    """
    return over.is_good and any(
        0 < track.successes < settings.service_successes for track in over.tracks.values()
    )


def _waits_for_others(
    memory: Memory, service: ServiceMemory, overs: Mapping[str, ServiceOverLink]
) -> bool:
    """Return whether other services are being probed for the same failure."""
    stalls = any(t.failures and _needs_others(t) for o in overs.values() for t in o.tracks.values())
    return stalls and any(
        other.comparison is not None
        and other.comparison.awaited
        and not _is_complete(memory, other)
        for other in memory.services.values()
        if other is not service
    )


def _needs_others(track: Track) -> bool:
    """Return whether a failure can only be attributed by comparison with other services."""
    return track.reason in NEEDS_OTHER_SERVICES or may_be_translators(track)


def _postpone(memory: Memory, comparison: ServiceComparison) -> None:
    comparison.waits_ns = memory.now_ns + ns(POSTPONED_S)
    comparison.due_ns = max(comparison.due_ns, comparison.waits_ns)


def _in_time(memory: Memory, comparison: ServiceComparison, settings: Settings) -> bool:
    return memory.now_ns - comparison.opened_ns < ns(MAX_WAITS * settings.service_wait_s)


def _request_probes(
    memory: Memory, service: ServiceMemory, site_probes: SiteProbes, settings: Settings
) -> tuple[ConfirmationProbe, ...]:
    """Probe a service over every usable link."""
    comparison = service.comparison
    assert comparison is not None, "only an open comparison asks"
    confirmations: list[ConfirmationProbe] = []
    near: list[ConfirmationProbe] = []
    for at in _usable_links(memory, site_probes, settings, service.name):
        point = at.probes.points[PointKey(REQUEST, service.name)]
        confirmations.extend(
            ConfirmationProbe(
                kind=point.kind, link=at.link.name, target=point.target, family=family
            )
            for family in point.families
            if can_be_probed(at.link, point, family)
        )
        if any(
            track.failures for track in service_over_link(at, at.link, service.name).tracks.values()
        ):
            near.extend(near_probes(at))
    comparison.awaited = {
        AwaitedLink(confirmation.link, confirmation.family) for confirmation in confirmations
    }
    comparison.due_ns = memory.now_ns + ns(settings.service_wait_s)
    return (*confirmations, *near)


def _usable_links(
    memory: Memory, site_probes: SiteProbes, settings: Settings, service: str
) -> list[LinkContext]:
    """Return the usable links over which a service is measured."""
    return [
        LinkContext(memory, link, probes_for(site_probes, link), settings)
        for name, link_probes in site_probes.links.items()
        if PointKey(REQUEST, service) in link_probes.points
        and (link := memory.links.get(name)) is not None
        and is_usable(link)
    ]


def _is_complete(memory: Memory, service: ServiceMemory) -> bool:
    comparison = service.comparison
    if comparison is None:
        return False
    # A comparison with all answers may still have to wait (see ``_request_missing_probes``).
    return memory.now_ns >= (comparison.waits_ns if not comparison.awaited else comparison.due_ns)


def _service_memory(memory: Memory, name: str) -> ServiceMemory:
    service = memory.services.get(name)
    if service is None:
        service = memory.services[name] = ServiceMemory(name=name)
    return service
