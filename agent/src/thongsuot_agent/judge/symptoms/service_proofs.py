"""
Service proofs: the evidence required before a portal is blamed for failures over a link.
"""

from collections.abc import Sequence

from thongsuot_agent.judge.link_context import NS_PER_S, LinkContext
from thongsuot_agent.judge.memory import Track
from thongsuot_agent.judge.site_probes import RANK
from thongsuot_agent.judge.symptoms.failure_modes import (
    FOREIGN_CERTIFICATE,
    Health,
    failure_mode_of,
)
from thongsuot_agent.judge.symptoms.service_over_link import CLOCK_NS, REQUEST, ServiceOverLink
from thongsuot_agent.judge.tracks import STALLS
from thongsuot_schema.reason import Reason
from thongsuot_schema.segment import Segment
from thongsuot_schema.verdict import Symptom

APART_NS = 60 * NS_PER_S
"""
If a portal answers one carrier's customers for this time while it turns away another's, the two are
separate matters: some pages of each, which an intermittent portal does not turn away by carrier.
"""
TURNED_AWAY = frozenset(
    {Reason.CONNECTION_REFUSED, Reason.CONNECTION_RESET, Reason.TLS_HANDSHAKE_FAILED}
)
"""Responses that a middlebox can give in the portal's place."""
_BEFORE_LARGE_PACKETS = frozenset(
    {Symptom.SERVICE_TIMEOUT, Symptom.SERVICE_REFUSED, Symptom.SERVICE_NAME_UNRESOLVED}
)
"""Failures of a service before its certificate, the first large packet, has come."""


def fell_away_apart(failing: Track, carrier: str, elsewhere: Sequence[ServiceOverLink]) -> bool:
    """
    Return whether a service turned away one carrier's customers while it answered another's, and
    those only later.

    A fault that begins over all carriers at once is the portal's. Over one carrier alone it may be
    at either end, and stays so when another carrier's begins: a middlebox of each may respond in
    the portal's place. The site cannot distinguish that from a portal that blocks one after the
    other. A duct or a device that both lines share at the site does not affect one carrier's
    customers before the other's.
    """
    return any(
        _began_apart(failing, other)
        for over in elsewhere
        if not carrier or over.entry.carrier != carrier
        for other in over.tracks.values()
    )


def _began_apart(track: Track, other: Track) -> bool:
    if not {track.reason, other.reason} <= TURNED_AWAY or not (track.failures and other.failures):
        return False
    first, second = sorted((track, other), key=lambda failing: failing.failed_since_ns or 0)
    return (second.worked_ns or 0) - (first.failed_since_ns or 0) >= APART_NS


def fails_otherwise(failing: Track, elsewhere: Sequence[ServiceOverLink]) -> bool:
    """
    Return whether a service shows a foreign certificate over this link alone, or over all others
    alone, of those over which it fails.

    A portal that turns connections away, or is silent, shows no certificate meanwhile: one of the
    two failures at least arises on a path, and neither bears the other out (2026-12: one carrier's
    core redirected TLS while a reset met the portal's connections over another, and the portal was
    named).
    """
    others = [
        track
        for over in elsewhere
        for family, track in over.tracks.items()
        if over.health[family] is not Health.GOOD
    ]
    is_foreign = failing.reason in FOREIGN_CERTIFICATE
    return bool(others) and all(
        (track.reason in FOREIGN_CERTIFICATE) is not is_foreign for track in others
    )


def is_way_proved(at: LinkContext, failing: Track) -> bool:
    """
    Return whether any target equally far away answered over the link since a service began to fail.
    """
    since_ns = failing.failed_since_ns or at.now_ns
    for track in at.link.tracks.values():
        point = at.probes.point_of(track)
        is_far = point is not None and RANK[point.rung] >= RANK[Segment.TRANSIT]
        if is_far and track.target != failing.target and (track.answered_ns or 0) >= since_ns:
            return True
    return False


def is_large_packet_witness_missing(at: LinkContext, stalling: Track) -> bool:
    """
    Return whether a service stalls over a link on which every other fails before large packets.

    Its connections open, and then no more data arrives: as well from a path that loses large
    packets. Nothing else has to pass any then, so the two cannot be told apart (2026-12: large
    packets were lost at the exchange, one portal refused connections, and another was named).
    """
    others = [
        track
        for track in at.link.tracks.values()
        if track.kind == REQUEST
        and track.target != stalling.target
        and track.family is stalling.family
        and track.reason is not Reason.NAME_WITHOUT_ADDRESS
    ]
    return (
        stalling.reason in STALLS
        and bool(others)
        and all(
            track.failures and failure_mode_of(track.reason).symptom in _BEFORE_LARGE_PACKETS
            for track in others
        )
    )


def clock_is_proved(at: LinkContext) -> bool:
    """Return whether the device's clock is accurate enough to judge a certificate's dates."""
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
