"""
Services: cases, and the verdicts on portals through each link and for the site.

A run of a service that fails, or works again, opens a case: the service is asked once more over
every link, so that links are compared at the same time. A case is judged when all have answered and
no link is itself in question; what its own link, or the device's clock, explains is not the
portal's fault.
"""

from collections.abc import Mapping

import msgspec

from thongsuot_agent.judge import site
from thongsuot_agent.judge.comparison import is_settled, is_usable
from thongsuot_agent.judge.events import Wish
from thongsuot_agent.judge.fault import Sighting
from thongsuot_agent.judge.hysteresis import believe
from thongsuot_agent.judge.memory import Case, Memory, ServiceMemory, Slot, Track
from thongsuot_agent.judge.plan import Plan
from thongsuot_agent.judge.rounds import can_be_asked
from thongsuot_agent.judge.settings import Settings
from thongsuot_agent.judge.signs import Sign
from thongsuot_agent.judge.stand import Stand, ns
from thongsuot_agent.judge.symptoms import services as symptoms
from thongsuot_agent.judge.symptoms.partial import PARTLY_SILENT
from thongsuot_agent.judge.symptoms.portal import STALLS
from thongsuot_agent.judge.symptoms.services import Over
from thongsuot_agent.judge.verdicts import UNKNOWN
from thongsuot_schema.result import Family
from thongsuot_schema.segment import Segment
from thongsuot_schema.verdict import Symptom, VerdictChange

ASKED_AT_MOST = 5
"""Times that a doubtful service is asked in one case before it is left to the schedule."""
POSTPONED_S = 1.0
"""A case waits so long for a link that is in question, again and again."""
PATIENCE_S = 30.0
"""Longest that a case waits for links: by then their own rounds are over."""

BLOCKED = frozenset({Symptom.SERVICE_TIMES_OUT, Symptom.SERVICE_REFUSES})
"""What a destination looks like that one carrier does not lead to."""


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """What came of looking at the services."""

    changes: tuple[VerdictChange, ...] = ()
    wishes: tuple[Wish, ...] = ()


def note(at: Stand, plan: Plan, track: Track, sign: Sign, started_ns: int) -> tuple[Wish, ...]:
    """
    Take one run of a service: into its open case, or as the reason for one; returns what to ask.
    """
    service = _service(at.memory, track.target)
    if service.case is not None:
        if started_ns >= service.case.opened_ns:
            service.case.awaited.discard(_name(at.link.name, track.family))
        return ()
    if sign is Sign.UNMEASURED:
        return ()
    now = symptoms.over(at, at.link, service.name)
    if at.link.name not in service.slots and not now.is_doubtful and not now.is_bad:
        service.slots[at.link.name] = Slot(onset_ns=started_ns)
        service.judged[at.link.name] = now.signature
        return ()
    # What was left open is taken up again by the next run that speaks for it.
    fails_anew = now.is_doubtful and track.failures == 1
    is_slow_still = track.slow_runs % symptoms.SLOW_RUNS == symptoms.SLOW_RUNS - 1
    slot = service.slots.get(at.link.name)
    is_open = fails_anew or (is_slow_still and slot is not None and slot.fault is None)
    if now.signature == service.judged.get(at.link.name) and not is_open:
        return ()
    return _open(at, service, plan, track)


def _open(at: Stand, service: ServiceMemory, plan: Plan, track: Track) -> tuple[Wish, ...]:
    names = [service.name]
    if track.failures and at.link.round is None:
        # Before a portal is blamed, the link that says so is looked at.
        at.link.burst_ns = at.now_ns
    if track.failures and track.reason in STALLS:
        # Whether large packets are lost shows only when several services are asked.
        names.extend(name for name in plan.services if name != service.name)
    wishes: list[Wish] = []
    for name in names:
        asked = _service(at.memory, name)
        if asked.case is None:
            asked.case = Case(opened_ns=at.now_ns, due_ns=at.now_ns)
            wishes.extend(_ask(at.memory, asked, plan, at.settings))
    return tuple(wishes)


def compare(
    memory: Memory, plan: Plan, settings: Settings, *, only_faulty: bool
) -> tuple[Wish, ...]:
    """
    Ask for services anew, because a link has changed: all of them, or those that are not well.
    """
    wishes: list[Wish] = []
    for service in memory.services.values():
        is_faulty = any(slot.fault is not None for slot in service.slots.values())
        if service.case is None and (is_faulty or not only_faulty):
            service.case = Case(opened_ns=memory.now_ns, due_ns=memory.now_ns)
            wishes.extend(_ask(memory, service, plan, settings))
    return tuple(wishes)


def is_due(memory: Memory) -> bool:
    """Return whether a case can be judged."""
    return any(_is_complete(memory, service) for service in memory.services.values())


def judge(memory: Memory, plan: Plan, settings: Settings) -> Found:
    """Judge the cases that are complete, then give verdicts on every service."""
    wishes: list[Wish] = []
    ready: list[ServiceMemory] = []
    for service in memory.services.values():
        if _is_complete(memory, service):
            more = _ask_again(memory, service, plan, settings)
            wishes.extend(more)
            if not more and _is_complete(memory, service):
                ready.append(service)
    for service in ready:
        _close(memory, service, plan, settings)
    changes = [
        change
        for service in memory.services.values()
        for change in site.judge_service(memory, service, plan, settings.certificate_days)
    ]
    return Found(changes=tuple(changes), wishes=tuple(wishes))


def _ask_again(
    memory: Memory, service: ServiceMemory, plan: Plan, settings: Settings
) -> tuple[Wish, ...]:
    """Return what a case still needs; a case that only has to wait is due later."""
    case = service.case
    assert case is not None, "only an open case asks"
    stands = _stands(memory, plan, settings, service.name)
    if _in_time(memory, case) and not all(is_settled(at.link) for at in stands):
        _postpone(memory, case)
        return ()
    overs = [symptoms.over(at, at.link, service.name) for at in stands]
    wants_more = any(
        _wants_more(one, service.slots.get(one.link.name), settings)
        or not symptoms.is_compared(one, [other for other in overs if other is not one])
        for one in overs
    )
    if not wants_more or case.asked >= ASKED_AT_MOST:
        return ()
    case.asked += 1
    return _ask(memory, service, plan, settings)


def _close(memory: Memory, service: ServiceMemory, plan: Plan, settings: Settings) -> None:
    """Judge a case, unless what other services show has to be waited for."""
    case = service.case
    assert case is not None, "only an open case is closed"
    stands = _stands(memory, plan, settings, service.name)
    overs = {at.link.name: symptoms.over(at, at.link, service.name) for at in stands}
    if _in_time(memory, case) and _waits_for_others(memory, service, overs):
        _postpone(memory, case)
        return
    service.case = None
    for at in stands:
        _judge_packets(at, plan, settings)
    for at in stands:
        here = overs[at.link.name]
        elsewhere = [one for name, one in overs.items() if name != at.link.name and one.health]
        service.judged[at.link.name] = here.signature
        _believe(service, at, here, symptoms.detect(at, here, elsewhere))
        _judge_blocked(at)


def _believe(service: ServiceMemory, at: Stand, here: Over, seen: Sighting | None) -> None:
    slot = service.slots.setdefault(at.link.name, Slot(onset_ns=at.now_ns))
    if not here.health or here.is_doubtful:
        return
    fault = None if seen is None else seen.fault
    if fault == slot.fault or (fault == UNKNOWN and slot.fault is not None):
        # What cannot be told any better now stays as it was said.
        return
    if seen is None:
        starts = [t.worked_since_ns for t in here.tracks.values() if t.worked_since_ns]
        believe(slot, None, min((ns for ns in starts if ns >= slot.onset_ns), default=at.now_ns))
    else:
        believe(slot, seen, seen.onset_ns)


def _judge_packets(at: Stand, plan: Plan, settings: Settings) -> None:
    here: list[Over] = []
    elsewhere: dict[str, list[Over]] = {}
    for name in plan.services:
        here.append(symptoms.over(at, at.link, name))
        others = _stands(at.memory, plan, settings, name)
        elsewhere[name] = [
            symptoms.over(other, other.link, name) for other in others if other.link is not at.link
        ]
    fault = symptoms.large_packets(at, here, elsewhere)
    slot = at.link.packets
    if fault is not None and slot.fault is None:
        starts = [t.failed_since_ns for o in here for t in o.tracks.values() if t.failed_since_ns]
        seen = Sighting(fault=fault, onset_ns=min(starts), evidence=symptoms.evidence([*here]))
        believe(slot, seen, seen.onset_ns)
    elif slot.fault is not None and any(one.is_whole for one in here):
        at.link.clear_ns = at.now_ns
        at.link.packets = Slot()


def _judge_blocked(at: Stand) -> None:
    """A service that only this link does not reach is the link's fault, and makes it degraded."""
    blocked = [
        slot
        for service in at.memory.services.values()
        if (slot := service.slots.get(at.link.name)) is not None
        and slot.fault is not None
        and slot.fault.segment is Segment.CARRIER
        and slot.fault.symptom in BLOCKED
    ]
    if blocked and at.link.blocked.fault is None:
        first = min(blocked, key=lambda slot: slot.onset_ns)
        seen = Sighting(fault=PARTLY_SILENT, onset_ns=first.onset_ns, evidence=first.evidence)
        believe(at.link.blocked, seen, seen.onset_ns)
    elif not blocked and at.link.blocked.fault is not None:
        at.link.clear_ns = at.now_ns
        at.link.blocked = Slot()


def _wants_more(one: Over, slot: Slot | None, settings: Settings) -> bool:
    if one.is_doubtful or symptoms.may_be_slow(one, settings):
        return True
    if slot is None or slot.fault is None or not one.is_good:
        return False
    return any(0 < t.successes < settings.service_successes for t in one.tracks.values())


def _waits_for_others(memory: Memory, service: ServiceMemory, overs: Mapping[str, Over]) -> bool:
    """Return whether handshakes stall, and other services are being asked whether theirs do."""
    stalls = any(
        t.failures and t.reason in STALLS for o in overs.values() for t in o.tracks.values()
    )
    return stalls and any(
        other.case is not None and other.case.awaited and not _is_complete(memory, other)
        for other in memory.services.values()
        if other is not service
    )


def _postpone(memory: Memory, case: Case) -> None:
    case.waits_ns = memory.now_ns + ns(POSTPONED_S)
    case.due_ns = max(case.due_ns, case.waits_ns)


def _in_time(memory: Memory, case: Case) -> bool:
    return memory.now_ns - case.opened_ns < ns(PATIENCE_S)


def _ask(
    memory: Memory, service: ServiceMemory, plan: Plan, settings: Settings
) -> tuple[Wish, ...]:
    """Ask for a service over every link that is usable."""
    case = service.case
    assert case is not None, "only an open case asks"
    wishes: list[Wish] = []
    for at in _stands(memory, plan, settings, service.name):
        post = at.watch.posts[f"{symptoms.REQUEST} {service.name}"]
        wishes.extend(
            Wish(kind=post.kind, link=at.link.name, target=post.target, family=family)
            for family in post.families
            if can_be_asked(at.link, post, family)
        )
    case.awaited = {_name(wish.link, wish.family) for wish in wishes}
    case.due_ns = memory.now_ns + ns(settings.service_wait_s)
    return tuple(wishes)


def _stands(memory: Memory, plan: Plan, settings: Settings, service: str) -> list[Stand]:
    """Return the usable links over which a service is measured."""
    return [
        Stand(memory, link, watch, settings)
        for name, watch in plan.watches.items()
        if f"{symptoms.REQUEST} {service}" in watch.posts
        and (link := memory.links.get(name)) is not None
        and is_usable(link)
    ]


def _is_complete(memory: Memory, service: ServiceMemory) -> bool:
    case = service.case
    if case is None:
        return False
    # What has been answered in full may still have to wait (see ``_ask_again``).
    return memory.now_ns >= (case.waits_ns if not case.awaited else case.due_ns)


def _service(memory: Memory, name: str) -> ServiceMemory:
    service = memory.services.get(name)
    if service is None:
        service = memory.services[name] = ServiceMemory(name=name)
    return service


def _name(link: str, family: Family) -> str:
    return f"{link} {family}"
