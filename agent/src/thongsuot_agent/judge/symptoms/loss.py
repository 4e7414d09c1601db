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
from thongsuot_agent.judge.plan import Post
from thongsuot_agent.judge.stand import Stand, ns
from thongsuot_agent.judge.symptoms.blame import blame
from thongsuot_agent.judge.symptoms.traffic import is_busy
from thongsuot_agent.judge.tracks import ECHO
from thongsuot_schema.catalogue import icmp
from thongsuot_schema.result import Finding

LOSS_NAME = icmp.LOSS.name
RATIO_MEMORY = 50
"""Echoes over which the present share is averaged."""
ACQUIT_HOPE = 0.2
"""Share of the evidence for health from which scrutiny helps to find the end of a loss."""
METERED_PATIENCE = 3
"""On a metered link scrutiny asks so much more rarely."""
GATEWAY_HASTE = 3.0
"""
The gateway is asked so much more often: its echoes cost nothing, and to be sure it takes hundreds.
"""


def note_answer(at: Stand, post: Post, track: Track, finding: Finding, started_ns: int) -> None:
    """
    Count an answered echo, and the loss before it. To be called before the track records the run.

    Nothing is counted while the link's own traffic fills it, nor of hosts that are left out.
    """
    if track.noisy_until_ns > started_ns or is_busy(at, started_ns):
        return
    lost_ns = _lost_ns(at.link, track, finding, started_ns)
    is_loss = lost_ns is not None and not _is_blip(at, lost_ns)
    if is_loss:
        at.link.loss.blip_ns = lost_ns
        track.lost += 1
    track.sent += 1
    if not post.is_gateway:
        _weigh(at, started_ns if lost_ns is None else lost_ns, is_loss=is_loss)


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


def restart(link: LinkMemory) -> None:
    """Begin the test anew."""
    loss = link.loss
    loss.accuse_nats = loss.acquit_nats = 0.0
    loss.first_ns = loss.scrutiny_ns = None
    for track in link.tracks.values():
        track.sent = track.lost = 0


def scrutiny(at: Stand) -> tuple[Wish, ...]:
    """
    Return the echoes to make now because the test is under way and hungry.

    Scrutiny lasts no longer than allowed at a stretch, and then rests as long.
    """
    link, loss, settings = at.link, at.link.loss, at.settings
    hope = settings.loss_acquit_nats * ACQUIT_HOPE
    is_open = loss.acquit_nats > hope if link.loss_slot.fault else loss.accuse_nats > 0.0
    if not is_open or is_outage(link.silence.fault):
        loss.scrutiny_ns = None
        return ()
    if loss.scrutiny_ns is None:
        loss.scrutiny_ns = at.now_ns
    longest_ns = ns(settings.scrutiny_s)
    if (at.now_ns - loss.scrutiny_ns) % (2 * longest_ns) >= longest_ns:
        return ()
    every_ns = ns(settings.scrutiny_every_s) * (METERED_PATIENCE if at.watch.is_metered else 1)
    wants_all = at.now_ns - loss.asked_ns >= every_ns
    wants_gateway = at.now_ns - loss.gateway_asked_ns >= every_ns / GATEWAY_HASTE
    if wants_all:
        loss.asked_ns = at.now_ns
    if wants_gateway:
        loss.gateway_asked_ns = at.now_ns
    return tuple(
        Wish(kind=ECHO, link=link.name, target=track.target, family=track.family)
        for track in link.tracks.values()
        if _can_tell(track)
        and (post := at.watch.posts.get(f"{ECHO} {track.target}")) is not None
        and (wants_gateway if post.is_gateway else wants_all)
    )


def _can_tell(track: Track) -> bool:
    return track.kind == ECHO and track.answered_ns is not None and not track.excused


def _lost_ns(link: LinkMemory, track: Track, finding: Finding, started_ns: int) -> int | None:
    """Return when the echo was lost that this answer ends the loss of, ``None`` if none was."""
    if 0.0 < finding.values.get(LOSS_NAME, 0.0) < 1.0:
        return started_ns
    since_ns = track.silent_since_ns
    if not track.silences or since_ns is None:
        return None
    # Lost in an outage of the whole link: that is another fault, and judged as one.
    flaps = link.flaps
    if flaps.starts and flaps.starts[-1] <= since_ns <= flaps.silent_ns:
        return None
    return since_ns


def _is_blip(at: Stand, lost_ns: int) -> bool:
    before_ns = at.link.loss.blip_ns
    return before_ns is not None and abs(lost_ns - before_ns) < ns(at.settings.loss_blip_s)


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
