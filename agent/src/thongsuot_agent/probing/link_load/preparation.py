"""
Before a link is filled: is it idle, where is the server, may it be used; shared by the probes.
"""

import asyncio
from dataclasses import dataclass
from urllib.parse import urlsplit

from thongsuot_agent.errors import TokenUnusable
from thongsuot_agent.links.link import LiveLink
from thongsuot_agent.links.reasons import described, reason_for_curl, reason_for_own
from thongsuot_agent.links.state import LinkUnusable
from thongsuot_agent.probing.certificates import Authorities, system_authorities
from thongsuot_agent.probing.link_load.protocol import LoadTestReport, WorkerRoute
from thongsuot_agent.probing.resolution import resolve_host
from thongsuot_agent.secret_file import credential_path, read_token
from thongsuot_schema.localizable import Localizable
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family

_RESOLVE_S = 4.0
_FAMILIES = {"": (Family.IP4, Family.IP6), "ip4": (Family.IP4,), "ip6": (Family.IP6,)}
FAMILIES = tuple(_FAMILIES)
_NO_ROOM = 503
_LOCAL = ("localhost", "127.0.0.1", "::1")


class MeasurementPostponed(Exception):
    """A link is not filled now; ``reason`` (failed or unmeasured) and ``detail`` say why."""

    def __init__(self, reason: Reason, detail: str, cost_bytes: int = 0) -> None:
        self.reason = reason
        self.detail = detail
        self.cost_bytes = cost_bytes
        super().__init__(detail)


@dataclass(frozen=True, slots=True, kw_only=True)
class LocatedServer:
    """The way to a server and what finding it cost."""

    route: WorkerRoute
    cost_bytes: int


async def locate_server(link: LiveLink, url: str, family: str) -> LocatedServer:
    """
    Return the route to the server of a URL, with its name resolved over the link itself.

    Raises:
        LinkUnusable: nothing can be sent over the link.
        MeasurementPostponed: the name has no address.
    """
    host = urlsplit(url).hostname or ""
    cost_bytes = 0
    problem: MeasurementPostponed | LinkUnusable | None = None
    for candidate in _FAMILIES[family]:
        try:
            resolved = await resolve_host(link, candidate, host, _RESOLVE_S, ())
            cost_bytes += resolved.cost_bytes
            if resolved.reason is not None:
                problem = MeasurementPostponed(resolved.reason, resolved.detail or host, cost_bytes)
                continue
            egress = link.egress(candidate, resolved.addresses[0])
        except LinkUnusable as unusable:
            problem = problem or unusable
            continue
        way = WorkerRoute(
            interface=egress.interface,
            source=egress.source,
            family=candidate,
            host=egress.destination,
            selector=egress.selector,
        )
        return LocatedServer(route=way, cost_bytes=cost_bytes)
    assert problem is not None
    raise problem


def carried_bytes(link: LiveLink) -> int:
    """
    Return the traffic of the link's interface, both directions.

    Raises:
        LinkUnusable: the interface is gone, or does not count.
    """
    try:
        counters = link.kernel.link(link.state.index).counters
    except OSError as error:
        raise LinkUnusable(reason_for_own(error), described(error)) from error
    if counters is None:
        raise LinkUnusable(Reason.NOT_SUPPORTED, "the interface has no counters")
    return counters.received_bytes + counters.sent_bytes


async def require_quiet(link: LiveLink, *, watch_s: float, busy_bits_per_second: float) -> None:
    """
    Watch the interface's counters for a while.

    Raises:
        MeasurementPostponed: people are using the link (``link_busy``).
        LinkUnusable: the interface is gone.
    """
    before = carried_bytes(link)
    began_s = asyncio.get_running_loop().time()
    await asyncio.sleep(watch_s)
    watched_s = asyncio.get_running_loop().time() - began_s  # longer, if the device is busy
    rate = (carried_bytes(link) - before) * 8 / watched_s
    if rate > busy_bits_per_second:
        raise MeasurementPostponed(
            Reason.LINK_BUSY,
            f"the link carries {rate / 1e6:.2f} Mbit/s; more than "
            f"{busy_bits_per_second / 1e6:g} is work of somebody's",
        )


def read_key(name: str) -> str:
    """
    Return the key in a file, empty if no file is configured.

    Raises:
        MeasurementPostponed: it cannot be read.
    """
    if not name:
        return ""
    try:
        return read_token(credential_path(name))
    except TokenUnusable as error:
        raise MeasurementPostponed(Reason.PERMISSION_DENIED, str(error)) from error


def authorities(ca_file: str) -> Authorities:
    """Return whom to trust."""
    return Authorities(file=ca_file) if ca_file else system_authorities()


def check_server(url: str, key_file: str, family: str) -> None:
    """
    Refuse settings that name no server, or would show a key to everybody on the way.

    Raises:
        ValueError: with the sentence.
    """
    if family not in FAMILIES:
        raise ValueError(
            Localizable("family is {family}; it may be ip4, ip6 or empty", family=repr(family))
        )
    if not url:
        return
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError(
            Localizable('url is "{url}"; it must be as "https://host.example"', url=url)
        )
    if parts.path not in {"", "/"}:
        raise ValueError(
            Localizable('url "{url}" has a path; give scheme, host and port only', url=url)
        )
    if key_file and parts.scheme == "http" and parts.hostname not in _LOCAL:
        raise ValueError(
            Localizable("key_file needs an https url: a key must not travel in the clear")
        )


def reason_of(report: LoadTestReport) -> Reason:
    """Return the reason of a worker's problem."""
    if report.status == _NO_ROOM:
        return Reason.RESOURCE_EXHAUSTED
    if report.status not in {0, 200}:
        return Reason.STATUS_UNEXPECTED
    return reason_for_curl(report.code, 0) if report.code else Reason.RESPONSE_INVALID
