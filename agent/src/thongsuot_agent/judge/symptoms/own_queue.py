"""
Own queue: whether a delay, or a loss, may come from a transfer of the site's own that no device can
report.
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
"""A queue of unknown origin: the site is asked to pause its transfers first."""
STEADY_RATIO, STEADY_S = 0.05, 0.01
"""
Spread of the delays, relative to the median or absolute, up to which no queue explains them: the
delay of TCP's queue varies by a third (CUBIC, RFC 9438: to 0.7 at each loss), that of a longer path
does not. With a tenth (2026-12) the queues of an upload and a download together looked steady: the
sum of two varies less than either.
"""
STEADY_ROUNDS = 8
"""
This many rounds must agree: the delays of a round belong to one moment, and count as one. With four
(2026-11) one queue in four looked steady by chance, with six (2026-12) one in a thousand, and three
carriers were told of one in 86 healthy days; with eight it is one in thirty thousand.
"""
STEADY_WINDOW, DELAYS_KEPT = 12, 24
"""
Rounds that are compared, half as many again as must agree; and those that are remembered while a
link is slow.
"""
VARIED_S = 180.0
"""
A delay that has varied within this time must be steady over all remembered rounds: a link at the
limit is slow again and again, and the more often one looks, the more often a few rounds of a queue
agree (2026-12: after four minutes of an upload its carrier was told of a slow line).
"""
QUEUE_SIGN_S, QUEUE_FRESH_S = 0.01, 6.0
"""
A delay this far above the usual one indicates a queue, by echoes of the schedule's latest round: a
hundred full-size packets at 100 Mbit/s; the median of seven anchors varies by 3 ms on 5G.
"""
QUEUE_S = 5.0
"""
A late answer of an echo is awaited for this time (``links.echo``); longer queues drop instead.
"""
PAGE_S = 12.0
"""A page may take this long if a queue holds it, plus a margin: after ten seconds it has failed."""
FILLING_S = 6.0
"""A queue grows from zero to a second, and beyond the time limit of echoes, within this time."""
METERED_FACTOR = 3
"""On a metered link dense probing asks so much more rarely, and what it shows takes as long."""
LATE_SHARE = 0.25
"""Share of a lookup's additional delay: two queries see the longer of two queues, an echo any."""


def may_be_own_queue(at: LinkContext, slow: list[Observation], onset_ns: int) -> bool | None:
    """
    Return whether another machine of the site may fill the line, if no equipment can report it.

    ``None``: it looks steady, but not for long enough.

    The device's own traffic is known (``traffic``), that of other machines is not. So a delay
    counts as a queue until it has been steady for some rounds, which no queue is. And it is the
    carrier's only while it stays steady: a few rounds agree by chance now and then.
    """
    link = at.link
    if link.boxes or at.now_ns - onset_ns >= ns(at.settings.pause_s):
        return False
    held = link.slow.fault
    is_named = held is not None and held.segment in {Segment.ACCESS, Segment.CARRIER}
    if is_named and not link.delay_rounds:
        # Attributed for another reason: its queue was one that equipment could report.
        return False
    if held != CAUSE_UNKNOWN and not is_named and not link.slow.is_pending:
        link.delays_s.clear()
        link.delay_rounds = 0
    # The median of a round, regardless of its number of answers (2026-12: two rounds with three
    # answers in time were in the omitted tenths, and a queue looked steady).
    delays_s = sorted((s.track.value_s or 0.0) - (s.track.usual_s or 0.0) for s in slow)
    link.delays_s.append(delays_s[len(delays_s) // 2])
    del link.delays_s[:-DELAYS_KEPT]
    link.delay_rounds += 1
    if not _is_steady(link.delays_s[-STEADY_WINDOW:]):
        link.delay_varied_ns = at.now_ns
    if link.delay_varied_ns is not None and at.now_ns - link.delay_varied_ns <= ns(VARIED_S):
        return len(link.delays_s) < DELAYS_KEPT or not _is_steady(link.delays_s)
    return None if not is_named and link.delay_rounds < STEADY_ROUNDS else False


def _is_steady(delays_s: list[float]) -> bool:
    """Return whether delays hardly differ, without the highest and the lowest tenth."""
    ordered = sorted(delays_s)
    aside = len(ordered) // 10
    spread_s = ordered[-1 - aside] - ordered[aside]
    return spread_s <= max(STEADY_S, STEADY_RATIO * ordered[len(ordered) // 2])


def may_hold_answers(at: LinkContext, onset_ns: int, within_s: float) -> bool:
    """
    Return whether the site's own traffic may have delayed the answers beyond their time limit.

    A queue delays packets and does not destroy them: within seconds late answers leave it, and are
    reported with the next echo. Only then is silence under load confirmed (2026-11: an upload with
    a queue of a second was reported to the carrier). Nor does a queue grow without a trace: the
    last answer took longer than usual, which does not happen on a cut line.

    Pages take longer, and if echoes are policed they are the only evidence about targets beyond the
    carrier (2026-11: a download on a healthy day was reported as a dead path there, just before all
    pages loaded, after two seconds each).
    """
    if at.now_ns - onset_ns >= ns(within_s):
        return False
    is_full = is_link_busy(at, at.now_ns) or may_be_full_since(at, onset_ns)
    return is_full or _was_slow_before(at, onset_ns)


def _was_slow_before(at: LinkContext, moment_ns: int) -> bool:
    """Return whether a target beyond the site answered slowly shortly before a time, or since."""
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
    Return whether echoes are about as late as lookups: then no name server is slow.
    """
    added_s = added_delay_s(at)
    excess_s = [(track.value_s or 0.0) - (track.usual_s or 0.0) for track in lookups]
    return added_s is not None and bool(excess_s) and added_s >= LATE_SHARE * min(excess_s)


def is_slowed(at: LinkContext) -> bool:
    """
    Return whether a link is slow, or about to be reported slow: then late results are explained by
    that, no matter whose traffic it is.
    """
    slow = at.link.slow
    return slow.fault is not None or (slow.is_pending and slow.pending is not None)


def is_queue_possible(at: LinkContext) -> bool:
    """
    Return whether echoes beyond the site take longer than usual now, though not long enough for a
    slow link: losses may be drops of a queue.

    A large transfer of the site delays packets by the length of the queue and drops the excess: 20
    ms and 3 % were reported to the carrier as loss of its line (2026-11). Not if equipment can be
    queried, whose counters decide (``traffic``).
    """
    if at.link.boxes:
        return False
    added_s = added_delay_s(at)
    return added_s is not None and added_s >= QUEUE_SIGN_S


def may_be_of_queue(at: LinkContext, segment: Segment) -> bool:
    """Return whether most of the loss on the path to the carrier happened while it was queueing."""
    return segment in {Segment.ACCESS, Segment.CARRIER} and _is_mostly_queued(at)


def is_of_queue(at: LinkContext, loss: Diagnosis) -> bool:
    """
    Return whether a loss is what a queue drops: one of unknown origin, or the site's own.

    The site's own is a loss of the LAN that happened while answers were late, or that follows a
    transfer which filled the line (``traffic``).
    """
    slow = at.link.slow.fault
    is_near = slow is not None and slow.segment is Segment.LAN
    is_own = loss.segment is Segment.LAN and (is_near or _is_mostly_queued(at))
    return loss == CAUSE_UNKNOWN or is_own


def _is_mostly_queued(at: LinkContext) -> bool:
    loss = at.link.loss_test
    return 2 * loss.queued_losses >= loss.losses


def is_filled_by_site(at: LinkContext) -> bool:
    """
    Return whether a link is reported slow because of the site's own traffic, which still fills it.

    Then drops are its as well. While the owner of a queue is not known yet, they are counted
    (2026-12: they were told to the commune as a loss of its LAN, two minutes after the counters had
    shown whose transfer it was).
    """
    slow = at.link.slow.fault
    return slow is not None and slow.segment is Segment.LAN and is_link_busy(at, at.now_ns)


def is_queue_gone(at: LinkContext, since_ns: int, after_s: float) -> bool:
    """
    Return whether nothing queues now, and what is held for a queue's drops has been for a while.

    A queue that is gone drops nothing: waiting for the 570 echoes of any other loss kept the
    request to pause transfers, and the hour after which the carrier hears of it, going for up to 53
    minutes after transfers of ten (2026-12). On a metered link echoes are a third as frequent.
    """
    patience = METERED_FACTOR if at.probes.is_metered else 1
    is_queued = is_queue_possible(at) or is_link_busy(at, at.now_ns)
    return not is_queued and at.now_ns - since_ns >= ns(after_s * patience)


def is_queued_near(at: LinkContext) -> bool:
    """
    Return whether the line itself may be queueing now: then pages are slow because of that.

    By echoes no farther than the carrier: congestion beyond it delays only farther ones.
    """
    if is_link_busy(at, at.now_ns):
        return True
    added_s = None if at.link.boxes else added_delay_s(at, Segment.CARRIER)
    return added_s is not None and added_s >= QUEUE_SIGN_S


def added_delay_s(at: LinkContext, farthest: Segment = Segment.SERVICE) -> float | None:
    """
    Return the median additional delay of echoes beyond the site now; ``None`` if none was answered
    recently. ``farthest``: the last rung whose echoes count.
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
