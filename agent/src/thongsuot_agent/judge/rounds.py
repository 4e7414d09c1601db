"""
Rounds: when a link is measured as a whole.

Without a fault or a suspicion there are no rounds, only tracks. An unanswered run, a slow one, or
an answer on a dead link opens a *burst*: all anchors, the gateway and the name servers are probed
at once. A link with a fault has *passive* rounds, on the ordinary schedule.
"""

from operator import itemgetter

from thongsuot_agent.judge import egress
from thongsuot_agent.judge.events import ConfirmationProbe
from thongsuot_agent.judge.hysteresis import next_round_wait_ns
from thongsuot_agent.judge.keys import PointKey, SeriesKey
from thongsuot_agent.judge.link_context import LinkContext, ns
from thongsuot_agent.judge.memory import FaultSlot, LinkMemory, Round, RoundCounts, Track
from thongsuot_agent.judge.observations import FAST_KINDS, rung_of
from thongsuot_agent.judge.reachability import Reachability
from thongsuot_agent.judge.recovery import is_line_dead, is_outage_contradicted
from thongsuot_agent.judge.site_probes import RANK, ProbePoint
from thongsuot_agent.judge.symptoms import equipment
from thongsuot_agent.judge.symptoms.names_elsewhere import probes_elsewhere
from thongsuot_agent.judge.symptoms.near_flows import near_probes
from thongsuot_agent.judge.tracks import ECHO, has_spoken
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State

HOST = "host"
_NOT_RETRYABLE = frozenset(
    {
        Reason.INTERFACE_ABSENT,
        Reason.INTERFACE_DOWN,
        Reason.NO_ADDRESS,
        Reason.NO_ROUTE,
        Reason.NOT_SUPPORTED,
        Reason.PERMISSION_DENIED,
        Reason.BEHIND_PROXY,
        Reason.PROXY_REFUSED,
    }
)
"""Reasons for which another probe would give no new information."""


def round_slots(link: LinkMemory) -> tuple[FaultSlot, ...]:
    """Return the slots that are judged by rounds."""
    return (link.silence, link.slow, link.resolver)


def open_burst(at: LinkContext) -> tuple[ConfirmationProbe, ...]:
    """
    Open a round that probes all targets; returns the probes.

    The first burst of a suspicion omits web requests, unless there are few anchors. Once
    something as far out as an outage has answered, pages show whether it is over, though echoes may
    be limited (2026-12: a carrier was told of a second without packets, because its line stayed
    dead for a quarter of a minute; a page had come in it). Over a metered line they are too dear.
    """
    link, link_probes = at.link, at.probes
    is_wide = link.silence.is_pending or _anchors(at) < at.settings.quorum
    is_wide = is_wide or (is_outage_contradicted(at) and not link_probes.is_metered)
    slow, resolver = link.slow.pending, link.resolver.pending
    if resolver is not None or (slow is not None and slow.segment is Segment.TRANSIT):
        # A web request distinguishes a dead name server from a link that passes no new flows, and
        # shows whether a watched service is beyond the slow echoes.
        is_wide = True
    confirmations: list[ConfirmationProbe] = []
    awaited: set[SeriesKey] = set()
    for point, family in _probeable(at):
        if point.kind not in FAST_KINDS and not is_wide:
            continue
        confirmations.append(
            ConfirmationProbe(kind=point.kind, link=link.name, target=point.target, family=family)
        )
        track = link.tracks.get(point.key(family))
        if point.kind in FAST_KINDS and not (track is not None and track.known_unresponsive):
            awaited.add(point.key(family))
    if link_probes.has_host_probe:
        confirmations.append(
            ConfirmationProbe(kind=HOST, link=link.name, target="", family=Family.NONE)
        )
    for kind, target, family in link_probes.boxes:
        # Equipment that may explain the fault is queried as well; each query takes time, so not in
        # every burst.
        if equipment.is_worth_asking(link, kind, at.now_ns):
            confirmations.append(
                ConfirmationProbe(kind=kind, link=link.name, target=target, family=family)
            )
    confirmations.extend(egress.ask(at))
    if resolver is not None:
        confirmations.extend((*near_probes(at), *probes_elsewhere(at)))
    for kind in {confirmation.kind for confirmation in confirmations} & {
        equipment.RADIO,
        equipment.BOX,
    }:
        link.equipment.asked_ns[kind] = at.now_ns
    _open_round(at, ns(at.settings.round_wait_s), awaited)
    return tuple(confirmations)


def _probeable(at: LinkContext) -> list[tuple[ProbePoint, Family]]:
    """
    Return the possible probes: fast kinds first, then the targets with the oldest results.

    If not all of them are made, the next round probes the others. While a part of the targets seems
    silent, those that never answered are asked first: what limits echoes answers the first of a
    burst, and in the same order the same ones would be silent each time (2026-12: an agent that had
    just started called its line a partial outage for half a minute).
    """
    pending = at.link.silence.pending
    is_part_silent = pending is not None and pending.state is State.DEGRADED
    candidates: list[tuple[tuple[bool, bool, int], ProbePoint, Family]] = []
    for point in at.probes.points.values():
        for family in point.families:
            if can_be_probed(at.link, point, family):
                track = at.link.tracks.get(point.key(family))
                heard_ns = 0
                if track is not None:
                    heard_ns = max(track.answered_ns or 0, track.silent_heard_ns)
                has_answered = track is not None and track.answered_ns is not None
                rank = (point.kind not in FAST_KINDS, is_part_silent and has_answered, heard_ns)
                candidates.append((rank, point, family))
    candidates.sort(key=itemgetter(0))
    return [(point, family) for _, point, family in candidates]


def note_run_in_round(
    at: LinkContext, track: Track, point: ProbePoint, reachability: Reachability, started_ns: int
) -> None:
    """
    Add a run to the open round.

    A run that was in flight when the round was opened completes its series: no second one is made.
    """
    current = at.link.round
    if current is None:
        return
    current.awaited.discard(point.key(track.family))
    is_of_round = started_ns >= current.opened_ns and reachability is Reachability.ANSWERED
    if is_of_round and RANK[rung_of(point, at.link.facts)] > RANK[Segment.LAN]:
        current.answered.add(track.family)
        current.is_page_back |= point.is_service and track.successes > 0


def schedule_next_round(at: LinkContext) -> None:
    """
    Decide what follows a closed round.

    Another burst if a change is pending; a passive round while there is a fault; otherwise none.
    """
    link = at.link
    assert link.round is not None, "a round was just closed"
    waits = [
        w for slot in round_slots(link) if (w := next_round_wait_ns(slot, at.settings)) is not None
    ]
    opened_ns, link.round = link.round.opened_ns, None
    link.burst_ns = opened_ns + min(waits) if waits else None
    if not waits and any(slot.fault is not None for slot in round_slots(link)):
        _open_round(at, ns(at.probes.round_s + at.settings.round_wait_s), None)


def is_round_complete(at: LinkContext) -> bool:
    """
    Return whether the open round has all possible results.

    If every echo of a family is lost, name servers that have not answered in it by then will not:
    their own time-outs are not awaited. Nor are any during an outage as soon as a page comes, which
    needs all that they could show.
    """
    current = at.link.round
    if current is None:
        return False
    if current.is_burst and current.is_page_back and is_line_dead(at.link.silence.fault):
        return True
    if at.now_ns >= current.due_ns or (current.is_burst and not current.awaited):
        return True
    if not current.is_burst or at.now_ns < current.opened_ns + ns(at.settings.no_answer_wait_s):
        return False
    return not any(key.kind == ECHO or key.family in current.answered for key in current.awaited)


def can_be_probed(link: LinkMemory, point: ProbePoint, family: Family) -> bool:
    """
    Return whether a run is possible: the link has the family, and the last run was not refused.
    """
    if link.facts is not None and not link.facts.usable(family):
        return False
    track = link.tracks.get(point.key(family))
    if track is None:
        # If the interface's facts are unknown, only series that the schedule has measured are
        # requested; the same applies to series that have to be learned first.
        return link.facts is not None and not (point.is_first_hop or point.is_edge)
    measured_ns = max(track.answered_ns or 0, track.silent_ns or 0, track.failed_ns or 0)
    is_refused = (
        track.unmeasured_reason in _NOT_RETRYABLE and (track.unmeasured_ns or 0) > measured_ns
    )
    return not is_refused


def _open_round(at: LinkContext, length_ns: int, awaited: set[SeriesKey] | None) -> None:
    at.link.round = Round(
        opened_ns=at.now_ns,
        due_ns=at.now_ns + length_ns,
        is_burst=awaited is not None,
        awaited=awaited or set(),
    )
    at.link.burst_ns = None
    for track in at.link.tracks.values():
        track.tally = RoundCounts()


def _anchors(at: LinkContext) -> int:
    """
    Return the number of anchors that can prove the path.

    Anchors that are known to be unresponsive cannot, nor can those that were never measured: if a
    carrier drops echoes, or only a proxy leads out, few are left, and the services have to be
    probed at once.
    """
    mute = {
        PointKey(track.kind, track.target)
        for track in at.link.tracks.values()
        if track.known_unresponsive or not has_spoken(track)
    }
    return len(
        {
            point.target
            for key, point in at.probes.points.items()
            if key not in mute and not point.is_service and not point.is_gateway
        }
    )
