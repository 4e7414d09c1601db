"""
Both directions of a path separately, by a train of test packets to a reflector.

Measures    round-trip time without the reflector's processing time; loss up and down, from the
            reflector's numbering of received packets; reordering, duplicates, jitter and delay
            variation of each direction; one-way delays with the error of both clocks, only if both
            errors are small enough; the quality of a telephone call (see ``emodel`` for its
            simplifications).
Failed      no packet was answered: timed out, refused by the host, or an ICMP error said why;
            what answered was no test packet, or sealed with another key.
Unmeasured  the link is down, has no address or no route; the key cannot be read; the wall clock
            stepped during the train.
Source      RFC 8762, RFC 8972 (STAMP); RFC 5357 (TWAMP-Light); RFC 3550, RFC 4737, RFC 5481; ITU-T
            G.107.
Cost        2 packets, 144 bytes over IPv4 and 184 over IPv6, per packet of the train; sealed 280
            and 320.
"""

import os
from dataclasses import dataclass
from typing import Annotated

from msgspec import Meta

from thongsuot_agent.errors import TokenUnusable
from thongsuot_agent.links.link import LiveLink
from thongsuot_agent.links.reasons import described, reason_for_foreign, reason_for_own
from thongsuot_agent.links.state import LinkUnusable
from thongsuot_agent.links.train import ReceivedDatagram, TrainResult, TrainSpec, run_train
from thongsuot_agent.probes.stamp import directions, emodel
from thongsuot_agent.probes.stamp.directions import DirectionalLoss, OneWayDelay, ReflectedPacket
from thongsuot_agent.probing.addresses import EDGE, FIRST_HOP, GATEWAY, RESOLVER, address_of
from thongsuot_agent.probing.contract import Probe, stateless
from thongsuot_agent.proto.icmp import IP4_HEADER_BYTES, IP6_HEADER_BYTES
from thongsuot_agent.secret_file import credential_path, read_token
from thongsuot_runtime import kernel_clock
from thongsuot_schema.catalogue import stamp as metrics
from thongsuot_schema.inventory.model import Role, Target
from thongsuot_schema.metric import Metric
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family, Finding, QualityFlag, failed_finding, ok_finding
from thongsuot_schema.stamp import tlv
from thongsuot_schema.stamp.packet import (
    AUTHENTICATED_BYTES,
    PORT,
    UNAUTHENTICATED_BYTES,
    AuthenticationFailed,
    MalformedTestPacket,
    ReflectorPacket,
    SenderPacket,
    pack_sender_packet,
    unpack_reflector_packet,
)
from thongsuot_schema.stamp.timestamp import (
    UNKNOWN_ERROR,
    ErrorEstimate,
    ntp_timestamp,
    pack_error_estimate,
    unix_ns_of_timestamp,
)
from thongsuot_schema.statistics import median, percentile_95

_UDP_HEADER_BYTES = 8
_LARGEST_BYTES = 1400
_NS_PER_S = 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Settings of one ``kind = "stamp"`` entry."""

    port: Annotated[int, Meta(ge=1, le=65535)] = PORT
    """UDP port of the reflector."""

    count: Annotated[int, Meta(ge=2, le=1000)] = 50
    """Packets of one run."""

    spacing_s: Annotated[float, Meta(ge=0.001, le=10.0)] = 0.02
    """Interval between packets; 0.02 is that of a telephone call."""

    timeout_s: Annotated[float, Meta(ge=0.01, le=60.0)] = 1.0
    """Wait for answers after the last packet."""

    size_bytes: Annotated[int, Meta(ge=UNAUTHENTICATED_BYTES, le=_LARGEST_BYTES)] = (
        UNAUTHENTICATED_BYTES
    )
    """UDP payload of each packet; the part beyond the minimum is padding (RFC 8972)."""

    key_file: str = ""
    """
    File with the key of the authenticated mode, one line; empty: the unauthenticated mode. A bare
    name is one of the service's credentials.
    """

    stateful: bool = True
    """
    The reflector numbers the packets that reach it. With one that only copies numbers (``false``)
    the direction of a loss cannot be determined.
    """

    clock_error_s: float | None = None
    """Error of this device's clock if the kernel does not know it (PTP, GPS)."""

    max_clock_error_s: float = 0.025
    """One-way delays are omitted if the combined error of both clocks exceeds this."""

    @property
    def packet_bytes(self) -> int:
        """Length of a packet without the headers of IP and UDP."""
        base = AUTHENTICATED_BYTES if self.key_file else UNAUTHENTICATED_BYTES
        wanted = self.size_bytes - base
        return base + (max(wanted, tlv.HEAD_BYTES) if wanted > 0 else 0)


async def run(link: LiveLink, target: Target, family: Family, settings: Settings) -> Finding:
    """Send one train and examine the answers."""
    try:
        key = _key(settings.key_file)
        opened = link.open_udp(family, address_of(link, target, family), settings.port)
    except LinkUnusable as unusable:
        return failed_finding(unusable.reason, detail=unusable.detail)
    except TokenUnusable as error:
        return failed_finding(Reason.PERMISSION_DENIED, detail=str(error))
    own = _own_error(settings)
    session = int.from_bytes(os.urandom(2), "big") or 1
    padding = settings.packet_bytes - (AUTHENTICATED_BYTES if key else UNAUTHENTICATED_BYTES)
    extensions = (tlv.padding_tlv(padding),) if padding else ()

    def packet(number: int, now_ns: int) -> bytes:
        request = SenderPacket(
            sequence_number=number,
            timestamp=ntp_timestamp(now_ns),
            error_bits=pack_error_estimate(own),
            session=session,
        )
        # Padding alone needs no HMAC TLV (RFC 8972, section 4.8).
        return pack_sender_packet(request, key) + tlv.pack_tlvs(extensions, number)

    pace = TrainSpec(
        count=settings.count, spacing_s=settings.spacing_s, timeout_s=settings.timeout_s
    )
    with opened:
        train = await run_train(opened, pace, packet, settings.count)
    return finding_from(train, settings, _parse_train(train, key), own, _overhead_bytes(family))


@dataclass(slots=True, kw_only=True)
class ParsedTrain:
    """The readable answers, each with its trip, and the unreadable ones."""

    answers: list[ReflectorPacket]
    packets: list[ReflectedPacket]
    unsealed: int = 0
    unsolicited: int = 0


def _parse_train(train: TrainResult, key: bytes) -> ParsedTrain:
    read = ParsedTrain(answers=[], packets=[])
    for datagram in train.received:
        try:
            answer = unpack_reflector_packet(datagram.data, key)
        except AuthenticationFailed:
            read.unsealed += 1
            continue
        except MalformedTestPacket:
            read.unsolicited += 1
            continue
        trip = _reflected_packet(answer, datagram, train)
        if trip is None:
            read.unsolicited += 1
            continue
        read.answers.append(answer)
        read.packets.append(trip)
    return read


def _reflected_packet(
    answer: ReflectorPacket, datagram: ReceivedDatagram, train: TrainResult
) -> ReflectedPacket | None:
    out_ns = train.left_ns.get(answer.sender_sequence_number)
    if out_ns is None:
        return None
    is_ptp = answer.error.is_ptp
    return ReflectedPacket(
        number=answer.sender_sequence_number,
        reflector_number=answer.sequence_number,
        sent_ns=out_ns,
        reflector_received_ns=unix_ns_of_timestamp(answer.receive_timestamp, is_ptp=is_ptp),
        reflector_sent_ns=unix_ns_of_timestamp(answer.timestamp, is_ptp=is_ptp),
        received_ns=datagram.at_ns,
    )


def finding_from(
    train: TrainResult,
    settings: Settings,
    read: ParsedTrain,
    error: ErrorEstimate,
    overhead_bytes: int,
) -> Finding:
    """Return the combined result of a train and its answers."""
    sent = len(train.left_ns)
    cost_bytes = sent * (settings.packet_bytes + overhead_bytes) + sum(
        len(datagram.data) + overhead_bytes for datagram in train.received
    )
    doubts = _doubts(train)
    if not sent:
        # Nothing has left, so no other host can have refused it.
        problem = train.error or OSError()
        return failed_finding(reason_for_own(problem), detail=described(problem))
    if train.has_stepped:
        return failed_finding(Reason.CLOCK_STEPPED, doubts=doubts, cost_bytes=cost_bytes)
    if not read.packets:
        reason, detail = _silence(train, read)
        return failed_finding(
            reason, {metrics.LOSS: 1.0}, detail=detail, doubts=doubts, cost_bytes=cost_bytes
        )
    values = _values(read, sent, settings, error)
    evidence = {"packets": f"{sent} sent, {len({t.number for t in read.packets})} answered"}
    if read.unsealed or read.unsolicited:
        evidence["refused"] = f"{read.unsealed} with a wrong seal, {read.unsolicited} unreadable"
    return ok_finding(values, doubts=doubts, evidence=evidence, cost_bytes=cost_bytes)


def _silence(train: TrainResult, read: ParsedTrain) -> tuple[Reason, str]:
    if read.unsealed:
        return Reason.RESPONSE_INVALID, f"{read.unsealed} answers are sealed with another key"
    if read.unsolicited:
        return Reason.RESPONSE_INVALID, f"{read.unsolicited} answers are no test packets"
    if train.error is not None:
        return reason_for_foreign(train.error), described(train.error)
    return Reason.TIMED_OUT, ""


def _doubts(train: TrainResult) -> tuple[QualityFlag, ...]:
    doubts: set[QualityFlag] = set()
    all_left = len(train.by_kernel) == len(train.left_ns)
    if not (all_left and all(datagram.is_kernel_stamp for datagram in train.received)):
        doubts.add(QualityFlag.SOFTWARE_STAMP)
    if train.is_late:
        doubts.add(QualityFlag.TIMER_LATE)
    if train.has_stepped:
        doubts.add(QualityFlag.CLOCK_STEPPED)
    return tuple(sorted(doubts))


def _values(
    read: ParsedTrain, sent: int, settings: Settings, error: ErrorEstimate
) -> dict[Metric, float]:
    trips = directions.first_of_each(read.packets)
    lost = directions.losses(sent, read.packets, is_stateful=settings.stateful)
    rtts_s = [max(0, trip.rtt_ns) / _NS_PER_S for trip in trips]
    in_order = sorted(trips, key=lambda trip: trip.number)
    up = directions.delays([trip.reflector_received_ns - trip.sent_ns for trip in in_order])
    down = directions.delays([trip.received_ns - trip.reflector_sent_ns for trip in in_order])
    values: dict[Metric, float | None] = {
        metrics.RTT: median(rtts_s),
        metrics.RTT_MINIMUM: min(rtts_s),
        metrics.RTT_P95: percentile_95(rtts_s),
        metrics.LOSS: lost.both,
        metrics.LOSS_UP: lost.up,
        metrics.LOSS_DOWN: lost.down,
        metrics.DUPLICATED_DOWN: min(1.0, directions.copied_down(read.packets)),
        metrics.JITTER_UP: up.jitter_s,
        metrics.JITTER_DOWN: down.jitter_s,
        metrics.VARIATION_UP: up.variation_s,
        metrics.VARIATION_DOWN: down.variation_s,
        metrics.HOP_LIMIT_UP: read.answers[-1].hop_limit,
        **_one_way(read.answers, up, down, settings, error),
        **_call_quality(median(rtts_s), up, down, lost),
    }
    if settings.stateful:
        far = sorted(trips, key=lambda trip: trip.reflector_number)
        values[metrics.REORDERED_UP] = directions.reordered([trip.number for trip in far])
        values[metrics.REORDERED_DOWN] = directions.reordered(
            [trip.reflector_number for trip in trips]
        )
        values[metrics.DUPLICATED_UP] = min(1.0, directions.copied_up(read.packets))
    return {metric: value for metric, value in values.items() if value is not None}


def _one_way(
    answers: list[ReflectorPacket],
    up: OneWayDelay,
    down: OneWayDelay,
    settings: Settings,
    error: ErrorEstimate,
) -> dict[Metric, float | None]:
    """One-way delays, if both clocks report their error and the delays do not contradict it."""
    far = answers[-1].error
    if not (error.is_synchronised and far.is_synchronised):
        return {}
    if error.error_s is None or far.error_s is None:
        return {}
    total_s = error.error_s + far.error_s
    delays_s = (up.median_s, down.median_s)
    if total_s > settings.max_clock_error_s or min(delays_s) < -total_s:
        return {}
    # Within the reported error a delay may be negative: the real one was close to zero.
    return {
        metrics.DELAY_UP: max(0.0, up.median_s),
        metrics.DELAY_DOWN: max(0.0, down.median_s),
        metrics.CLOCK_ERROR: total_s,
    }


def _call_quality(
    rtt_s: float, up: OneWayDelay, down: OneWayDelay, lost: DirectionalLoss
) -> dict[Metric, float | None]:
    """
    The quality of a call is that of its worse direction; the depth of the jitter buffer is the p95.
    """
    delay_s = rtt_s / 2 + max(up.variation_s, down.variation_s)
    known = [loss for loss in (lost.up, lost.down) if loss is not None]
    rating = emodel.rating(delay_s, max(known) if known else lost.both)
    return {metrics.QUALITY: rating, metrics.MOS: emodel.mean_opinion_score(rating)}


def _own_error(settings: Settings) -> ErrorEstimate:
    if settings.clock_error_s is not None:
        return ErrorEstimate(is_synchronised=True, error_s=settings.clock_error_s)
    try:
        clock = kernel_clock.read()
    except OSError:  # a seccomp filter: then the clock is not trusted
        return UNKNOWN_ERROR
    if clock.error_s is None:
        return UNKNOWN_ERROR
    return ErrorEstimate(is_synchronised=True, error_s=clock.error_s)


def _key(name: str) -> bytes:
    return read_token(credential_path(name)).encode() if name else b""


def _overhead_bytes(family: Family) -> int:
    header = IP6_HEADER_BYTES if family is Family.IP6 else IP4_HEADER_BYTES
    return header + _UDP_HEADER_BYTES


def _applies(target: Target) -> bool:
    """Anchors with an address of their own; name those that are reflectors in ``targets``."""
    words = {GATEWAY, RESOLVER, FIRST_HOP, EDGE}
    return (
        target.role is Role.ANCHOR and bool(target.addresses) and not words & set(target.addresses)
    )


def _cost_bytes(target: Target, settings: Settings) -> int:
    """The cost of the more expensive family; the schedule counts a run for each family."""
    del target
    return 2 * settings.count * (settings.packet_bytes + _overhead_bytes(Family.IP6))


def _timeout_s(settings: Settings) -> float:
    return (settings.count - 1) * settings.spacing_s + settings.timeout_s


PROBE = Probe(
    settings=Settings,
    begin=stateless(run),
    applies=_applies,
    cost_bytes=_cost_bytes,
    timeout_s=_timeout_s,
)
