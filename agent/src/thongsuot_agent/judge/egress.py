"""
Egress: whether answers over a link came through that link's carrier.

A router with two lines switches from one to the other without notice. From then on answers prove
nothing about the line that the link represents, and neither does silence: a cut fibre remains down
while the site uses the other line, and faults of the other carrier are not reported for this one.
The evidence is from a reflector or the collector, which report the source address of packets (kind
``egress``), and from the device itself: its modem's mobile network, and the owner of its
interface's public addresses.

Without an answering reflector, and without such a sign, nothing is contradicted, and answers count
as usual.
"""

import msgspec

from thongsuot_agent.judge.comparison import is_outage
from thongsuot_agent.judge.events import ConfirmationProbe
from thongsuot_agent.judge.link_context import LinkContext, ns
from thongsuot_agent.judge.memory import LinkMemory
from thongsuot_agent.judge.reachability import Reachability
from thongsuot_agent.judge.site_probes import RANK, ProbePoint
from thongsuot_schema.catalogue import egress
from thongsuot_schema.inventory.model import Via
from thongsuot_schema.outcome import Outcome
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family, Result
from thongsuot_schema.segment import Segment

EGRESS = "egress"
CARRIER = "other_carrier"
"""
Evidence of the egress probe: the carriers of flows that did not leave by the link's own carrier.
"""
USED = "used_carrier"
"""The same for a link that represents its router's choice instead of one carrier's line."""

UNANSWERED_RUNS = 3
"""After this many runs without an answer, the reflector counts as gone, not the line."""

_ASK_AGAIN_S = 1.0
_ASK_ELSEWHERE_S = 10.0
"""Interval of additional egress probes while a link's packets leave by another carrier."""


class EgressChange(msgspec.Struct, frozen=True, kw_only=True):
    """
    The carrier by which a link's packets leave from now on; empty: the link's own again.

    ``before`` is the previous carrier of a link that represents its router's choice.
    """

    link: str
    carrier: str
    before: str = ""


def note_egress(at: LinkContext, result: Result) -> EgressChange | None:
    """Record the carrier by which a link's packets left; returns the resulting change."""
    identity, finding, started_ns = at.link.egress, result.finding, result.boottime_ns
    family = result.series.family
    # An earlier version of the collector does not report source addresses.
    is_unanswered = finding.outcome is Outcome.FAILED or finding.reason is Reason.NOT_SUPPORTED
    if is_unanswered and not _is_silent(at):
        identity.unanswered_ns = [*identity.unanswered_ns[1 - UNANSWERED_RUNS :], started_ns]
    if finding.outcome is not Outcome.OK:
        return None
    identity.unanswered_ns.clear()
    if at.probes.link.via is Via.ROUTER:
        return _note_used_line(at, finding.evidence.get(USED, ""), started_ns)
    before = identity.carrier
    other = finding.evidence.get(CARRIER, "")
    if other:
        identity.others[family] = other
    else:
        identity.others.pop(family, None)
        if finding.values.get(egress.OWN.name):
            # The far end's report is decisive: the device's own sign may come from an outdated
            # table.
            identity.own_ns = started_ns
            identity.others.pop(Family.NONE, None)
    return _note_change(at, before, started_ns, is_proof=not other)


def note_sign(at: LinkContext, result: Result) -> EgressChange | None:
    """
    Record the line's carrier according to the device itself: its modem's mobile network, its
    assigned addresses. These signs count unless a later report of a far end contradicts them.
    """
    identity, finding, kind = at.link.egress, result.finding, result.series.kind
    if finding.outcome is not Outcome.OK or at.probes.link.via is Via.ROUTER:
        return None
    before, other = identity.carrier, finding.evidence.get(CARRIER, "")
    if not other and kind not in identity.signs:
        return None
    if other:
        if identity.signs.get(kind) == other and identity.own_ns:
            return None
        identity.signs[kind], identity.own_ns = other, 0
        identity.others[Family.NONE] = other
    else:
        del identity.signs[kind]
        if identity.signs:
            identity.others[Family.NONE] = next(iter(identity.signs.values()))
        else:
            identity.others.pop(Family.NONE, None)
    return _note_change(at, before, result.boottime_ns, is_proof=False)


def _note_change(
    at: LinkContext, before: str, started_ns: int, *, is_proof: bool
) -> EgressChange | None:
    """Record the carrier by which packets leave now; returns whether it changed."""
    identity = at.link.egress
    if identity.carrier == before:
        if is_proof:
            _note_proof(at, started_ns)
        return None
    if identity.carrier:
        identity.since_ns = identity.other_answered_ns = started_ns
        identity.other_silent_ns = 0
    else:
        # Earlier runs used the other carrier.
        at.link.valid_from_ns = max(at.link.valid_from_ns, started_ns)
        if not at.probes.egress_points:
            at.link.burst_ns = at.now_ns
        _note_proof(at, started_ns)
    return EgressChange(link=at.link.name, carrier=identity.carrier)


def _note_used_line(at: LinkContext, carrier: str, started_ns: int) -> EgressChange | None:
    """
    Record the line that the router uses; the link represents the site's access by any of them.
    """
    identity = at.link.egress
    identity.proven_ns = max(identity.proven_ns, started_ns)
    before, identity.used = identity.used, carrier or identity.used
    if not before or identity.used == before:
        return None
    return EgressChange(link=at.link.name, carrier=carrier, before=before)


def _note_proof(at: LinkContext, started_ns: int) -> None:
    link = at.link
    was_needed = _needs_proof(at)
    link.egress.proven_ns = max(link.egress.proven_ns, started_ns)
    if was_needed and not link.egress.others:
        link.burst_ns = at.now_ns


def is_attributable(at: LinkContext, point: ProbePoint | None, sign: Reachability) -> bool:
    """
    Return whether a run is evidence about the link's own line.

    A run to a target before the line always is: both lines share the gateway.
    """
    is_asked = bool(at.probes.egress_points or at.link.egress.others)
    if not is_asked or (point is not None and point.rung is Segment.LAN):
        return True
    if at.probes.link.via is Via.ROUTER:
        # Any answer shows the site's actual access.
        return True
    if at.link.egress.others:
        # The people at the site do reach the answering targets, by whichever line.
        return point is not None and point.is_service and sign is Reachability.ANSWERED
    if (
        sign is not Reachability.ANSWERED
        or not _needs_proof(at)
        or _is_before_fault(at.link, point)
    ):
        return True
    return len(at.link.egress.unanswered_ns) >= UNANSWERED_RUNS


def note_other_line(
    link: LinkMemory, point: ProbePoint | None, started_ns: int, sign: Reachability
) -> None:
    """
    Remember whether any target beyond the site answers, and also for the other line if that is
    used.
    """
    identity = link.egress
    if point is None or point.rung is Segment.LAN:
        return
    if sign is Reachability.ANSWERED and not _is_before_fault(link, point):
        identity.answered_ns = max(identity.answered_ns, started_ns)
    if not identity.others:
        return
    if sign is Reachability.ANSWERED:
        identity.other_answered_ns = max(identity.other_answered_ns, started_ns)
    elif sign is Reachability.SILENT:
        identity.other_silent_ns = max(identity.other_silent_ns, started_ns)


def probes_for_proof(at: LinkContext) -> tuple[ConfirmationProbe, ...]:
    """Return the egress probe if its answer is needed as proof."""
    identity = at.link.egress
    is_elsewhere = bool(identity.others)
    if not at.probes.egress_points or not (is_elsewhere or _needs_proof(at)):
        return ()
    wait_ns = ns(_ASK_ELSEWHERE_S if is_elsewhere else _ASK_AGAIN_S)
    return () if at.now_ns < identity.asked_ns + wait_ns else ask(at)


def ask(at: LinkContext) -> tuple[ConfirmationProbe, ...]:
    """Return the egress probe."""
    at.link.egress.asked_ns = at.now_ns
    facts = at.link.facts
    return tuple(
        ConfirmationProbe(kind=EGRESS, link=at.link.name, target=target, family=family)
        for target, family in at.probes.egress_points
        if facts is None or facts.usable(family)
    )


def forgive_unanswered(link: LinkMemory, onset_ns: int) -> None:
    """
    Forget reflector time-outs while no other target answered either.

    An outage is confirmed some seconds after its start; runs in between timed out because of the
    line, and prove nothing about the reflector (2026-11: there were four of them, and a cut line
    was reported up because the router's other line answered).
    """
    identity = link.egress
    identity.unanswered_ns = [ns for ns in identity.unanswered_ns if ns < onset_ns]


def is_held(link: LinkMemory) -> bool:
    """Return whether an outage is confirmed and no evidence about its line can be received."""
    return bool(link.egress.others) and is_outage(link.silence.fault)


def _is_before_fault(link: LinkMemory, point: ProbePoint | None) -> bool:
    """
    Return whether a target is located before a reported outage, and has answered throughout.

    Behind a dead core the carrier's first router keeps answering: if no reflector can be reached to
    prove its line, that must not turn into a cut line.
    """
    fault = link.silence.fault
    if point is None or fault is None or fault.segment is None:
        return False
    return RANK[point.rung] < RANK[fault.segment]


def _is_silent(at: LinkContext) -> bool:
    """
    Return whether no target has answered since an outage began.

    A reflector's time-outs during that time prove nothing about it: its answer is awaited after the
    first answer of any target, however long that takes.
    """
    silence = at.link.silence
    return is_outage(silence.fault) and at.link.egress.answered_ns <= silence.onset_ns


def _needs_proof(at: LinkContext) -> bool:
    """Return whether answers need proof: at the start, and after every outage."""
    link = at.link
    if not link.egress.proven_ns:
        return True
    return is_outage(link.silence.fault) and link.egress.proven_ns <= link.silence.onset_ns
