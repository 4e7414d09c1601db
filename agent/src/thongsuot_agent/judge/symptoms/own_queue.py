"""
Own queue: whether what is slow, or lost, may be a transfer of the site's own that nobody can be
asked about.
"""

from collections.abc import Iterable

from thongsuot_agent.judge.diagnosis import Diagnosis
from thongsuot_agent.judge.link_context import LinkContext, ns
from thongsuot_agent.judge.memory import Track
from thongsuot_agent.judge.observations import Observation, rung_of
from thongsuot_agent.judge.site_probes import RANK
from thongsuot_agent.judge.symptoms.traffic import is_link_busy, may_be_full_since
from thongsuot_agent.judge.tracks import ECHO, is_slow
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom

CAUSE_UNKNOWN = Diagnosis(state=State.UNKNOWN, segment=None, symptom=Symptom.SLOW_CAUSE_UNKNOWN)
"""A queue, and nobody to ask whose it is: the site is told to pause its transfers first."""
STEADY_RATIO, STEADY_S = 0.1, 0.01
"""
Spread of the delays, as a share of the middle one or so long, up to which no queue makes them: what
TCP fills comes and goes by a third (CUBIC, RFC 9438: to 0.7 at each loss), a longer way does not.
"""
STEADY_ROUNDS = 6
"""
So many rounds have to agree. Of four (2026-11) one queue in four looked steady by chance: the
delays of a round are of one moment, and count as one.
"""
DELAYS_KEPT = 12
"""Rounds whose delay is remembered while a link is slow: as many again as have to agree."""
QUEUE_SIGN_S, QUEUE_FRESH_S = 0.01, 6.0
"""
So much above the usual is a queue's sign, by echoes of the latest round of the schedule: a hundred
packets of full size at 100 Mbit/s; the middle of seven anchors moves by 3 ms on 5G.
"""
QUEUE_S = 5.0
"""So long an echo's late answer is waited for (``links.echo``); longer queues drop instead."""
PAGE_S = 12.0
"""So long a page may take that a queue holds, and some: after ten seconds it has failed."""
FILLING_S = 6.0
"""A queue grows from nothing to a second, and past what echoes wait for, within so long."""
LATE_SHARE = 0.25
"""Of what a lookup takes longer: two questions meet the longer of two queues, an echo any."""
PAUSE_S = 900.0
"""A person who was told to pause has by then; what is slow after it is told to the carrier."""


def may_be_own_queue(at: LinkContext, slow: list[Observation], onset_ns: int) -> bool | None:
    """
    Return whether another machine of the site may fill the line, where no box can say.

    ``None``: it looks steady, and not for long enough.

    What the device itself sends is known (``traffic``), what other machines send is not. So a delay
    is a queue's until it has been steady for some rounds: that no queue is. And it is the carrier's
    no longer than it stays steady: six rounds agree by chance now and then.
    """
    link = at.link
    if link.boxes or at.now_ns - onset_ns >= ns(PAUSE_S):
        return False
    held = link.slow.fault
    is_named = held is not None and held.segment in {Segment.ACCESS, Segment.CARRIER}
    if is_named and not link.delay_rounds:
        # Named for another reason: its queue was one that somebody could be asked about.
        return False
    if held != CAUSE_UNKNOWN and not is_named and not link.slow.is_pending:
        link.delays_s.clear()
        link.delay_rounds = 0
    # The middle one of a round, however many answered in it (2026-12: two rounds of which three
    # answers were in time fell under the tenths that are left out, and a queue looked steady).
    delays_s = sorted((s.track.value_s or 0.0) - (s.track.usual_s or 0.0) for s in slow)
    link.delays_s.append(delays_s[len(delays_s) // 2])
    del link.delays_s[:-DELAYS_KEPT]
    link.delay_rounds += 1
    if not _is_steady(link.delays_s):
        return True
    return None if not is_named and link.delay_rounds < STEADY_ROUNDS else False


def _is_steady(delays_s: list[float]) -> bool:
    """Return whether delays hardly differ, a tenth of them on either side left out."""
    ordered = sorted(delays_s)
    aside = len(ordered) // 10
    spread_s = ordered[-1 - aside] - ordered[aside]
    return spread_s <= max(STEADY_S, STEADY_RATIO * ordered[len(ordered) // 2])


def may_hold_answers(at: LinkContext, onset_ns: int, within_s: float) -> bool:
    """
    Return whether the site's own traffic may have delayed the answers beyond their time.

    A queue delays, it does not annihilate: within seconds late answers come out of it, and are told
    with the next echo. Only then is silence under load believed (2026-11: an upload with a queue
    of a second was told to the carrier). Nor does one grow without a trace: who answered last took
    longer than usual, which is so of no line that is cut.

    Pages take longer, and where echoes are policed nothing else speaks for what lies beyond the
    carrier (2026-11: a download of a healthy day was told as a dead way there, a moment before all
    pages came, after two seconds each).
    """
    if at.now_ns - onset_ns >= ns(within_s):
        return False
    is_full = is_link_busy(at, at.now_ns) or may_be_full_since(at, onset_ns)
    return is_full or _was_slow_before(at, onset_ns)


def _was_slow_before(at: LinkContext, moment_ns: int) -> bool:
    """Return whether somebody beyond the site answered slowly shortly before a moment, or since."""
    return any(
        track.kind == ECHO
        and (track.value_ns or 0) >= moment_ns - ns(FILLING_S)
        and is_slow(track, at.settings)
        and (point := at.probes.point_of(track)) is not None
        and RANK[rung_of(point, at.link.facts)] > RANK[Segment.LAN]
        for track in at.link.tracks.values()
    )


def explains_slow_lookups(at: LinkContext, lookups: Iterable[Track]) -> bool:
    """
    Return whether echoes are as late as lookups are, or nearly: then no name server is slow.
    """
    added_s = added_delay_s(at)
    excess_s = [(track.value_s or 0.0) - (track.usual_s or 0.0) for track in lookups]
    return added_s is not None and bool(excess_s) and added_s >= LATE_SHARE * min(excess_s)


def is_slowed(at: LinkContext) -> bool:
    """
    Return whether a link is slow, or about to be called so: what comes late over it is late for
    that, no matter who sent it.
    """
    slow = at.link.slow
    return slow.fault is not None or (slow.is_pending and slow.pending is not None)


def is_queue_possible(at: LinkContext) -> bool:
    """
    Return whether echoes beyond the site take longer than usual now, though not so long that the
    link is slow: what is lost may be dropped by a queue.

    A big transfer of the site delays by what the queue holds and drops what it does not: 20 ms and
    3 % were told to the carrier as the loss of its line (2026-11). Not where a box can be asked,
    whose counters say it (``traffic``).
    """
    if at.link.boxes:
        return False
    added_s = added_delay_s(at)
    return added_s is not None and added_s >= QUEUE_SIGN_S


def is_queued_near(at: LinkContext) -> bool:
    """
    Return whether the line itself may be queueing now: then pages are slow for that.

    By echoes no farther than the carrier: what is congested beyond him delays farther ones alone.
    """
    if is_link_busy(at, at.now_ns):
        return True
    added_s = None if at.link.boxes else added_delay_s(at, Segment.CARRIER)
    return added_s is not None and added_s >= QUEUE_SIGN_S


def added_delay_s(at: LinkContext, farthest: Segment = Segment.SERVICE) -> float | None:
    """
    Return how much longer than usual echoes beyond the site take now, in the middle; ``None`` where
    none was answered lately. ``farthest``: the last rung of which echoes count.
    """
    added = sorted(
        track.value_s - track.usual_s
        for track in at.link.tracks.values()
        if track.kind == ECHO
        and track.value_s is not None
        and track.usual_s is not None
        and track.learned >= at.settings.learn_runs
        and at.now_ns - (track.value_ns or 0) <= ns(QUEUE_FRESH_S)
        and (point := at.probes.point_of(track)) is not None
        and RANK[Segment.LAN] < RANK[rung_of(point, at.link.facts)] <= RANK[farthest]
    )
    return added[len(added) // 2] if added else None
