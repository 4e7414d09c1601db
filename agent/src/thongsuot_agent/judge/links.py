"""
Links: what an event does to a link: facts, suspicion, the end of a round, silence of the agent
itself.
"""

from thongsuot_agent.judge import rounds
from thongsuot_agent.judge.comparison import is_outage
from thongsuot_agent.judge.events import LinkEvent, LinkFacts, Wish
from thongsuot_agent.judge.fault import Fault, Sighting
from thongsuot_agent.judge.hysteresis import NS_PER_S, advance, believe
from thongsuot_agent.judge.memory import LinkMemory, Memory, Slot, Track
from thongsuot_agent.judge.plan import RANK, Post, Watch
from thongsuot_agent.judge.settings import Settings
from thongsuot_agent.judge.sight import Sight, Surroundings, look, rung_of
from thongsuot_agent.judge.signs import Sign
from thongsuot_agent.judge.symptoms import facts, flapping, silence
from thongsuot_schema.result import Family
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State

_OWN_FAULTS = (State.DOWN,)


def take_facts(link: LinkMemory, event: LinkEvent, now_ns: int, settings: Settings) -> None:
    """Take what the kernel says of an interface."""
    before, link.facts = link.facts, event.facts
    link.facts_ns = event.boottime_ns
    if before is None or _usable(before) != _usable(event.facts):
        # Runs in flight say nothing: packets of a time without signal are lost whatever the line
        # does.
        link.valid_from_ns = event.boottime_ns
    fault = facts.at_once(event.facts)
    if fault is not None:
        _interface_fails(link, fault, event.boottime_ns, now_ns, settings)
    else:
        check_facts(link, now_ns, settings)


def check_facts(link: LinkMemory, now_ns: int, settings: Settings) -> None:
    """Judge what the facts say after their time of grace; believe better news at once."""
    if link.facts is None or facts.at_once(link.facts) is not None:
        return
    fault = facts.after_grace(link, link.facts)
    held = link.facts_slot.fault
    if fault is not None and fault != held:
        if now_ns - link.facts_ns < settings.facts_grace_s * NS_PER_S:
            return
        if fault.state is State.DOWN:
            _interface_fails(link, fault, link.facts_ns, now_ns, settings)
        else:
            _interface_recovers(link)
            believe(link.facts_slot, Sighting(fault=fault, onset_ns=link.facts_ns), link.facts_ns)
    elif fault is None and held is not None:
        _interface_recovers(link)
        link.clear_ns = link.facts_ns
    link.had_ip4 = link.had_ip4 or link.facts.usable(Family.IP4)


def is_dead(link: LinkMemory) -> bool:
    """Return whether the interface itself cannot send."""
    fault = link.facts_slot.fault
    return fault is not None and fault.state in _OWN_FAULTS


def suspect(link: LinkMemory, track: Track, post: Post, sign: Sign, now_ns: int) -> None:
    """
    Ask for a burst when a run does not fit what is believed: silence, or an answer on a dead link.
    """
    if link.round is not None and link.round.is_burst:
        return
    is_news = sign is Sign.SILENT and not track.excused
    if sign is Sign.ANSWERED and is_outage(link.silence.fault):
        is_news = RANK[rung_of(post, link.facts)] > RANK[Segment.LAN] or not link.known
    if (is_news and not is_outage(link.silence.fault)) or (is_news and sign is Sign.ANSWERED):
        link.burst_ns = now_ns
    elif not link.known:
        link.burst_ns = now_ns if link.burst_ns is None else link.burst_ns


def settle(memory: Memory, link: LinkMemory, watch: Watch, settings: Settings) -> tuple[Wish, ...]:
    """Close the round that is complete, open the burst that is due; returns what to measure now."""
    now_ns = memory.now_ns
    if is_dead(link):
        return ()
    if rounds.is_complete(link, now_ns, settings):
        close_round(memory, link, watch, settings)
    if link.burst_ns is not None and link.burst_ns <= now_ns:
        return rounds.open_burst(link, watch, now_ns, settings)
    return ()


def close_round(memory: Memory, link: LinkMemory, watch: Watch, settings: Settings) -> None:
    """Judge what a round has shown, concern by concern, the lowest first."""
    assert link.round is not None, "only an open round can be closed"
    now_ns = memory.now_ns
    sight = look(link, watch, link.round.opened_ns)
    if not sight.seen:
        link.round = None
        return
    around = Surroundings(watch, sight, now_ns, settings)
    seen = silence.detect(memory, link, around)
    clear_ns = _first_answer_ns(sight, link.silence, now_ns)
    if advance(link.silence, seen, now_ns, settings, clear_ns) and seen is None:
        link.clear_ns = link.silence.onset_ns
    _note_flaps(link, seen, sight, now_ns, settings)
    if not link.silence.is_pending:
        _become_known(link, clear_ns)
        for seen_one in sight.seen:
            # Those that stay silent while the link is believed to work are known from now on.
            seen_one.track.excused = seen_one.silent and link.silence.fault is None
    rounds.plan_next(link, watch, now_ns, settings)


def pass_time(link: LinkMemory, watch: Watch, now_ns: int, settings: Settings) -> None:
    """Judge what only time decides: grace, staleness, the end of flapping."""
    check_facts(link, now_ns, settings)
    check_stale(link, watch, now_ns, settings)
    was_flapping = link.flaps.active
    flapping.calm(link.flaps, now_ns, settings)
    if was_flapping and not link.flaps.active:
        link.clear_ns = link.flaps.silent_ns


def check_stale(link: LinkMemory, watch: Watch, now_ns: int, settings: Settings) -> None:
    """Forget what is believed when nothing has been measured for long."""
    limit_s = settings.stale_runs * watch.shortest_s + settings.stale_s
    if not link.known or link.heard_ns is None or is_dead(link):
        return
    if now_ns - link.heard_ns > limit_s * NS_PER_S:
        link.known = False
        link.is_held = False
        _forget_rounds(link)


def _interface_fails(
    link: LinkMemory, fault: Fault, onset_ns: int, now_ns: int, settings: Settings
) -> None:
    if link.facts_slot.fault != fault:
        believe(link.facts_slot, Sighting(fault=fault, onset_ns=onset_ns), onset_ns)
    flapping.note_silence(link.flaps, fault, onset_ns, now_ns, settings)
    _forget_rounds(link)
    link.known = True


def _interface_recovers(link: LinkMemory) -> None:
    """
    An interface that can send again is what it was until a few rounds have shown that it works.
    """
    fault = link.facts_slot.fault
    if fault is not None and fault.state is State.DOWN:
        link.silence = Slot(fault=fault, onset_ns=link.facts_slot.onset_ns)
        link.burst_ns = link.facts_ns
    link.facts_slot = Slot()


def _forget_rounds(link: LinkMemory) -> None:
    link.round = None
    link.burst_ns = None
    link.silence = Slot()
    link.slow = Slot()
    link.resolver = Slot()
    link.packets = Slot()


def _become_known(link: LinkMemory, clear_ns: int) -> None:
    if not link.known:
        link.known = True
        link.is_held = False
        link.clear_ns = clear_ns


def _note_flaps(
    link: LinkMemory, seen: Sighting | None, sight: Sight, now_ns: int, settings: Settings
) -> None:
    if seen is not None and is_outage(seen.fault) and (seen.nats or 0) >= settings.silence_nats:
        flapping.note_silence(link.flaps, seen.fault, seen.onset_ns, now_ns, settings)
    elif sight.answered():
        flapping.note_answers(link.flaps)


def _first_answer_ns(sight: Sight, slot: Slot, now_ns: int) -> int:
    """Return the start of the first run beyond the site that answered since a fault began."""
    starts = [
        seen.track.answered_since_ns
        for seen in sight.answered()
        if RANK[seen.rung] > RANK[Segment.LAN] and seen.track.answered_since_ns is not None
    ]
    return min((ns for ns in starts if ns >= slot.onset_ns), default=now_ns)


def _usable(link_facts: LinkFacts) -> tuple[bool, bool]:
    return link_facts.usable(Family.IP4), link_facts.usable(Family.IP6)
