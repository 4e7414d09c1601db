"""
Echo limit: a policer betrays itself by answering a smaller share the more it is asked.

Where echoes are lost and nothing else is (``corroboration``), they are sent at two paces by turns
for a minute and a third: that of the schedule, and three times as many. Loss takes the same share
at both; of a policer the same number passes in each second. What is found is a fact for the record,
never a fault: it changes no verdict. On a metered link nothing is asked for it.
"""

from collections.abc import Iterable
from itertools import cycle, islice
from math import log

import msgspec

from thongsuot_agent.judge.comparison import is_outage
from thongsuot_agent.judge.events import ConfirmationProbe
from thongsuot_agent.judge.link_context import NS_PER_S, LinkContext, ns
from thongsuot_agent.judge.loss_memory import TargetPace
from thongsuot_agent.judge.memory import Memory, Track
from thongsuot_agent.judge.reachability import Reachability
from thongsuot_agent.judge.site_probes import RANK, ProbePoint
from thongsuot_agent.judge.tracks import ECHO
from thongsuot_schema.segment import Segment

TURN_S, TURNS = 10.0, 8
"""Four turns at each pace, the slow one first."""
MORE = 2
"""Echoes that are added to each of the schedule in the fast turns."""
LAST_ANSWER_S = 2.0
"""After the last turn, for the answers to its echoes."""
ASK_EVERY_S = 1.0
FASTER = 1.5
"""The pace must differ by so much, or the two cannot be told apart."""
LIMIT_NATS = 4.6
"""Odds of 100 : 1 for a limit against loss of a share."""
LEAST_RATIO = 0.02
CHANGED = 2.0
"""A limit that is found again is only news if it differs by this factor."""


class EchoLimit(msgspec.Struct, frozen=True, kw_only=True):
    """
    A link beyond which only a limited number of echoes per second is answered, however many are
    sent.
    """

    link: str
    per_second: float


def begin_pace_test(at: LinkContext) -> None:
    """Begin to send echoes at two paces, unless that is under way, or costs what was agreed."""
    test = at.link.pace_test
    if at.probes.is_metered or test.begun_ns is not None:
        return
    test.begun_ns, test.asked_ns, test.places = at.now_ns, at.now_ns, 0
    test.targets.clear()


def count_paced_echo(
    at: LinkContext, point: ProbePoint, track: Track, started_ns: int, reachability: Reachability
) -> None:
    """Count an echo beyond the site by the pace at which it was sent."""
    test = at.link.pace_test
    is_known = reachability in {Reachability.ANSWERED, Reachability.SILENT}
    if test.begun_ns is None or not is_known or RANK[point.rung] <= RANK[Segment.LAN]:
        return
    turn = (started_ns - test.begun_ns) // ns(TURN_S)
    if not 0 <= turn < TURNS:
        return
    pace = test.targets.setdefault(f"{track.target} {track.family.value}", TargetPace())
    is_answered = reachability is Reachability.ANSWERED
    pace.sent[turn % 2] += 1
    pace.answered[turn % 2] += is_answered


def pace_probes(at: LinkContext) -> tuple[ConfirmationProbe, ...]:
    """Return the echoes that are sent besides those of the schedule, in the fast turns."""
    test = at.link.pace_test
    if test.begun_ns is None:
        return ()
    if is_outage(at.link.silence.fault) or is_outage(at.link.facts_slot.fault):
        test.begun_ns = None
        return ()
    turn = (at.now_ns - test.begun_ns) // ns(TURN_S)
    if at.now_ns - test.begun_ns >= ns(TURNS * TURN_S + LAST_ANSWER_S):
        _conclude(at)
        return ()
    if turn % 2 == 0 or turn >= TURNS or at.now_ns - test.asked_ns < ns(ASK_EVERY_S):
        return ()
    waited_s = min(2 * ASK_EVERY_S, (at.now_ns - test.asked_ns) / NS_PER_S)
    test.asked_ns = at.now_ns
    tracks = [track for track in at.link.tracks.values() if _is_counted(at, track)]
    wanted = min(len(tracks), max(1, round(MORE * len(tracks) * waited_s / at.probes.round_s)))
    chosen = list(islice(cycle(tracks), test.places, test.places + wanted)) if tracks else []
    test.places += len(chosen)
    return tuple(
        ConfirmationProbe(kind=ECHO, link=at.link.name, target=t.target, family=t.family)
        for t in chosen
    )


def take_echo_limits(memory: Memory) -> tuple[EchoLimit, ...]:
    """Return the limits that have been found since this was last asked."""
    found = [link for link in memory.links.values() if link.pace_test.is_news]
    for link in found:
        link.pace_test.is_news = False
    return tuple(
        EchoLimit(link=link.name, per_second=link.pace_test.limit_per_s or 0.0) for link in found
    )


def _is_counted(at: LinkContext, track: Track) -> bool:
    point = at.probes.point_of(track)
    is_beyond = point is not None and RANK[point.rung] > RANK[Segment.LAN]
    return track.kind == ECHO and is_beyond and track.answered_ns is not None


def _conclude(at: LinkContext) -> None:
    test = at.link.pace_test
    test.begun_ns = None
    limit_per_s = limit_of(test.targets.values())
    test.targets.clear()
    if limit_per_s is None:
        return
    known = test.limit_per_s
    is_same = known is not None and 1.0 / CHANGED < limit_per_s / known < CHANGED
    if not is_same:
        test.limit_per_s, test.is_news = limit_per_s, True


def limit_of(paces: Iterable[TargetPace]) -> float | None:
    """
    Return how many echoes pass in a second where the number of them is limited; else ``None``.

    Targets that lost none do not pass whatever limits the others.
    """
    losing = [pace for pace in paces if sum(pace.answered) < sum(pace.sent)]
    seconds = TURNS / 2 * TURN_S
    slow, fast = (
        (sum(pace.sent[turn] for pace in losing), sum(pace.answered[turn] for pace in losing))
        for turn in (0, 1)
    )
    if not slow[0] or not fast[1] or fast[0] < FASTER * slow[0]:
        return None
    share = (slow[1] + fast[1]) / (slow[0] + fast[0])
    limited = [fast[1] / max(fast[1], sent) for sent in (slow[0], fast[0])]
    nats = sum(
        _nats(counts, ratio) - _nats(counts, share)
        for counts, ratio in zip((slow, fast), limited, strict=True)
    )
    return fast[1] / seconds if nats >= LIMIT_NATS else None


def _nats(counts: tuple[int, int], ratio: float) -> float:
    """Return the logarithm of the likelihood of this number of answers to this number of echoes."""
    sent, answered = counts
    sure = min(1.0 - LEAST_RATIO, max(LEAST_RATIO, ratio))
    return answered * log(sure) + (sent - answered) * log(1.0 - sure)
