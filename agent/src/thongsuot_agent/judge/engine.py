"""
Engine: one event at a time to verdict changes and wishes.

``step`` is the whole interface. The memory that is passed in is consumed: the ruling holds the
memory to go on with. Nothing here reads a clock or draws a number, so the same events give the same
rulings.
"""

import msgspec

from thongsuot_agent.judge import links, paths, rounds, services
from thongsuot_agent.judge.events import Arrival, Event, LinkEvent, Tick, Wish
from thongsuot_agent.judge.memory import LinkMemory, Memory
from thongsuot_agent.judge.plan import Plan
from thongsuot_agent.judge.settings import Settings
from thongsuot_agent.judge.sight import seen_now
from thongsuot_agent.judge.signs import Sign, sign_of
from thongsuot_agent.judge.stand import Stand
from thongsuot_agent.judge.symptoms import equipment, loss
from thongsuot_agent.judge.symptoms.traffic import note_box, note_host
from thongsuot_agent.judge.tracks import ECHO, record, record_value, track_of
from thongsuot_agent.judge.verdicts import judge_link
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Result
from thongsuot_schema.state import State
from thongsuot_schema.verdict import VerdictChange

_STARVED = frozenset({Reason.AGENT_STARVED, Reason.RESOURCE_EXHAUSTED})
_NOT_BEGUN = frozenset({Reason.OVERRUN, Reason.BUDGET_SPENT})
"""The schedule left a run out, because one of the series was under way or its budget was spent."""


class Ruling(msgspec.Struct, frozen=True, kw_only=True):
    """
    What an event led to.

    ``changes`` in the order links first, then services; ``wishes`` are to be measured at once, each
    at most once; a wish that is not fulfilled costs certainty or time, never correctness.
    ``routes`` are the ways to targets that changed.
    """

    memory: Memory
    changes: tuple[VerdictChange, ...] = ()
    wishes: tuple[Wish, ...] = ()
    routes: tuple[paths.RouteChange, ...] = ()


def step(memory: Memory, event: Event, plan: Plan, settings: Settings) -> Ruling:
    """Take one event into the memory; returns what it led to."""
    memory.now_ns = max(memory.now_ns, event.boottime_ns)
    ruling = _take(memory, event, plan, settings)
    ways = paths.wishes(memory, ruling.changes, plan)
    if not ways:
        return ruling
    return msgspec.structs.replace(ruling, wishes=(*ruling.wishes, *ways))


def _take(memory: Memory, event: Event, plan: Plan, settings: Settings) -> Ruling:
    if isinstance(event, Arrival):
        return _on_result(memory, event.result, plan, settings)
    if isinstance(event, Result):
        return _on_result(memory, event, plan, settings)
    if isinstance(event, LinkEvent):
        return _on_facts(memory, event, plan, settings)
    return _on_tick(memory, event, plan, settings)


def _on_result(memory: Memory, result: Result, plan: Plan, settings: Settings) -> Ruling:
    series = result.series
    at = _stand(memory, series.link, plan, settings)
    if at is None:
        return Ruling(memory=memory)
    if _is_of_the_site(at, result):
        return _rule(at, plan)
    if series.kind == paths.PATH:
        return Ruling(memory=memory, routes=paths.note(at.link, result))
    post = at.watch.post(series)
    if post is None or result.finding.reason in _NOT_BEGUN:
        return Ruling(memory=memory)
    sign = sign_of(series.kind, result.finding)
    started_ns = result.boottime_ns
    if started_ns < at.link.valid_from_ns:
        sign = Sign.UNMEASURED
    track = track_of(at.link, series)
    if series.kind == ECHO:
        loss.note(at, post, track, result, sign)
    record(track, started_ns, result.finding, sign, memory.now_ns)
    rounds.note(at, track, post, sign, started_ns)
    if sign is Sign.UNMEASURED:
        if result.finding.reason in _STARVED:
            at.link.starved_ns = started_ns
    else:
        disturbed = links.is_disturbed(at.link, series.kind)
        record_value(track, started_ns, result.finding, settings, is_disturbed=disturbed)
        at.link.heard_ns = max(started_ns, at.link.heard_ns or 0)
        if not links.is_dead(at.link):
            links.suspect(at, seen_now(at, post, track, sign), sign)
    asked = services.note(at, plan, track, sign, started_ns) if post.is_service else ()
    return _with_others(_rule(at, plan, asked), at, plan)


def _is_of_the_site(at: Stand, result: Result) -> bool:
    """Take in what the device, the modem or a box says of itself; returns whether it was that."""
    finding, started_ns = result.finding, result.boottime_ns
    match result.series.kind:
        case rounds.HOST:
            note_host(at.link, finding, started_ns)
        case equipment.RADIO:
            equipment.note_radio(at.link, finding, started_ns, at.settings)
        case equipment.BOX:
            equipment.note_box(at.link, finding, started_ns)
            note_box(at, result.series.target, finding, started_ns)
        case _:
            return False
    return True


def _on_facts(memory: Memory, event: LinkEvent, plan: Plan, settings: Settings) -> Ruling:
    at = _stand(memory, event.link, plan, settings)
    if at is None:
        return Ruling(memory=memory)
    links.take_facts(at, event)
    return _rule(at, plan)


def _on_tick(memory: Memory, tick: Tick, plan: Plan, settings: Settings) -> Ruling:
    memory.wall_s, memory.wall_ns = tick.wall_s, tick.boottime_ns
    rulings: list[Ruling] = []
    for name in plan.watches:
        at = _stand(memory, name, plan, settings)
        if at is not None:
            links.pass_time(at)
            rulings.append(_rule(at, plan))
    found = services.judge(memory, plan, settings)
    return Ruling(
        memory=memory,
        changes=(*(c for ruling in rulings for c in ruling.changes), *found.changes),
        wishes=(*(w for ruling in rulings for w in ruling.wishes), *found.wishes),
    )


def _rule(at: Stand, plan: Plan, asked: tuple[Wish, ...] = ()) -> Ruling:
    """Settle the link that an event was about, then what depends on it."""
    memory, settings = at.memory, at.settings
    equipment.pass_time(at)
    wishes = [*links.settle(at), *asked]
    changes = judge_link(at)
    if changes:
        is_down = any(change.verdict.state is State.DOWN for change in changes)
        wishes.extend(services.compare(memory, plan, settings, only_faulty=not is_down))
    if changes or services.is_due(memory):
        found = services.judge(memory, plan, settings)
        wishes.extend(found.wishes)
        changes = (*changes, *found.changes)
    return Ruling(memory=memory, changes=changes, wishes=tuple(wishes))


def _with_others(ruling: Ruling, at: Stand, plan: Plan) -> Ruling:
    """Add what has come due on other links meanwhile: a second until the next tick is long."""
    for name, link in at.memory.links.items():
        other = _stand(at.memory, name, plan, at.settings) if link is not at.link else None
        if other is not None and links.is_due(other):
            more = _rule(other, plan)
            ruling = Ruling(
                memory=at.memory,
                changes=(*ruling.changes, *more.changes),
                wishes=(*ruling.wishes, *more.wishes),
            )
    return ruling


def _stand(memory: Memory, name: str, plan: Plan, settings: Settings) -> Stand | None:
    watch = plan.watches.get(name)
    if watch is None:
        return None
    link = memory.links.get(name)
    if link is None:
        link = memory.links[name] = LinkMemory(name=name)
    return Stand(memory, link, watch, settings)
