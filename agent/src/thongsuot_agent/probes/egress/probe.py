"""
Which carrier's line a link's packets leave by: a reflector, or the agent's own collector, reports
their source address.

Measures    the share of new flows that were answered (one flow to a collector, several to a
            reflector); of those seen from a known carrier's network, the share that left by the
            link's own carrier.
Failed      no flow was answered: timed out, refused by the host, or an ICMP error said why; what
            answered was no test packet, or sealed with another key; the collector's certificate is
            not trusted, or the response is not from the collector.
Unmeasured  the link is down, has no address or no route; the reflector or the collector does not
            report the source address of packets.
Source      RFC 8762, RFC 8972, section 4.2 (STAMP, Location TLV); ``GET /v1/address`` of the
            collector; the networks of ``carriers`` in the settings and in the site configuration.
Cost        2 packets, 190 bytes over IPv4 and 230 over IPv6, per flow; sealed 360 and 400. To a
            collector about 20 packets and 5,300 bytes, as for a first TLS connection.
"""

import asyncio
import os
import time

from thongsuot_agent.errors import TokenUnusable
from thongsuot_agent.links.datagram import exchange
from thongsuot_agent.links.link import LiveLink, SeenAddress, boottime_ns
from thongsuot_agent.links.reasons import described, reason_for_foreign
from thongsuot_agent.links.state import LinkUnusable
from thongsuot_agent.probes.egress.collector import COLLECTOR_BYTES, FlowAnswer, ask_collector
from thongsuot_agent.probes.egress.settings import Settings
from thongsuot_agent.probing.addresses import EDGE, FIRST_HOP, GATEWAY, RESOLVER, address_of
from thongsuot_agent.probing.contract import Probe, stateless
from thongsuot_agent.proto.icmp import IP4_HEADER_BYTES, IP6_HEADER_BYTES
from thongsuot_agent.secret_file import credential_path, read_token
from thongsuot_schema.catalogue import egress as metrics
from thongsuot_schema.inventory.model import Role, Target, Via
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family, Finding, failed_finding, ok_finding
from thongsuot_schema.stamp import tlv
from thongsuot_schema.stamp.location import REQUEST_BYTES, source_address
from thongsuot_schema.stamp.packet import (
    AUTHENTICATED_BYTES,
    UNAUTHENTICATED_BYTES,
    AuthenticationFailed,
    MalformedTestPacket,
    SenderPacket,
    pack_sender_packet,
    unpack_reflector_packet,
)
from thongsuot_schema.stamp.timestamp import UNKNOWN_ERROR, ntp_timestamp, pack_error_estimate

OTHER_CARRIER = "other_carrier"
"""Evidence: the carriers of flows that did not leave by the link's own carrier."""
USED_CARRIER = "used_carrier"
"""Evidence: the carriers of flows, for a link that represents its router's choice."""

_UDP_HEADER_BYTES = 8
_SEAL_TLV_BYTES = 20


async def run(link: LiveLink, target: Target, family: Family, settings: Settings) -> Finding:
    """Send several new flows together; to a collector one separate connection."""
    try:
        if target.role is Role.COLLECTOR:
            answer = await ask_collector(link, target.url, family, settings)
            return finding_from(link, (answer,))
        key = read_token(credential_path(settings.key_file)).encode() if settings.key_file else b""
        address = address_of(link, target, family)
        answers = await asyncio.gather(
            *(_ask(link, family, address, settings, key) for _ in range(settings.flows))
        )
    except LinkUnusable as unusable:
        return failed_finding(unusable.reason, detail=unusable.detail)
    except TokenUnusable as error:
        return failed_finding(Reason.PERMISSION_DENIED, detail=str(error))
    return finding_from(link, tuple(answers))


def finding_from(link: LiveLink, answers: tuple[FlowAnswer, ...]) -> Finding:
    """Return the combined result of the flows of a run."""
    cost_bytes = sum(answer.bytes_both_ways for answer in answers)
    answered = [answer for answer in answers if answer.reason is None]
    if not answered:
        first = answers[0]
        assert first.reason is not None, "a flow without an answer has a reason"
        return failed_finding(
            first.reason, {metrics.ANSWERED: 0.0}, detail=first.detail, cost_bytes=cost_bytes
        )
    if not any(answer.address for answer in answered):
        return failed_finding(
            Reason.NOT_SUPPORTED,
            detail="what answers does not say from where it sees packets come",
            cost_bytes=cost_bytes,
        )
    link.seen_address = SeenAddress(
        address=next(answer.address for answer in answered if answer.address), at_ns=boottime_ns()
    )
    owners = [link.carrier_networks.owner_of(answer.address) for answer in answered]
    known = [owner for owner in owners if owner]
    values = {metrics.ANSWERED: len(answered) / len(answers)}
    others = sorted({owner for owner in known if owner != link.spec.carrier})
    if known and link.spec.carrier:
        values[metrics.OWN] = sum(owner == link.spec.carrier for owner in known) / len(known)
    evidence = {}
    if others and link.spec.carrier:
        evidence[OTHER_CARRIER] = ", ".join(others)
    elif others and link.spec.via is Via.ROUTER:
        evidence[USED_CARRIER] = ", ".join(others)
    return ok_finding(values, evidence=evidence, cost_bytes=cost_bytes)


async def _ask(
    link: LiveLink, family: Family, address: str, settings: Settings, key: bytes
) -> FlowAnswer:
    number = int.from_bytes(os.urandom(2), "big")
    question = pack_sender_packet(
        SenderPacket(
            sequence_number=number,
            timestamp=ntp_timestamp(time.time_ns()),
            error_bits=pack_error_estimate(UNKNOWN_ERROR),
            session=int.from_bytes(os.urandom(2), "big") or 1,
        ),
        key,
    ) + tlv.pack_tlvs((tlv.location_tlv(),), number, key)
    overhead_bytes = _overhead_bytes(family)
    sent_bytes = len(question) + overhead_bytes
    with link.open_udp(family, address, settings.port) as opened:
        try:
            answer = await exchange(
                opened, question, lambda data: _seen_address(data, number, key), settings.timeout_s
            )
        except OSError as error:
            return FlowAnswer(
                reason=reason_for_foreign(error),
                detail=described(error),
                bytes_both_ways=sent_bytes,
            )
    if answer.value is None:
        reason = Reason.RESPONSE_INVALID if answer.unsolicited else Reason.TIMED_OUT
        return FlowAnswer(reason=reason, bytes_both_ways=sent_bytes)
    received_bytes = answer.received_bytes + overhead_bytes
    return FlowAnswer(address=answer.value, bytes_both_ways=sent_bytes + received_bytes)


def _seen_address(data: bytes, number: int, key: bytes) -> str | None:
    """
    Return the source address that the reflector saw, ``None`` if this is not its answer.

    The extensions have a separate HMAC; without it anyone on the path could insert an address.
    """
    try:
        answer = unpack_reflector_packet(data, key)
    except (AuthenticationFailed, MalformedTestPacket):
        return None
    if answer.sender_sequence_number != number:
        return None
    extensions = data[AUTHENTICATED_BYTES if key else UNAUTHENTICATED_BYTES :]
    if key and not tlv.is_sealed(extensions, answer.sequence_number, key):
        return None
    for extension in tlv.unpack_tlvs(extensions):
        if extension.type == tlv.TlvType.LOCATION and not extension.flags:
            return source_address(extension.value)
    return ""


def _overhead_bytes(family: Family) -> int:
    header = IP6_HEADER_BYTES if family is Family.IP6 else IP4_HEADER_BYTES
    return header + _UDP_HEADER_BYTES


def _applies(target: Target) -> bool:
    """
    The collector, and anchors with an address of their own; name those that are reflectors in
    ``targets``.
    """
    if target.role is Role.COLLECTOR:
        return True
    words = {GATEWAY, RESOLVER, FIRST_HOP, EDGE}
    return (
        target.role is Role.ANCHOR and bool(target.addresses) and not words & set(target.addresses)
    )


def _cost_bytes(target: Target, settings: Settings) -> int:
    """The cost of the more expensive family; the schedule counts a run for each family."""
    if target.role is Role.COLLECTOR:
        return COLLECTOR_BYTES
    base = AUTHENTICATED_BYTES + _SEAL_TLV_BYTES if settings.key_file else UNAUTHENTICATED_BYTES
    packet = base + tlv.HEAD_BYTES + REQUEST_BYTES + _overhead_bytes(Family.IP6)
    return 2 * settings.flows * packet


PROBE = Probe(
    settings=Settings,
    begin=stateless(run),
    applies=_applies,
    cost_bytes=_cost_bytes,
    timeout_s=lambda settings: settings.timeout_s,
)
