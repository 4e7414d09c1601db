"""
The path to a target, hop by hop, by packets of one flow that all take the same path.

Measures    the hops that answer, each with its median round-trip time, its share of answers, and
            the MPLS labels that it reports; the distance of the target; the carrier's first hop;
            the largest packet that gets through, and the hop beyond which larger ones are lost.
            Times are between the kernel's timestamps, except over TCP.
Failed      the target did not answer at any distance: timed out, or a router refused to forward,
            which is reported as a refusal (``!H``, ``!N``, ``!X``), not as a hop. The hops before
            it are still reported.
Unmeasured  the link is down, has no address or no route; echoes are not allowed; for TCP: scapy is
            not installed, or the agent may not open packet sockets.
Source      RFC 792, RFC 4443, RFC 4884, RFC 4950, RFC 8899; Augustin et al., "Avoiding traceroute
            anomalies with Paris traceroute" (2006); RFC 1812, section 4.3.2.8 for why an unanswered
            hop does not mean packet loss.
Cost        about 120 bytes per hop and probe and 3,000 for the packet size: 6,600 per run over ten
            hops; up to 40,000 while large packets are lost.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Annotated
from zlib import crc32

import msgspec
from msgspec import Meta

from thongsuot_agent.links.egress import Egress
from thongsuot_agent.links.flow import FIRST_FLOW, FLOWS, Flow
from thongsuot_agent.links.link import LiveLink
from thongsuot_agent.links.reasons import described, reason_for_own
from thongsuot_agent.links.state import LinkState, LinkUnusable
from thongsuot_agent.links.tracer import Tracer
from thongsuot_agent.probes.path.packet_size import PacketSize, measure_packet_size
from thongsuot_agent.probes.path.tcp_trace import START_S, TraceFailed, trace_by_tcp
from thongsuot_agent.probes.path.trace import TracePacing, TraceResult, trace_route
from thongsuot_agent.probing.addresses import EDGE, FIRST_HOP, GATEWAY, address_of
from thongsuot_agent.probing.contract import Probe, stateless
from thongsuot_schema.catalogue import path as metrics
from thongsuot_schema.inventory.model import Role, Target
from thongsuot_schema.localizable import Localizable
from thongsuot_schema.metric import Metric
from thongsuot_schema.path import MAX_HOPS, Path, path_evidence, route_number
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family, Finding, failed_finding, ok_finding
from thongsuot_schema.segment import Segment

Network = IPv4Network | IPv6Network

METHODS = ("icmp", "udp", "tcp")
TCP = METHODS[2]

_FLOOR_BYTES = {Family.IP4: 576, Family.IP6: 1280}  # RFC 791; RFC 8200, section 5
_FULL_BYTES = 1500
_HOP_BYTES = 120
_TYPICAL_HOPS = 10

_SITES_OWN = tuple(map(ip_network, ("192.168.0.0/16", "172.16.0.0/12", "fe80::/10", "fc00::/7")))
"""
Networks of equipment at the site. Carriers also number their own routers from 10/8 and 100.64/10,
so these prove nothing.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Settings of one ``kind = "path"`` entry."""

    method: str = "icmp"
    """What is sent: ``icmp`` (echoes), ``udp`` (to port 33434), ``tcp`` (by scapy, in a worker)."""

    port: Annotated[int, Meta(ge=1, le=65535)] = 443
    """Destination port of TCP."""

    count: Annotated[int, Meta(ge=1, le=10)] = 3
    """Probes to each hop."""

    retries: Annotated[int, Meta(ge=0, le=5)] = 1
    """Number of retries for hops that did not answer."""

    max_hops: Annotated[int, Meta(ge=1, le=MAX_HOPS)] = 24
    """Maximum hop limit of the search for the target."""

    timeout_s: Annotated[float, Meta(ge=0.05, le=10.0)] = 1.0
    """Wait for answers after the last probe of a round."""

    packet_size: bool = True
    """Find the largest packet that gets through."""

    def __post_init__(self) -> None:
        """Reject settings that cannot be run."""
        if self.method not in METHODS:
            raise ValueError(
                Localizable(
                    "method is {method}; known: {known}",
                    method=repr(self.method),
                    known=", ".join(METHODS),
                )
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class PathRun:
    """The result of one run: the trace, the packet size of the path, and the cost."""

    walked: TraceResult
    size: PacketSize | None
    cost_bytes: int


async def run(link: LiveLink, target: Target, family: Family, settings: Settings) -> Finding:
    """Trace the path to the target once."""
    try:
        address = address_of(link, target, family)
        egress = link.egress(family, address)
        if settings.method == TCP:
            return await _run_by_tcp(link, egress, settings)
        flow = Flow(egress, settings.method, flow_name(link.name, address))
    except (LinkUnusable, TraceFailed) as unusable:
        return failed_finding(unusable.reason, detail=unusable.detail)
    with Tracer(flow) as tracer:
        try:
            full_bytes = min(link.kernel.link(egress.index).mtu or _FULL_BYTES, _FULL_BYTES)
            traced = await _trace(tracer, family, settings, full_bytes)
        except OSError as error:
            cost_bytes = tracer.sent_bytes + tracer.received_bytes
            return failed_finding(
                reason_for_own(error), detail=described(error), cost_bytes=cost_bytes
            )
    return finding_from(traced, link.state, settings.method, link.spec.site_networks)


async def _run_by_tcp(link: LiveLink, egress: Egress, settings: Settings) -> Finding:
    """Packet sizes are not probed by TCP: a SYN has no payload."""
    flow = flow_name(link.name, egress.destination)
    walked, cost_bytes, clamped = await trace_by_tcp(egress, settings.port, flow, _pace(settings))
    finding = finding_from(
        PathRun(walked=walked, size=None, cost_bytes=cost_bytes),
        link.state,
        TCP,
        link.spec.site_networks,
    )
    if not clamped:
        return finding
    return msgspec.structs.replace(finding, evidence={**finding.evidence, "segment_size": clamped})


def _pace(settings: Settings) -> TracePacing:
    return TracePacing(
        count=settings.count,
        retries=settings.retries,
        max_hops=settings.max_hops,
        timeout_s=settings.timeout_s,
    )


def flow_name(link: str, address: str) -> int:
    """Return the name of the flow to an address, the same in every run."""
    return FIRST_FLOW + crc32(f"{link} {address}".encode()) % FLOWS


async def _trace(tracer: Tracer, family: Family, settings: Settings, full_bytes: int) -> PathRun:
    walked = await trace_route(tracer, _pace(settings))
    size = None
    if settings.packet_size and walked.target_hops is not None:
        rtt_s = walked.target_rtt_s or 0.0
        size = await measure_packet_size(
            tracer,
            full_bytes=full_bytes,
            floor_bytes=_FLOOR_BYTES[family],
            near=[hop.number for hop in walked.hops[:-1] if hop.answered],
            timeout_s=min(settings.timeout_s, 0.2 + 4 * rtt_s),
        )
    return PathRun(walked=walked, size=size, cost_bytes=tracer.sent_bytes + tracer.received_bytes)


def finding_from(
    traced: PathRun, state: LinkState, method: str, site_networks: Sequence[str] = ()
) -> Finding:
    """
    Return the finding of one run; ``site_networks`` are those declared in the link's settings.
    """
    walked, size = traced.walked, traced.size
    declared = [ip_network(text) for text in site_networks]
    first = first_carrier_hop(walked, state, declared)
    path = Path(
        hops=walked.hops,
        is_reached=walked.target_hops is not None,
        first=first,
        edge=_last_own_hop(walked, state, declared, first),
        mtu="" if size is None else packet_size_text(size, walked),
        method=method,
    )
    values = _values(path, walked, size)
    evidence = path_evidence(path)
    if path.is_reached:
        return ok_finding(
            values, doubts=walked.doubts, evidence=evidence, cost_bytes=traced.cost_bytes
        )
    detail = f"the last that answered is hop {path.last}" if path.last else "no hop answered"
    if walked.refused_by:
        detail += f"; {walked.refused_by} passes nothing on"
    return failed_finding(
        walked.reason or Reason.TIMED_OUT,
        values,
        detail=detail,
        doubts=walked.doubts,
        evidence=evidence,
        cost_bytes=traced.cost_bytes,
    )


def first_carrier_hop(
    walked: TraceResult, state: LinkState, declared: Sequence[Network] = ()
) -> int | None:
    """
    Return the number of the carrier's first hop, ``None`` if none answered.

    The site's own hops are the gateway, addresses in the same network as the gateway or the link's
    address, addresses that no carrier gives to a router, and those in ``declared``. The target is
    not a hop of its own path.
    """
    own = [*_own_networks(state), *declared]
    gateways = {state.gateway4, state.gateway6}
    for hop in walked.hops:
        if hop.number == walked.target_hops or not hop.routers or hop.address in gateways:
            continue
        if not _is_within(hop.address, own):
            return hop.number
    return None


def _last_own_hop(
    walked: TraceResult, state: LinkState, declared: Sequence[Network], first: int | None
) -> int | None:
    """
    Return the number of the last declared hop before the carrier's, ``None`` if it is the gateway.
    """
    own = [
        hop.number
        for hop in walked.hops
        if hop.routers
        and hop.address not in {state.gateway4, state.gateway6}
        and (first is None or hop.number < first)
        and _is_within(hop.address, declared)
    ]
    return max(own, default=None)


def _is_within(text: str, networks: Sequence[Network]) -> bool:
    address = ip_address(text)
    return any(address in network for network in networks if network.version == address.version)


def _own_networks(state: LinkState) -> list[Network]:
    networks: list[Network] = list(_SITES_OWN)
    if state.gateway4 is not None:
        networks.append(ip_network(f"{state.gateway4}/24", strict=False))
    if state.gateway6 is not None:
        networks += [ip_network(f"{address}/64", strict=False) for address in state.addresses6]
    return networks


def packet_size_text(size: PacketSize, walked: TraceResult) -> str:
    """Return the packet size of the path as a text for a person; at most 200 characters."""
    if size.largest_bytes is None:
        largest = "no large packet gets through"
    else:
        largest = f"{size.largest_bytes} bytes"
    if size.hop is None:
        return largest
    if size.told_by:
        return f"{largest}, told by hop {size.hop} {size.told_by}"
    hop = next((hop for hop in walked.hops if hop.number == size.hop), None)
    where = f"hop {size.hop} {hop.address}" if hop is not None else "this device"
    return f"{largest}; larger ones vanish behind {where}"


def _values(path: Path, walked: TraceResult, size: PacketSize | None) -> dict[Metric, float]:
    silent = sum(not hop.answered for hop in path.hops)
    values: dict[Metric, float] = {
        metrics.LAST_HOP: path.last,
        metrics.SILENT_HOPS: silent,
        metrics.ROUTE: route_number(path),
        metrics.LABELLED_HOPS: sum(bool(hop.labels) for hop in path.hops),
    }
    if walked.target_hops is not None:
        values[metrics.HOPS] = walked.target_hops
    if walked.target_rtt_s is not None:
        values[metrics.RTT] = walked.target_rtt_s
    first = path.hop(path.first)
    if first is not None and first.rtt_s is not None:
        values[metrics.FIRST_HOP] = first.rtt_s
        values[metrics.FIRST_HOP_LOSS] = 1.0 - first.answered / first.sent
    if size is not None:
        values[metrics.BLACK_HOLE] = size.is_black_hole
        if size.largest_bytes is not None:
            values[metrics.MTU] = size.largest_bytes
        if size.hop is not None:
            values[metrics.MTU_HOP] = size.hop
    return values


def _applies(target: Target) -> bool:
    is_near = target.segment is Segment.LAN or {GATEWAY, FIRST_HOP, EDGE} & set(target.addresses)
    return target.role is Role.ANCHOR and bool(target.addresses) and not is_near


def _cost_bytes(target: Target, settings: Settings) -> int:
    """The cost of a successful run over ten hops; the finding has the real cost."""
    del target
    size_bytes = 2 * _FULL_BYTES if settings.packet_size and settings.method != TCP else 0
    return _TYPICAL_HOPS * settings.count * _HOP_BYTES + size_bytes


def _timeout_s(settings: Settings) -> float:
    rounds = settings.count * settings.max_hops * 0.02 + 2 * settings.timeout_s
    if settings.method == TCP:
        return START_S + rounds + settings.timeout_s
    again = settings.retries * (settings.timeout_s + 0.5)
    return rounds + again + (20 * settings.timeout_s if settings.packet_size else 0.0)


PROBE = Probe(
    settings=Settings,
    begin=stateless(run),
    applies=_applies,
    cost_bytes=_cost_bytes,
    timeout_s=_timeout_s,
)
