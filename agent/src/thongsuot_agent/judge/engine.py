"""
Engine: one event at a time to verdict changes and wishes.

``step`` is the whole interface. The memory that is passed in is consumed: the ruling holds the
memory to go on with. Nothing here reads a clock or draws a number, so the same events give the same
rulings.
"""

import msgspec

from thongsuot_agent.judge import links
from thongsuot_agent.judge.events import Arrival, Event, LinkEvent, Tick, Wish
from thongsuot_agent.judge.memory import LinkMemory, Memory
from thongsuot_agent.judge.plan import RANK, Plan, Watch, key_of
from thongsuot_agent.judge.settings import Settings
from thongsuot_agent.judge.sight import rung_of
from thongsuot_agent.judge.signs import Sign, sign_of
from thongsuot_agent.judge.tracks import record, track_of
from thongsuot_agent.judge.verdicts import judge_link
from thongsuot_schema.result import Result
from thongsuot_schema.segment import Segment
from thongsuot_schema.verdict import VerdictChange


class Ruling(msgspec.Struct, frozen=True, kw_only=True):
    """
    What an event led to.

    ``changes`` in the order links first, then services; ``wishes`` are to be measured at once, each
    at most once; a wish that is not fulfilled costs certainty, not correctness.
    """

    memory: Memory
    changes: tuple[VerdictChange, ...] = ()
    wishes: tuple[Wish, ...] = ()


def step(memory: Memory, event: Event, plan: Plan, settings: Settings) -> Ruling:
    """
    Take one event into the memory; returns what it led to. Never raises for what a network does.
    """
    if isinstance(event, Arrival):
        memory.now_ns = max(memory.now_ns, event.boottime_ns)
        return _on_result(memory, event.result, plan, settings)
    memory.now_ns = max(memory.now_ns, event.boottime_ns)
    if isinstance(event, Result):
        return _on_result(memory, event, plan, settings)
    if isinstance(event, LinkEvent):
        return _on_facts(memory, event, plan, settings)
    return _on_tick(memory, event, plan, settings)


def _on_result(memory: Memory, result: Result, plan: Plan, settings: Settings) -> Ruling:
    series = result.series
    watch = plan.watches.get(series.link)
    if watch is None:
        return Ruling(memory=memory)
    link = _link(memory, series.link)
    post = watch.post(series)
    if post is None:
        return Ruling(memory=memory)
    sign = sign_of(series.kind, result.finding)
    started_ns = result.boottime_ns
    if started_ns < link.valid_from_ns:
        sign = Sign.UNMEASURED
    track = track_of(link, series)
    record(track, started_ns, result.finding, sign)
    if link.round is not None and started_ns >= link.round.opened_ns:
        link.round.awaited.discard(key_of(series))
    if sign is not Sign.UNMEASURED:
        link.heard_ns = max(started_ns, link.heard_ns or 0)
        if sign is Sign.ANSWERED and link.round is not None and started_ns >= link.round.opened_ns:
            link.round.answers += RANK[rung_of(post, link.facts)] > RANK[Segment.LAN]
        if not links.is_dead(link):
            links.suspect(link, track, post, sign, memory.now_ns)
    return _rule(memory, link, watch, settings)


def _on_facts(memory: Memory, event: LinkEvent, plan: Plan, settings: Settings) -> Ruling:
    watch = plan.watches.get(event.link)
    if watch is None:
        return Ruling(memory=memory)
    link = _link(memory, event.link)
    links.take_facts(link, event, memory.now_ns, settings)
    return _rule(memory, link, watch, settings)


def _on_tick(memory: Memory, tick: Tick, plan: Plan, settings: Settings) -> Ruling:
    memory.wall_s, memory.wall_ns = tick.wall_s, tick.boottime_ns
    changes: list[VerdictChange] = []
    wishes: list[Wish] = []
    for link in memory.links.values():
        watch = plan.watches.get(link.name)
        if watch is None:
            continue
        links.pass_time(link, watch, memory.now_ns, settings)
        ruling = _rule(memory, link, watch, settings)
        changes.extend(ruling.changes)
        wishes.extend(ruling.wishes)
    return Ruling(memory=memory, changes=tuple(changes), wishes=tuple(wishes))


def _rule(memory: Memory, link: LinkMemory, watch: Watch, settings: Settings) -> Ruling:
    wishes = links.settle(memory, link, watch, settings)
    change = judge_link(memory, link)
    return Ruling(memory=memory, changes=() if change is None else (change,), wishes=wishes)


def _link(memory: Memory, name: str) -> LinkMemory:
    link = memory.links.get(name)
    if link is None:
        link = memory.links[name] = LinkMemory(name=name)
    return link
