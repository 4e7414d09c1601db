"""
Egress: whether what answers over a link came by that link's carrier.

A router with two lines moves from one to the other without a word. From then on answers prove
nothing of the line that the link stands for, and neither does silence: a fibre that was cut stays
down while the site lives on the other line, and nothing that the other carrier does is told as
this one's. A reflector or the collector is asked, which say from where they see packets come (kind
``egress``). The device sees something of it as well: the mobile network that its modem is in, and
whose public addresses its interface was given.

Without one that answers, and without such a sign, nothing is contradicted, and answers count as
they always did.
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
"""Evidence of the egress probe: by whose line flows left, where not by the link's own carrier."""
USED = "used_carrier"
"""The same of a link that stands for no carrier's line, but for the router's choice."""

UNANSWERED_RUNS = 3
"""Without an answer of the reflector in so many runs it is taken to be gone, not the line."""

_ASK_AGAIN_S = 1.0
_ASK_ELSEWHERE_S = 10.0
"""How often it is asked, beside the schedule, while a link's packets leave by another carrier."""


class EgressChange(msgspec.Struct, frozen=True, kw_only=True):
    """
    A link's packets leave by another carrier from now on; empty: by the link's own again.

    ``before`` is by whose they left of a link that has no carrier of its own.
    """

    link: str
    carrier: str
    before: str = ""


def note_egress(at: LinkContext, result: Result) -> EgressChange | None:
    """Take in by whose line a link's packets left; returns what that changed."""
    identity, finding, started_ns = at.link.egress, result.finding, result.boottime_ns
    family = result.series.family
    # A collector of an earlier version does not say what it sees, and never will.
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
            # The far end has the last word: what the device sees may be an old table.
            identity.own_ns = started_ns
            identity.others.pop(Family.NONE, None)
    return _note_change(at, before, started_ns, is_proof=not other)


def note_sign(at: LinkContext, result: Result) -> EgressChange | None:
    """
    Take in whose the line is by what the device itself sees: the mobile network that its modem is
    in, the addresses that it was given. They count where no far end says otherwise since.
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
    """Take in by whose line packets leave now; returns whether that changed."""
    identity = at.link.egress
    if identity.carrier == before:
        if is_proof:
            _note_proof(at, started_ns)
        return None
    if identity.carrier:
        identity.since_ns = identity.other_answered_ns = started_ns
        identity.other_silent_ns = 0
    else:
        # Runs before that went by the other carrier.
        at.link.valid_from_ns = max(at.link.valid_from_ns, started_ns)
        if not at.probes.egress_points:
            at.link.burst_ns = at.now_ns
        _note_proof(at, started_ns)
    return EgressChange(link=at.link.name, carrier=identity.carrier)


def _note_used_line(at: LinkContext, carrier: str, started_ns: int) -> EgressChange | None:
    """Take in which line the router uses; the link is how the site is served by any of them."""
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
    Return whether a run says anything of the link's own line.

    What stands in front of the line always does: the gateway is the gateway of both.
    """
    is_asked = bool(at.probes.egress_points or at.link.egress.others)
    if not is_asked or (point is not None and point.rung is Segment.LAN):
        return True
    if at.probes.link.via is Via.ROUTER:
        # Whatever answers is what the site has.
        return True
    if at.link.egress.others:
        # The people of the site do reach what answers, by whichever line.
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
    """Remember whether anything answers beyond the site, and of the other line, if that is used."""
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
    """Return the question by whose line packets leave, where its answer is waited for."""
    identity = at.link.egress
    is_elsewhere = bool(identity.others)
    if not at.probes.egress_points or not (is_elsewhere or _needs_proof(at)):
        return ()
    wait_ns = ns(_ASK_ELSEWHERE_S if is_elsewhere else _ASK_AGAIN_S)
    return () if at.now_ns < identity.asked_ns + wait_ns else ask(at)


def ask(at: LinkContext) -> tuple[ConfirmationProbe, ...]:
    """Return the question by whose line packets leave."""
    at.link.egress.asked_ns = at.now_ns
    facts = at.link.facts
    return tuple(
        ConfirmationProbe(kind=EGRESS, link=at.link.name, target=target, family=family)
        for target, family in at.probes.egress_points
        if facts is None or facts.usable(family)
    )


def forgive_unanswered(link: LinkMemory, onset_ns: int) -> None:
    """
    Forget that a reflector stayed silent while nothing else answered either.

    An outage is believed some seconds after it began; the runs between the two fell silent with the
    line, and say nothing of the reflector (2026-11: four of them, and a cut line was called up by
    what the router's other line answered).
    """
    identity = link.egress
    identity.unanswered_ns = [ns for ns in identity.unanswered_ns if ns < onset_ns]


def is_held(link: LinkMemory) -> bool:
    """Return whether an outage stands, and nothing can be heard of its line."""
    return bool(link.egress.others) and is_outage(link.silence.fault)


def _is_before_fault(link: LinkMemory, point: ProbePoint | None) -> bool:
    """
    Return whether a point stands in front of an outage that is told, and answered all the while.

    Behind a dead core the carrier's first router goes on answering: that no reflector can be
    reached to prove its line must not make a cut line of it.
    """
    fault = link.silence.fault
    if point is None or fault is None or fault.segment is None:
        return False
    return RANK[point.rung] < RANK[fault.segment]


def _is_silent(at: LinkContext) -> bool:
    """
    Return whether nothing has answered since an outage began.

    That no reflector does either says nothing of the reflector: its answer is waited for when the
    first answer comes, however long that takes.
    """
    silence = at.link.silence
    return is_outage(silence.fault) and at.link.egress.answered_ns <= silence.onset_ns


def _needs_proof(at: LinkContext) -> bool:
    """Return whether answers are waiting for a proof: at first, and after every outage."""
    link = at.link
    if not link.egress.proven_ns:
        return True
    return is_outage(link.silence.fault) and link.egress.proven_ns <= link.silence.onset_ns
