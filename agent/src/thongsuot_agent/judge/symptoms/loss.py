"""
Loss: a share of the echoes stays unanswered while the link works.

A sequential probability ratio test (Wald 1945) of a healthy share of losses against a degraded one,
restarted whenever the evidence for the worse one is used up (CUSUM, Page 1954). An unanswered run
counts when its series is answered again, and all unanswered ones in between count as one: a dead
target or an outage is no loss rate, nor is a blip that hits several series at once. The sums are of
the link; whose fault it is follows from the shares of the rungs (``blame``).
"""

from math import log

from thongsuot_agent.judge.comparison import is_outage
from thongsuot_agent.judge.events import Wish
from thongsuot_agent.judge.hysteresis import believe
from thongsuot_agent.judge.memory import LinkMemory, Slot, Track
from thongsuot_agent.judge.plan import RANK, Post
from thongsuot_agent.judge.signs import Sign
from thongsuot_agent.judge.stand import NS_PER_S, Stand, ns
from thongsuot_agent.judge.symptoms.blame import blame
from thongsuot_agent.judge.symptoms.traffic import is_busy
from thongsuot_agent.judge.tracks import ECHO
from thongsuot_schema.catalogue import icmp
from thongsuot_schema.result import Finding, Result
from thongsuot_schema.segment import Segment

LOSS_NAME = icmp.LOSS.name
RATIO_MEMORY = 50
"""Echoes over which the present share is averaged."""
ACQUIT_HOPE = 0.2
"""Share of the evidence for health from which scrutiny helps to find the end of a loss."""
METERED_PATIENCE = 3
"""On a metered link scrutiny asks so much more rarely, and has so much less credit."""
NEAR_HASTE = 3.0
"""
Gateway and access are asked so much more often: to prove a rung clean takes hundreds of echoes.
"""


def note(at: Stand, post: Post, track: Track, result: Result, sign: Sign) -> None:
    """
    Count an echo. To be called before the track records the run.

    An answer counts, and so does the loss that it ends; an echo that stays unanswered while a later
    one was answered counts at once. Nothing is counted while the link's own traffic fills it, nor
    of hosts that are left out.
    """
    started_ns = result.boottime_ns
    if track.noisy_until_ns > started_ns or is_busy(at, started_ns):
        return
    lost_ns = None
    if sign is Sign.ANSWERED:
        lost_ns = _lost_ns(track, result.finding, started_ns)
        _count(at, post, track, started_ns, is_loss=False)
    elif sign is Sign.SILENT and (track.answered_ns or 0) > started_ns:
        lost_ns = started_ns
    if lost_ns is not None and not _is_of_outage(at.link, lost_ns):
        _count(at, post, track, lost_ns, is_loss=True)


def judge(at: Stand) -> bool:
    """Decide when one of the two sums is full; returns whether what is believed has changed."""
    link, loss, slot = at.link, at.link.loss, at.link.loss_slot
    if slot.fault is not None:
        if loss.acquit_nats < at.settings.loss_acquit_nats:
            return False
        link.clear_ns = loss.first_ns if loss.first_ns is not None else at.now_ns
        link.loss_slot = Slot()
        restart(link)
        return True
    if loss.accuse_nats < at.settings.loss_accuse_nats or is_outage(link.silence.fault):
        return False
    onset_ns = loss.first_ns if loss.first_ns is not None else at.now_ns
    found = blame(at, onset_ns)
    if found.is_one_host:
        restart(link)
    if found.sighting is None:
        return False
    believe(slot, found.sighting, onset_ns)
    restart(link)
    return True


def share(link: LinkMemory) -> float:
    """Return the share of echoes that a link loses, as far as known now."""
    sent = sum(track.sent for track in link.tracks.values())
    lost = sum(track.lost for track in link.tracks.values())
    return max(link.loss.ratio, lost / sent if sent else 0.0)


def restart(link: LinkMemory) -> None:
    """Begin the test anew."""
    loss = link.loss
    loss.accuse_nats = loss.acquit_nats = 0.0
    loss.first_ns = None
    for track in link.tracks.values():
        track.sent = track.lost = 0


def scrutiny(at: Stand) -> tuple[Wish, ...]:
    """
    Return the echoes to make now because the test is under way and hungry.

    Scrutiny is paid from a credit that grows slowly, which bounds the traffic of a link that is
    neither healthy nor degraded.
    """
    link, loss, settings = at.link, at.link.loss, at.settings
    patience = METERED_PATIENCE if at.watch.is_metered else 1
    _earn(at, settings.scrutiny_share / patience)
    hope = settings.loss_acquit_nats * ACQUIT_HOPE
    is_open = loss.acquit_nats > hope if link.loss_slot.fault else loss.accuse_nats > 0.0
    loss.is_scrutinised = is_open and not is_outage(link.silence.fault)
    every_s = settings.scrutiny_every_s * patience
    if not loss.is_scrutinised or loss.credit_s < every_s:
        return ()
    wants_all = at.now_ns - loss.asked_ns >= ns(every_s)
    wants_near = at.now_ns - loss.near_asked_ns >= ns(every_s / NEAR_HASTE)
    if wants_all:
        loss.asked_ns = at.now_ns
        loss.credit_s -= every_s
    if not wants_near:
        return ()
    loss.near_asked_ns = at.now_ns
    return tuple(
        Wish(kind=ECHO, link=link.name, target=track.target, family=track.family)
        for track in link.tracks.values()
        if _can_tell(track)
        and (post := at.watch.posts.get(f"{ECHO} {track.target}")) is not None
        and (wants_all or RANK[post.rung] <= RANK[Segment.ACCESS])
    )


def _earn(at: Stand, share_of_time: float) -> None:
    loss = at.link.loss
    if loss.credit_ns is None:
        loss.credit_s = at.settings.scrutiny_s
    else:
        earned_s = (at.now_ns - loss.credit_ns) / NS_PER_S * share_of_time
        loss.credit_s = min(at.settings.scrutiny_s, loss.credit_s + earned_s)
    loss.credit_ns = at.now_ns


def _can_tell(track: Track) -> bool:
    return track.kind == ECHO and track.answered_ns is not None and not track.excused


def _lost_ns(track: Track, finding: Finding, started_ns: int) -> int | None:
    """Return when the echo was lost that this answer ends the loss of, ``None`` if none was."""
    if 0.0 < finding.values.get(LOSS_NAME, 0.0) < 1.0:
        return started_ns
    return track.silent_since_ns if track.silences else None


def _is_of_outage(link: LinkMemory, lost_ns: int) -> bool:
    """Return whether all of the link was out then: that is another fault, and judged as one."""
    flaps = link.flaps
    if not flaps.starts or lost_ns < flaps.starts[-1]:
        return False
    return flaps.is_silent or lost_ns <= flaps.silent_ns


def _count(at: Stand, post: Post, track: Track, run_ns: int, *, is_loss: bool) -> None:
    """
    Count one echo, unless it falls into the dead time after a loss.

    As in a Geiger counter, nothing is counted for a moment after an event: a blip of the line that
    takes several echoes is one loss, and what share is lost is not distorted.
    """
    loss, dead_ns = at.link.loss, ns(at.settings.loss_blip_s)
    if at.now_ns < loss.dead_until_ns:
        return
    if is_loss:
        if loss.blip_ns is not None and abs(run_ns - loss.blip_ns) < dead_ns:
            return
        loss.blip_ns, loss.dead_until_ns = run_ns, at.now_ns + dead_ns
        track.lost += 1
    track.sent += 1
    if not post.is_gateway:
        _weigh(at, run_ns, is_loss=is_loss)


def _weigh(at: Stand, run_ns: int, *, is_loss: bool) -> None:
    link, loss, settings = at.link, at.link.loss, at.settings
    healthy, degraded = settings.loss_healthy_ratio, settings.loss_degraded_ratio
    loss.ratio += (is_loss - loss.ratio) / RATIO_MEMORY
    nats = log(degraded / healthy) if is_loss else log((1.0 - degraded) / (1.0 - healthy))
    if link.loss_slot.fault is not None:
        if loss.acquit_nats == 0.0:
            loss.first_ns = run_ns
        loss.acquit_nats = max(0.0, loss.acquit_nats - nats)
        return
    if loss.accuse_nats == 0.0:
        if not is_loss:
            return
        loss.first_ns = run_ns
    loss.accuse_nats = max(0.0, loss.accuse_nats + nats)
    if loss.accuse_nats == 0.0:
        restart(link)
