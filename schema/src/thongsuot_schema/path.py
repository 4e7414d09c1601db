"""
Path: the hops that one run found, and how they travel in the evidence of its result.

One text a hop, ``hop03`` → ``203.0.113.6 2/3 1234us L24001``: addresses (``|`` between several),
answered of sent, median round trip, MPLS labels outermost first; ``hop04`` → ``* 0/3`` for one that
stayed silent; ``hop05`` → ``203.0.113.6 3/3 !N`` where 203.0.113.6 said that it cannot pass packets
on. ``first`` is the number of the carrier's first hop, ``edge``
that of the last hop in the site's own declared networks, ``mtu`` a sentence about packet
sizes, ``method`` what was sent. So a result of 14 hops is 18 texts of about 30 characters, its
cardinality is that of the series, and anyone who can read JSON can read it.
"""

import re
from collections.abc import Mapping, Sequence
from zlib import crc32

import msgspec

MAX_HOPS = 28
"""Keeps hops and the other entries within the evidence of one result (32 entries)."""

FIRST, EDGE, MTU, METHOD = "first", "edge", "mtu", "method"

_HOP = "hop"
_TEXT = re.compile(
    r"(?P<who>\*|[0-9A-Fa-f:.|]{2,91}) (?P<answered>\d{1,3})/(?P<sent>\d{1,3})"
    r"(?: (?P<rtt>\d{1,9})us)?(?: L(?P<labels>\d{1,7}(?:,\d{1,7})*))?(?: (?P<refusal>![HNX]?))?"
)
_ADDRESSES = 2
_LABELS = 6
_ROUTE_BITS = 24


class Hop(msgspec.Struct, frozen=True, kw_only=True):
    """
    One hop. ``addresses`` are those that answered, mostly one; ``rtt_s`` the median of the answers.

    ``labels`` are the MPLS labels that the packet carried when it came there, outermost first
    (RFC 4950).

    ``refusal`` is set if all answers say that packets are not forwarded, in the notation of
    traceroute: ``!H`` host unreachable, ``!N`` network unreachable, ``!X`` prohibited, ``!`` other.
    Then ``addresses`` are the senders of these answers. They need not be at this distance, and
    their delay is not a round trip.
    """

    number: int
    sent: int
    answered: int
    addresses: tuple[str, ...] = ()
    rtt_s: float | None = None
    labels: tuple[int, ...] = ()
    refusal: str = ""

    @property
    def routers(self) -> tuple[str, ...]:
        """The addresses that answered from this distance; none where packets are refused."""
        return () if self.refusal else self.addresses

    @property
    def address(self) -> str:
        """The address that represents the hop; empty if none answered."""
        return self.addresses[0] if self.addresses else ""


class Path(msgspec.Struct, frozen=True, kw_only=True):
    """
    The hops of one run, nearest first, without those beyond the last that answered.

    ``is_reached``: the last of them is the target. ``first`` is the number of the first hop that is
    the carrier's, ``None`` where none of the carrier answered; ``edge`` of the last that is in the
    site's own declared networks, ``None`` where there is none beyond the gateway.
    """

    hops: tuple[Hop, ...] = ()
    is_reached: bool = False
    first: int | None = None
    edge: int | None = None
    mtu: str = ""
    method: str = ""

    def hop(self, number: int | None) -> Hop | None:
        """Return a hop by its number."""
        return next((hop for hop in self.hops if hop.number == number), None)

    @property
    def last(self) -> int:
        """Number of the farthest hop that answered; 0 if none did. A refusal is not a hop."""
        return max((hop.number for hop in self.hops if hop.routers), default=0)

    @property
    def refusal(self) -> Hop | None:
        """The routers that say that packets are not forwarded, if the path ends with that."""
        return next((hop for hop in self.hops if hop.refusal), None)


def path_evidence(path: Path) -> dict[str, str]:
    """Return a path as the evidence of a result."""
    evidence = {METHOD: path.method} if path.method else {}
    if path.first is not None:
        evidence[FIRST] = str(path.first)
    if path.edge is not None:
        evidence[EDGE] = str(path.edge)
    if path.mtu:
        evidence[MTU] = path.mtu
    for hop in path.hops[:MAX_HOPS]:
        evidence[f"{_HOP}{hop.number:02d}"] = _hop_text(hop)
    return evidence


def parse_path(evidence: Mapping[str, str], *, is_reached: bool) -> Path:
    """Return the path from evidence; entries that cannot be read are left out."""
    hops = [
        hop
        for key, text in sorted(evidence.items())
        if key.startswith(_HOP) and (hop := _parse_hop(key.removeprefix(_HOP), text)) is not None
    ]
    return Path(
        hops=tuple(hops),
        is_reached=is_reached,
        first=_number(evidence.get(FIRST, "")),
        edge=_number(evidence.get(EDGE, "")),
        mtu=evidence.get(MTU, ""),
        method=evidence.get(METHOD, ""),
    )


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) <= 2 else None


def is_same_route(path: Path, other: Path) -> bool:
    """
    Return whether two paths may be the same route.

    Routers limit how often they answer, so a hop that was silent in either says nothing. Two paths
    that both reach the target have the same number of hops.
    """
    if path.is_reached and other.is_reached and path.last != other.last:
        return False
    here = {hop.number: hop.routers for hop in path.hops if hop.routers}
    there = {hop.number: hop.routers for hop in other.hops if hop.routers}
    return all(set(here[number]) & set(there[number]) for number in here.keys() & there.keys())


def route_number(path: Path) -> int:
    """Return the number that represents a route: a checksum of the hops that answered."""
    hops = [f"{hop.number} {min(hop.routers)}" for hop in path.hops if hop.routers]
    return crc32("\n".join(hops).encode()) >> (32 - _ROUTE_BITS)


def describe_difference(before: Path, after: Path) -> str:
    """Return in words how two routes differ, for the record; empty where they do not."""
    parts: list[str] = []
    if before.is_reached != after.is_reached:
        parts.append("reached again" if after.is_reached else f"ends at hop {after.last}")
    elif before.last != after.last:
        parts.append(f"{before.last} to {after.last} hops")
    known = {hop.number: hop.address for hop in before.hops if hop.routers}
    for hop in after.hops:
        was = known.get(hop.number, "")
        if hop.routers and was and hop.address != was:
            parts.append(f"hop {hop.number} {was} to {hop.address}")
            break
    return ", ".join(parts)


class ObservedRoute(msgspec.Struct, frozen=True, kw_only=True):
    """A path and when it was measured: CLOCK_BOOTTIME on the device, Unix time elsewhere."""

    at_ns: int
    path: Path


class RouteHistory(msgspec.Struct, frozen=True, kw_only=True):
    """
    The newest path of a series, and the one before it that led to the target by another route.

    ``before`` is ``None`` while the route has never changed. ``ended`` is the newest one that did
    not reach the target, kept after the line has recovered: it shows where packets ended.
    """

    latest: ObservedRoute
    before: ObservedRoute | None = None
    ended: ObservedRoute | None = None


def with_observation(routes: RouteHistory | None, at_ns: int, path: Path) -> RouteHistory:
    """Return routes with one more path; one that is older than the newest changes nothing."""
    route = ObservedRoute(at_ns=at_ns, path=path)
    if routes is None:
        return RouteHistory(latest=route, ended=None if path.is_reached else route)
    if at_ns <= routes.latest.at_ns:
        return routes
    last = routes.latest.path
    is_other = last.is_reached != path.is_reached or not is_same_route(last, path)
    before = routes.latest if is_other and last.is_reached else routes.before
    ended = routes.ended if path.is_reached else route
    return RouteHistory(latest=route, before=before, ended=ended)


def _hop_text(hop: Hop) -> str:
    parts = ["|".join(hop.addresses[:_ADDRESSES]) or "*", f"{hop.answered}/{hop.sent}"]
    if hop.rtt_s is not None:
        parts.append(f"{round(hop.rtt_s * 1e6)}us")
    if hop.labels:
        parts.append("L" + ",".join(str(label) for label in hop.labels[:_LABELS]))
    if hop.refusal:
        parts.append(hop.refusal)
    return " ".join(parts)


def _parse_hop(number: str, text: str) -> Hop | None:
    match = _TEXT.fullmatch(text)
    if match is None or not number.isdecimal() or not 1 <= int(number) <= 99:
        return None
    who, rtt, labels = match["who"], match["rtt"], match["labels"]
    return Hop(
        number=int(number),
        sent=int(match["sent"]),
        answered=int(match["answered"]),
        addresses=() if who == "*" else _split(who),
        rtt_s=None if rtt is None else int(rtt) / 1e6,
        labels=() if labels is None else tuple(int(label) for label in labels.split(",")),
        refusal=match["refusal"] or "",
    )


def _split(who: str) -> tuple[str, ...]:
    parts: Sequence[str] = who.split("|")
    return tuple(part for part in parts if part)
