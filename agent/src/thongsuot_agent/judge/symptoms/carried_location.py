"""
Carried location: the rung on which the loss of lookups and web requests begins, and its witnesses.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from thongsuot_agent.judge.diagnosis import Diagnosis
from thongsuot_agent.judge.link_context import LinkContext, ns
from thongsuot_agent.judge.memory import Track
from thongsuot_agent.judge.observations import is_gateway_lossy, is_mute, rung_of
from thongsuot_agent.judge.site_probes import RANK, ProbePoint
from thongsuot_agent.judge.symptoms.carried_samples import (
    BAD_ANSWERS,
    DEGRADED_RATIO,
    HEALTHY_RATIO,
    LOOKUP,
    REQUEST,
    CarriedPackets,
    evidence_nats,
    healthy_ratio,
    packets_of,
)
from thongsuot_agent.judge.symptoms.loss_location import LAN_LOSSY_NATS, LOSS_SYMPTOMS
from thongsuot_agent.judge.symptoms.service_over_link import networks_of_tracks
from thongsuot_schema.segment import LADDER, Segment
from thongsuot_schema.state import State

CONFIRMED_NATS = 1.0
"""Any support by a second protocol suffices: the echoes alone have odds of 20,000 : 1."""
REFUTED_NATS = -4.6
"""Odds of 100 : 1 that the link's other traffic does not lose what its echoes lose: a policer."""
DECIDE_ANYWAY_S = 120.0
"""If no second protocol was measured for this time, the echoes decide alone."""
LEAST_LOST = 2
"""A single retransmitted segment is no evidence: good lines lose one in a hundred."""
MIN_WITNESSES = 2
"""One lossy name server, or one lossy portal, is not the line."""


def carrying(at: LinkContext, segment: Segment) -> Iterator[tuple[ProbePoint, Track]]:
    """Yield the series of lookups and requests that pass a rung, and are usually answered."""
    for track in at.link.tracks.values():
        point = at.probes.point_of(track)
        if point is None or track.kind not in {LOOKUP, REQUEST} or track.known_unresponsive:
            continue
        rung = rung_of(point, at.link.facts)
        if RANK[rung] >= RANK[segment] and rung is not Segment.LAN and track.answered_ns:
            yield point, track


def is_lossy(track: Track) -> bool:
    """Return whether a series loses more than good lines do by chance."""
    least = LEAST_LOST if track.kind == REQUEST else 1
    return track.carried_lost >= max(least, DEGRADED_RATIO / 2 * track.carried_sent)


def locate_carried_loss(at: LinkContext) -> Diagnosis | None:
    """
    Return the rung on which the loss of lookups and requests begins; ``None`` while undecided.
    """
    segment = Segment.LAN if _is_lan_lossy(at) else _segment_beyond_lan(at)
    if segment is None:
        return None
    return Diagnosis(state=State.DEGRADED, segment=segment, symptom=LOSS_SYMPTOMS[segment])


def do_pages_alone_lose(at: LinkContext) -> bool:
    """Return whether pages show loss and lookups, with their small packets, do not."""
    lookups = packets_of(t for _, t in carrying(at, Segment.ACCESS) if t.kind == LOOKUP)
    return evidence_nats(lookups.sent, lookups.lost, DEGRADED_RATIO, healthy_ratio(LOOKUP)) < 0.0


def _segment_beyond_lan(at: LinkContext) -> Segment | None:
    is_long = at.now_ns - (at.link.carried_test.first_ns or 0) >= ns(DECIDE_ANYWAY_S)
    is_in_doubt = is_gateway_lossy(at) and not is_long
    return None if is_in_doubt or not _is_lan_clean(at) else _lossy_from(at)


def _is_lan_lossy(at: LinkContext) -> bool:
    """
    Return whether the gateway loses as much as the traffic through it, behind a carrier that limits
    echoes.

    Echoes dropped by such a carrier are no loss of the line, and the gateway's echoes never reach
    it: a LAN that lost a fifth of all packets behind such a carrier was not reported for four
    minutes, and then to the carrier (2026-12). If echoes from beyond the LAN count, they decide
    (``loss_location``); a gateway that limits its own answers does not lose the traffic through it.
    """
    if at.link.policed_until_ns <= at.now_ns:
        return False
    echoes = _gateway_echoes(at)
    carried = packets_of(track for _, track in carrying(at, Segment.ACCESS))
    ratio = min(0.9, max(DEGRADED_RATIO, carried.lost / max(1, carried.sent)))
    return evidence_nats(echoes.sent, echoes.lost, ratio, HEALTHY_RATIO) >= LAN_LOSSY_NATS


def _gateway_echoes(at: LinkContext) -> CarriedPackets:
    """
    Return the echoes to the gateway since the start of the test.

    A gateway that never answers proves nothing; one that answered some of them is not such a
    gateway, even if it was silent recently.
    """
    return packets_of(
        track
        for track in at.link.tracks.values()
        if (point := at.probes.point_of(track)) is not None
        and point.is_gateway
        and not (is_mute(track) and track.carried_lost == track.carried_sent)
    )


def _is_lan_clean(at: LinkContext) -> bool:
    """
    Return whether the gateway has answered since the start of the test: then its losses are not the
    line's.

    A gateway that is not proved clean yet is awaited, for a limited time; one that never answers
    echoes cannot be.
    """
    echoes = _gateway_echoes(at)
    nats = evidence_nats(echoes.sent, echoes.lost, DEGRADED_RATIO, HEALTHY_RATIO)
    is_long = at.now_ns - (at.link.carried_test.first_ns or at.now_ns) >= ns(DECIDE_ANYWAY_S)
    return nats <= -CONFIRMED_NATS or (is_long and nats <= CONFIRMED_NATS)


def _lossy_from(at: LinkContext) -> Segment | None:
    """
    Return the rung after the last one without loss; ``None`` while there are too few witnesses.

    A rung that is neither lossy nor proved clean yet is awaited, for a limited time.
    """
    on_rung: defaultdict[Segment, list[Track]] = defaultdict(list)
    tracks: list[tuple[ProbePoint, Track]] = []
    for point, track in carrying(at, Segment.ACCESS):
        if track.kind == LOOKUP and track.reason in BAD_ANSWERS:
            # A bad answer was transported well.
            continue
        tracks.append((point, track))
        rung = min(rung_of(point, at.link.facts), Segment.TRANSIT, key=RANK.__getitem__)
        on_rung[rung].append(track)
    if not _is_borne_out(at, tracks):
        return None
    is_long = at.now_ns - (at.link.carried_test.first_ns or at.now_ns) >= ns(DECIDE_ANYWAY_S)
    clean = Segment.LAN
    for rung in sorted(on_rung, key=RANK.__getitem__):
        count = packets_of(on_rung[rung])
        nats = evidence_nats(count.sent, count.lost, DEGRADED_RATIO, HEALTHY_RATIO)
        if nats > CONFIRMED_NATS:
            break
        if nats > REFUTED_NATS and not is_long:
            return None
        clean = rung
    return LADDER[min(RANK[clean] + 1, RANK[Segment.TRANSIT])]


def _is_borne_out(at: LinkContext, tracks: Sequence[tuple[ProbePoint, Track]]) -> bool:
    """
    Return whether two witnesses show loss, and also the neighbours of the worse one.

    Neighbours are targets of the same kind of probe, equally far away. One lost lookup of ten was
    the second witness of a portal that lost a fifth of its segments, while another lost none of
    sixty, and the carrier was notified (2026-11: only the path to that portal lost packets).
    """
    lossy: dict[str, int] = {}
    of_services = _witnesses_of_services(tracks)
    names = [of_services.get(point.target, point.target) for point, _ in tracks]
    for (_, track), name in zip(tracks, names, strict=True):
        if is_lossy(track):
            lossy[name] = lossy.get(name, 0) + track.carried_lost
    if len(lossy) < MIN_WITNESSES:
        return False
    worst = max(sorted(lossy), key=lossy.__getitem__)
    own = [pair for pair, name in zip(tracks, names, strict=True) if name == worst]
    kind, rank = own[0][1].kind, min(RANK[rung_of(point, at.link.facts)] for point, _ in own)
    others = [pair for pair, name in zip(tracks, names, strict=True) if name != worst]
    beside = [
        track
        for point, track in others
        if track.kind == kind and RANK[rung_of(point, at.link.facts)] >= rank
    ]
    rest = packets_of(beside or [track for _, track in others])
    return evidence_nats(rest.sent, rest.lost, DEGRADED_RATIO, HEALTHY_RATIO) > 0.0


def _witnesses_of_services(tracks: Sequence[tuple[ProbePoint, Track]]) -> dict[str, str]:
    """
    Return the witness for each service: the first of those with which it shares a network.

    Services in one network may be behind one firewall, and both families of a service lead to it
    (2026-12: a portal lost half of what it sent, and its IPv4 and IPv6 bore each other out).
    """
    tracks_of: defaultdict[str, list[Track]] = defaultdict(list)
    for point, track in tracks:
        if point.is_service:
            tracks_of[point.target].append(track)
    networks = {service: networks_of_tracks(own) for service, own in tracks_of.items()}
    groups: list[set[str]] = []
    for service, own in networks.items():
        # Services whose addresses are not known may share any.
        joined = [
            group
            for group in groups
            if any(not own or not networks[other] or own & networks[other] for other in group)
        ]
        groups = [group for group in groups if group not in joined]
        groups.append({service}.union(*joined))
    return {service: min(group) for group in groups for service in group}
