"""
Rounds: when a link is looked at as a whole.

Nothing wrong and nothing suspected: no rounds, only tracks. A run that nothing answers, a slow one,
or an answer on a dead link opens a *burst*: all anchors, the gateway and the name servers are asked
at once. A link with a fault lives in *passive* rounds, on the ordinary schedule.
"""

from thongsuot_agent.judge.events import Wish
from thongsuot_agent.judge.hysteresis import NS_PER_S, wait_ns
from thongsuot_agent.judge.memory import LinkMemory, Round, Slot, Tally
from thongsuot_agent.judge.plan import Post, Watch
from thongsuot_agent.judge.settings import Settings
from thongsuot_schema.result import Family

HOST = "host"
_QUICK = ("icmp", "dns")
"""Kinds whose answers come within a round; a web request may take longer and is not waited for."""


def slots_of(link: LinkMemory) -> tuple[Slot, ...]:
    """Return the slots that are judged by rounds."""
    return (link.silence, link.slow, link.resolver, link.packets)


def open_burst(link: LinkMemory, watch: Watch, now_ns: int, settings: Settings) -> tuple[Wish, ...]:
    """
    Open a round that asks everyone; the first one leaves web requests out unless anchors are few.
    """
    is_wide = any(slot.is_pending for slot in slots_of(link)) or _anchors(watch) < settings.quorum
    wishes: list[Wish] = []
    awaited: set[str] = set()
    for post in watch.posts.values():
        if post.kind not in _QUICK and not is_wide:
            continue
        for family in post.families:
            if not _can_be_asked(link, post, family):
                continue
            wishes.append(Wish(kind=post.kind, link=link.name, target=post.target, family=family))
            track = link.tracks.get(post.key(family))
            if post.kind in _QUICK and not (track is not None and track.excused):
                awaited.add(post.key(family))
    if watch.has_host:
        wishes.append(Wish(kind=HOST, link=link.name, target="", family=Family.NONE))
    _open(link, now_ns, round(settings.round_wait_s * NS_PER_S), awaited)
    return tuple(wishes)


def open_passive(link: LinkMemory, watch: Watch, now_ns: int, settings: Settings) -> None:
    """
    Open a round that lives on the ordinary schedule and lasts until every anchor had its turn.
    """
    _open(link, now_ns, round((watch.round_s + settings.round_wait_s) * NS_PER_S), None)


def plan_next(link: LinkMemory, watch: Watch, now_ns: int, settings: Settings) -> None:
    """
    After a round: another burst when something is pending, a passive round while there is a fault.
    """
    waits = [wait for slot in slots_of(link) if (wait := wait_ns(slot, settings)) is not None]
    opened_ns = link.round.opened_ns if link.round is not None else now_ns
    link.round = None
    link.burst_ns = opened_ns + min(waits) if waits else None
    if not waits and any(slot.fault is not None for slot in slots_of(link)):
        open_passive(link, watch, now_ns, settings)


def is_complete(link: LinkMemory, now_ns: int, settings: Settings) -> bool:
    """
    Return whether the open round has all it can get.

    When every echo is lost, name servers that have not answered by then will not: they are not
    waited for until their own time is out.
    """
    current = link.round
    if current is None:
        return False
    if now_ns >= current.due_ns or (current.is_burst and not current.awaited):
        return True
    is_mute = current.is_burst and not current.answers
    if not is_mute or now_ns < current.opened_ns + settings.mute_wait_s * NS_PER_S:
        return False
    return not any(key.startswith("icmp ") for key in current.awaited)


def _open(link: LinkMemory, now_ns: int, length_ns: int, awaited: set[str] | None) -> None:
    link.round = Round(
        opened_ns=now_ns,
        due_ns=now_ns + length_ns,
        is_burst=awaited is not None,
        awaited=awaited or set(),
    )
    link.burst_ns = None
    for track in link.tracks.values():
        track.tally = Tally()


def _anchors(watch: Watch) -> int:
    return len({p.target for p in watch.posts.values() if not p.is_service and not p.is_gateway})


def _can_be_asked(link: LinkMemory, post: Post, family: Family) -> bool:
    """
    Return whether a run could be made: the link has the family, and the last one was not refused.
    """
    if link.facts is not None and not link.facts.usable(family):
        return False
    track = link.tracks.get(post.key(family))
    if track is None:
        # Where the interface's facts are unknown, only what the schedule has measured is asked for.
        return link.facts is not None
    measured_ns = max(track.answered_ns or 0, track.silent_ns or 0, track.failed_ns or 0)
    return track.unmeasured_ns is None or track.unmeasured_ns <= measured_ns
