"""
Names elsewhere: whether other name servers resolve the names that a link's own ones do not.

Others are external servers, and the name servers of other lines. A server that has failed since
before this one did, in another way, or because its machine is gone, fails independently and proves
nothing; nor does another line of the same carrier, which has the same servers. If those of two
carriers stop answering in the same way within the interval of two lookups, they may have one cause:
the site's own router, or the names themselves.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from thongsuot_agent.judge.comparison import is_usable
from thongsuot_agent.judge.events import ConfirmationProbe
from thongsuot_agent.judge.keys import SeriesKey
from thongsuot_agent.judge.link_context import LinkContext, ns
from thongsuot_agent.judge.memory import LinkMemory, Track
from thongsuot_agent.judge.observations import Observation
from thongsuot_agent.judge.tracks import ECHO, MISSING
from thongsuot_schema.catalogue import dns
from thongsuot_schema.reason import Reason
from thongsuot_schema.verdict import Symptom

LOOKUP = dns.KIND.name
_OWN_WORD = MISSING | {Reason.NAME_ANSWER_FORGED, Reason.NAME_SERVER_REFUSED}
"""The server's own answers; any other failure is silence, or that of a system behind it."""
SILENT_SYMPTOMS = frozenset({Symptom.RESOLVER_SILENT, Symptom.RESOLVER_CAUSE_UNKNOWN})
GONE_ECHOES = 2
"""Consecutive unanswered echoes before a machine counts as gone."""


@dataclass(frozen=True, slots=True)
class OtherLookups:
    """Lookups of the same names by others; ``is_users``: by the users' servers there."""

    link: LinkMemory
    carrier: str
    track: Track
    is_users: bool


def resolved_elsewhere(at: LinkContext, observed: Sequence[Observation]) -> bool | None:
    """
    Return whether the same names are resolved elsewhere: by other servers, or over other links.

    ``None``: no other server with usable results was queried recently.
    """
    since_ns = _since_ns(observed)
    asked = False
    for other in other_lookups(at, observed):
        if other.track.worked_ns is not None and other.track.worked_ns >= since_ns:
            return True
        asked = asked or _fails_as_well(at, other, observed)
    return False if asked else None


def fail_over_lines_of_others(at: LinkContext, observed: Sequence[Observation]) -> bool:
    """
    Return whether the name servers of another carrier's line fail in the same way, since the same
    time.

    Not if the machines of these are gone, which a common cause would not explain: it leaves them
    answering echoes.
    """
    return not all(is_server_gone(at.link, s.track) for s in observed) and any(
        other.link is not at.link and _fails_as_well(at, other, observed)
        for other in other_lookups(at, observed)
    )


def probes_elsewhere(at: LinkContext) -> tuple[ConfirmationProbe, ...]:
    """
    Return the lookups to other carriers' name servers, once those of a link seem silent.
    """
    pending = at.link.resolver.pending
    if pending is None or pending.symptom not in SILENT_SYMPTOMS:
        return ()
    return tuple(
        ConfirmationProbe(
            kind=LOOKUP, link=other.link.name, target=other.track.target, family=other.track.family
        )
        for other in _lookups(at, _names(at))
        if other.link is not at.link and other.is_users and _is_independent(at, other)
    )


def is_word_awaited(at: LinkContext, observed: Sequence[Observation]) -> bool:
    """
    Return whether results of other carriers' name servers are still missing, and may still arrive.

    They are queried from the second round on, and have one round for their answer.
    """
    slot, since_ns = at.link.resolver, _since_ns(observed)
    waited_ns = at.now_ns - slot.first_ns if slot.is_pending else 0
    return waited_ns <= ns(at.settings.resolver.every_s + at.settings.round_wait_s) and any(
        other.link is not at.link
        and other.is_users
        and _is_independent(at, other)
        and max(other.track.worked_ns or 0, other.track.failed_ns or 0) < since_ns
        for other in other_lookups(at, observed)
    )


def other_lookups(at: LinkContext, observed: Sequence[Observation]) -> Iterator[OtherLookups]:
    """Yield the lookups of others for the same names: other servers, or over other links."""
    own = {id(s.track) for s in observed}
    for other in _lookups(at, {s.point.lookup for s in observed}):
        if id(other.track) not in own:
            yield other


def is_server_gone(link: LinkMemory, lookups: Track) -> bool:
    """
    Return whether the machine of a name server is gone: it answered echoes until its lookups
    failed, and answers none since.
    """
    echoes = link.tracks.get(SeriesKey(ECHO, lookups.target, lookups.family))
    return (
        echoes is not None
        and echoes.answered_ns is not None
        and echoes.silences >= GONE_ECHOES
        and (echoes.silent_since_ns or 0) >= (lookups.worked_ns or 0)
    )


def _since_ns(observed: Sequence[Observation]) -> int:
    return min(s.track.failed_since_ns or s.track.value_ns or 0 for s in observed)


def _names(at: LinkContext) -> set[str]:
    """Return the names that the link's own name servers are queried for."""
    return {point.lookup for point in at.probes.points.values() if point.is_users_resolver}


def _lookups(at: LinkContext, names: set[str]) -> Iterator[OtherLookups]:
    for link in at.memory.links.values():
        probes = at.probes if link is at.link else at.probes.beside.get(link.name)
        if probes is None or (link is not at.link and not is_usable(link)):
            continue
        for track in link.tracks.values():
            if track.kind != LOOKUP:
                continue
            point = probes.point_of(track)
            if point is not None and point.lookup in names:
                yield OtherLookups(link, probes.link.carrier, track, point.is_users_resolver)


def _is_independent(at: LinkContext, other: OtherLookups) -> bool:
    """
    Return whether name servers do not belong to the same carrier, as far as is known.

    Two lines behind one router still count as two: if both stop answering, that indicates the
    router.
    """
    own = at.probes.link.carrier
    return other.link is at.link or not own or other.carrier != own


def _fails_as_well(at: LinkContext, other: OtherLookups, observed: Sequence[Observation]) -> bool:
    """Return whether others fail in the same way as these name servers, since the same time."""
    track = other.track
    if (track.failed_ns or 0) < _since_ns(observed) or not _is_independent(at, other):
        return False
    reasons = {s.track.reason for s in observed}
    is_answer = track.reason in _OWN_WORD or Reason.NAME_SERVER_REFUSED in reasons
    if is_answer and track.reason not in reasons:
        # An answer is never silence, and never its cause.
        return False
    worked_ns = max((s.track.worked_ns or 0 for s in observed), default=0)
    is_older = track.failures > 0 and (track.failed_since_ns or worked_ns) < worked_ns
    return not is_older and not is_server_gone(other.link, track)
