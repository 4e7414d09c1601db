"""
Sight: which lookouts of a link answered since a moment, on which rung; the ladder as seen in one
round.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from thongsuot_agent.judge.comparison import is_outage
from thongsuot_agent.judge.events import LinkFacts
from thongsuot_agent.judge.fault import Fault
from thongsuot_agent.judge.memory import Track
from thongsuot_agent.judge.plan import RANK, Post
from thongsuot_agent.judge.signs import Sign
from thongsuot_agent.judge.stand import Stand
from thongsuot_schema.result import Family
from thongsuot_schema.segment import Segment

QUICK = ("icmp", "dns")
"""Kinds whose answers come within a round; a web request may take longer and is not waited for."""
SERVICES = ""
"""Services count as one witness together: they may stand in one data centre behind one wall."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One series in a round: it answered, or was silent (both false: its failures say nothing)."""

    track: Track
    post: Post
    rung: Segment
    answered: bool
    silent: bool

    @property
    def counts(self) -> bool:
        """Whether its silence is evidence: it was not known before."""
        return self.silent and not self.track.excused

    @property
    def witness(self) -> str:
        """Whose word this is: an anchor's own, or that of all services together."""
        return SERVICES if self.post.is_service else self.post.target


@dataclass(frozen=True, slots=True)
class Sight:
    """All series of a link that were measured since ``since_ns``."""

    since_ns: int
    seen: tuple[Seen, ...]

    def answered(self, family: Family | None = None) -> list[Seen]:
        """Return what answered, in one family or any."""
        return [s for s in self.seen if s.answered and family in (None, s.track.family)]

    def silent_beyond(self, rung: Segment, family: Family | None = None) -> list[Seen]:
        """Return what is silent, unexcused, on higher rungs than this one."""
        rank = RANK[rung]
        return [
            s
            for s in self.seen
            if s.counts and RANK[s.rung] > rank and family in (None, s.track.family)
        ]

    def top(self, family: Family | None = None) -> Segment | None:
        """
        Return the highest rung that is proved good: something on it answered. ``None``: nothing
        did.
        """
        return max((s.rung for s in self.answered(family)), key=RANK.__getitem__, default=None)

    def families(self) -> set[Family]:
        """Return the families in which something beyond the site was measured."""
        return {s.track.family for s in self.seen if RANK[s.rung] > RANK[Segment.LAN]}


@dataclass(frozen=True, slots=True)
class Found:
    """A silence and who was silent."""

    fault: Fault
    silent: tuple[Seen, ...]
    is_ripe: bool = True


def rung_of(post: Post, facts: LinkFacts | None) -> Segment:
    """
    Return the rung that an answer from a post proves; a box of the site that forwards is on the
    LAN.
    """
    if post.is_first_resolver and facts is not None and facts.local_resolver:
        return Segment.LAN
    return post.rung


def seen_now(at: Stand, post: Post, track: Track, sign: Sign) -> Seen:
    """Return one run as part of a sight."""
    rung = rung_of(post, at.link.facts)
    return Seen(track, post, rung, sign is Sign.ANSWERED, sign is Sign.SILENT)


UNDER_WAY_NS = 2_100_000_000
"""
A run that was under way when a round began, and is given up in it, speaks in it: 2 s for lookups.
"""


def look(at: Stand, since_ns: int) -> Sight:
    """
    Return what was seen on a link in a round that began at a moment.

    An answer counts if its run began in the round. A silence counts if it became known in the
    round: no second run is made of a series that is under way. While the link is out this is not
    so, for then an old silence would hide its return.
    """
    seen: list[Seen] = []
    under_way_ns = 0 if is_outage(at.link.silence.fault) else UNDER_WAY_NS
    for track in at.link.tracks.values():
        post = at.watch.posts.get(f"{track.kind} {track.target}")
        if post is None:
            continue
        answered = track.answered_ns is not None and track.answered_ns >= since_ns
        silent = (
            not answered
            and track.silences > 0
            and track.silent_heard_ns >= since_ns
            and (track.silent_ns or 0) >= since_ns - under_way_ns
        )
        if answered or silent or (track.failed_ns or 0) >= since_ns:
            seen.append(Seen(track, post, rung_of(post, at.link.facts), answered, silent))
    return Sight(since_ns, tuple(seen))


def latest(at: Stand, since_ns: int) -> Sight:
    """Return who is silent by what was last heard of him, and who has answered since a moment."""
    seen: list[Seen] = []
    for track in at.link.tracks.values():
        post = at.watch.posts.get(f"{track.kind} {track.target}")
        silent = track.silences > 0
        answered = not silent and (track.answered_ns or 0) >= since_ns
        if post is not None and (silent or answered):
            seen.append(Seen(track, post, rung_of(post, at.link.facts), answered, silent))
    return Sight(since_ns, tuple(seen))


def unheard(at: Stand, sight: Sight, rung: Segment, family: Family | None = None) -> bool:
    """
    Return whether a target beyond a rung that lived when last asked was not asked in the round.

    Wishes may be left unfulfilled. Whoever was not asked may be alive, so nothing can be called
    silent as a whole without him.
    """
    heard = {s.post.target for s in sight.seen if family in {None, s.track.family}}
    for track in at.link.tracks.values():
        post = at.watch.posts.get(f"{track.kind} {track.target}")
        if post is None or post.kind not in QUICK or track.target in heard:
            continue
        lives = track.answered_ns is not None and not track.silences and not track.excused
        is_measured = (track.answered_ns or 0) > (track.unmeasured_ns or 0)
        is_meant = (
            family in {None, track.family} and RANK[rung_of(post, at.link.facts)] > RANK[rung]
        )
        if lives and is_measured and is_meant:
            return True
    return False


def witnesses(seen: Iterable[Seen]) -> set[str]:
    """Return the independent witnesses among what was seen."""
    return {s.witness for s in seen}
