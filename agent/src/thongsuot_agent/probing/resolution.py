"""Resolving the host of a service over the link itself, as a stub resolver would."""

import socket
from collections.abc import Callable
from dataclasses import dataclass

from thongsuot_agent.links.egress import address_family, family_of
from thongsuot_agent.links.outbound import Outbound
from thongsuot_agent.links.state import LinkUnusable
from thongsuot_agent.probing.forgery import forged
from thongsuot_agent.probing.lookup import DnsQuestion, NameServerAddress, look_up, record_for
from thongsuot_schema.localizable import Localizable
from thongsuot_schema.outcome import Outcome
from thongsuot_schema.reason import Reason, outcome_of
from thongsuot_schema.result import Family, QualityFlag

_OF_NAMES = frozenset(reason for reason in Reason if reason.startswith("name_"))

_SERVERS_TRIED = 2  # resolv.conf names up to three; a person's browser has given up by the third


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """
    The addresses of a host as answered, or why there are none. ``took_s`` is ``None`` for a
    literal.
    """

    addresses: tuple[str, ...] = ()
    reason: Reason | None = None
    detail: str = ""
    took_s: float | None = None
    doubts: frozenset[QualityFlag] = frozenset()
    cost_bytes: int = 0


def check_resolve_timeout(resolve_timeout_s: float, timeout_s: float) -> None:
    """
    Reject settings that leave no time for a lookup, or more than the whole run has.

    Raises:
        ValueError: the message says what to configure.
    """
    if not 0.0 < resolve_timeout_s <= timeout_s:
        raise ValueError(
            Localizable(
                "resolve_timeout_s is {resolve_timeout_s}; it must be above 0 and at most "
                "timeout_s, {timeout_s}",
                resolve_timeout_s=resolve_timeout_s,
                timeout_s=timeout_s,
            )
        )


def _nothing_is_forbidden(address: str) -> bool:
    """Return ``False``: the device's own settings say where to connect to."""
    del address
    return False


async def resolve_host(
    link: Outbound,
    family: Family,
    host: str,
    timeout_s: float,
    expected: tuple[str, ...],
    *,
    servers: tuple[str, ...] = (),
    is_forbidden: Callable[[str], bool] = _nothing_is_forbidden,
) -> Resolution:
    """
    Return the addresses of one family of a host.

    ``servers``, or else the link's own name servers, are asked, those of the same family first, the
    next one when one does not answer within its share of ``timeout_s``. ``expected`` are the
    prefixes an answer must lie in (see ``forgery``). An answer that ``is_forbidden`` is as untrue:
    of several addresses one is enough, whichever would be connected to.

    Raises:
        LinkUnusable: nothing can be sent by the link, no name server is known for it, or the host
            is an address of the other family.
    """
    if is_address(host):
        if family_of(host) is not family:
            raise LinkUnusable(Reason.NOT_SUPPORTED, f"the URL names no {family} address")
        return Resolution(addresses=(host,))
    by_family = sorted(
        servers or link.resolvers, key=lambda server: family_of(server) is not family
    )
    usable = _reachable(link, by_family[:_SERVERS_TRIED])
    question = DnsQuestion(name=_ascii(host), record=record_for(family))
    cost_bytes, spent_s = 0, 0.0
    result = Resolution(reason=Reason.NAME_SERVER_TIMED_OUT)
    for server in usable:
        try:
            lookup = await look_up(link, server, question, timeout_s / len(usable))
        except LinkUnusable as unusable:
            # This device may not send to one server, and yet to the next one.
            result = Resolution(
                reason=unusable.reason, detail=unusable.detail, cost_bytes=cost_bytes
            )
            continue
        cost_bytes += lookup.cost_bytes
        spent_s += timeout_s / len(usable) if lookup.took_s is None else lookup.took_s
        result = Resolution(
            addresses=lookup.addresses,
            reason=_as_name_reason(lookup.reason),
            detail=lookup.detail,
            took_s=None if lookup.took_s is None else spent_s,
            doubts=lookup.doubts,
            cost_bytes=cost_bytes,
        )
        if lookup.took_s is not None:
            return _checked(result, expected, is_forbidden)
    return result


def _as_name_reason(reason: Reason | None) -> Reason | None:
    """
    Keep failures of a name server from looking like the service's own fault, and this device's own
    (no file descriptor, no permission) from looking like the name server's.
    """
    if reason is None or reason in _OF_NAMES or outcome_of(reason) is Outcome.UNMEASURED:
        return reason
    return Reason.NAME_SERVER_FAILED


def _checked(
    result: Resolution, expected: tuple[str, ...], is_forbidden: Callable[[str], bool]
) -> Resolution:
    lies = forged(result.addresses, expected)
    inside = tuple(address for address in result.addresses if is_forbidden(address))
    if not lies and not inside:
        return result
    detail = f"answered {', '.join(lies or inside)}"
    if not lies:
        detail += ", in a network of this site, which only its own settings may name"
    return Resolution(
        reason=Reason.NAME_ANSWER_FORGED,
        detail=detail,
        took_s=result.took_s,
        doubts=result.doubts,
        cost_bytes=result.cost_bytes,
    )


def _reachable(link: Outbound, servers: list[str]) -> list[NameServerAddress]:
    """The servers that the link has a route to; the last reason if there is none."""
    if not servers:
        raise LinkUnusable(Reason.NOT_SUPPORTED, "no name server is known for this link")
    reachable: list[NameServerAddress] = []
    problem: LinkUnusable | None = None
    for address in servers:
        try:
            link.egress(family_of(address), address)
        except LinkUnusable as unusable:
            problem = unusable
        else:
            reachable.append(NameServerAddress(address=address, family=family_of(address)))
    if not reachable:
        assert problem is not None
        raise problem
    return reachable


def is_address(host: str) -> bool:
    """Return whether a host of a URL is an address, so that no name is looked up."""
    try:
        socket.inet_pton(address_family(family_of(host)), host)
    except OSError:
        return False
    return True


def _ascii(host: str) -> str:
    """
    Return a host name in its query form (IDNA); the codec is loaded only if needed.
    """
    return host if host.isascii() else host.encode("idna").decode("ascii")
