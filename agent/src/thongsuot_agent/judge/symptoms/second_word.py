"""
Second word: whether what a line carries has had its say on a silence that echoes alone show.

Over a metered line pages are spaced, and have a share of the day: they may not be asked at once, or
at all. Where they are all that could speak beside echoes, a silence of echoes is no dead line
before one of them has failed as well (2026-12: a core that limits echoes made a healthy 5G line
dead nineteen times in a day, with nobody left to speak for it).
"""

from collections.abc import Sequence

from thongsuot_agent.judge.comparison import is_outage
from thongsuot_agent.judge.link_context import LinkContext, ns
from thongsuot_agent.judge.memory import Track
from thongsuot_agent.judge.observations import Observation, Observations, rung_of
from thongsuot_agent.judge.rounds import can_be_probed
from thongsuot_agent.judge.site_probes import RANK
from thongsuot_agent.judge.symptoms.own_queue import PAGE_S
from thongsuot_agent.judge.tracks import ECHO
from thongsuot_schema.segment import Segment

ASK_S = PAGE_S + 3.0
"""So long a page is asked for before nothing is said: a page has 10 s, and may be spaced by 1 s."""
REFUTED_S = 3600.0
"""
So long the silence of echoes asks for no more pages, once one has come through it: a share of the
day pays for a dozen. By then the schedule has opened one (``config.profile``).
"""


def is_awaited(
    at: LinkContext, silent: Sequence[Observation], top: Segment | None, onset_ns: int
) -> bool:
    """
    Return whether a silence rests on echoes alone, while something else could still speak.

    ``top`` is the highest rung that answered. Where nothing but echoes is measured beyond it,
    nothing is waited for; nor where what is paid for by nobody is asked in every round.
    """
    if not at.probes.is_metered or any(s.point.kind != ECHO for s in silent):
        return False
    others = [track for track in at.link.tracks.values() if _could_speak(at, track, top)]
    return bool(others) and not any(_is_silent_since(track, onset_ns) for track in others)


def is_given_up(at: LinkContext, onset_ns: int) -> bool:
    """
    Return whether what is awaited has not come in its time, or is known to refute it: then nothing
    is said.
    """
    refuted_ns = at.link.echoes_refuted_ns
    is_refuted = refuted_ns > 0 and at.now_ns - refuted_ns < ns(REFUTED_S)
    return is_refuted or at.now_ns - onset_ns >= ns(ASK_S)


def note_refuted(at: LinkContext, observations: Observations) -> None:
    """
    Remember a page that came over a metered line while what its echoes showed waited for one.

    What limits echoes goes on doing so, and each page is paid for.
    """
    held = at.link.silence
    is_out = held.is_pending and is_outage(held.pending) and held.fault is None
    if is_out and at.probes.is_metered and observations.top() is Segment.SERVICE:
        at.link.echoes_refuted_ns = at.now_ns


def _could_speak(at: LinkContext, track: Track, top: Segment | None) -> bool:
    point = at.probes.point_of(track)
    lowest = RANK[Segment.LAN if top is None else max(top, Segment.LAN, key=RANK.__getitem__)]
    return (
        point is not None
        and point.kind != ECHO
        and track.answered_ns is not None
        and not track.known_unresponsive
        and RANK[rung_of(point, at.link.facts)] > lowest
        and can_be_probed(at.link, point, track.family)
    )


def _is_silent_since(track: Track, onset_ns: int) -> bool:
    """Return whether a run that was under way at a moment, or began after it, was not answered."""
    return track.silences > 0 and track.silent_heard_ns >= onset_ns
