"""
Service proofs: what has to be shown before a portal is named for what fails over a link.
"""

from collections.abc import Sequence

from thongsuot_agent.judge.link_context import NS_PER_S, LinkContext
from thongsuot_agent.judge.memory import Track
from thongsuot_agent.judge.site_probes import RANK
from thongsuot_agent.judge.symptoms.service_over_link import CLOCK_NS, REQUEST, ServiceOverLink
from thongsuot_schema.reason import Reason
from thongsuot_schema.segment import Segment

APART_NS = 60 * NS_PER_S
"""
So long a portal answers one carrier's customers while another's are turned away before the two are
taken for matters of their own: some pages of each, which a portal that comes and goes does not turn
away by carrier.
"""
TURNED_AWAY = frozenset(
    {Reason.CONNECTION_REFUSED, Reason.CONNECTION_RESET, Reason.TLS_HANDSHAKE_FAILED}
)
"""Answers that a box on the way can give in the portal's stead."""


def fell_away_apart(failing: Track, carrier: str, elsewhere: Sequence[ServiceOverLink]) -> bool:
    """
    Return whether a service turned one carrier's customers away while it answered another's, and
    those only later.

    What begins over all carriers at once is the portal's. Over one carrier alone it is a relation
    of two, and stays so when another carrier's begins: a box of each may answer in the portal's
    stead. Nothing at the site tells that from a portal that shuts out one after the other. A duct
    or a box that both lines share at the site turns away nobody of one carrier before the other.
    """
    return any(
        _began_apart(failing, other)
        for over in elsewhere
        if not carrier or over.entry.carrier != carrier
        for other in over.tracks.values()
    )


def _began_apart(one: Track, other: Track) -> bool:
    if not {one.reason, other.reason} <= TURNED_AWAY or not (one.failures and other.failures):
        return False
    first, second = sorted((one, other), key=lambda track: track.failed_since_ns or 0)
    return (second.worked_ns or 0) - (first.failed_since_ns or 0) >= APART_NS


def is_way_proved(at: LinkContext, failing: Track) -> bool:
    """Return whether anything as far out answered over the link since a service began to fail."""
    since_ns = failing.failed_since_ns or at.now_ns
    for track in at.link.tracks.values():
        point = at.probes.point_of(track)
        is_far = point is not None and RANK[point.rung] >= RANK[Segment.TRANSIT]
        if is_far and track.target != failing.target and (track.answered_ns or 0) >= since_ns:
            return True
    return False


def clock_is_proved(at: LinkContext) -> bool:
    """Return whether the device's clock is right enough to judge a certificate's dates."""
    if at.memory.wall_s is not None:
        return True
    return any(
        track.kind == REQUEST
        and track.expires_s is not None
        and track.worked_ns is not None
        and at.now_ns - track.worked_ns < CLOCK_NS
        for link in at.memory.links.values()
        for track in link.tracks.values()
    )
