"""
Whether a computer at the counter can open a portal, and which link carries its traffic.

Measures    the time from looking up the name, by the local network's name server, to the last byte
            of the page, over IPv6 if available, and over IPv4 if that fails. No link is chosen: the
            packets go to the router that the computers use, by the device's own routing table if
            the device is that router, or to the proxy. Also the link that carried them (see
            ``seen_link``), and the length of the outage until another link carried them.
Failed      as for ``http``, in both families. ``answered`` in the evidence: the portal's server
            responded, so the path to it did not cause the failure.
Unmeasured  the interface of the local network is down, has no address or no route; the page was
            opened over a metered link less than ``metered_every_s`` ago.
Source      RFC 9110; RFC 8305 for the order of families; IP_RECVERR of ip(7) for the routers.
Cost        as for ``http``, with 4 KB of the body where none is expected; 5 packets of 32 bytes and
            what the routers answer.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from typing import Annotated
from urllib.parse import urlsplit

from msgspec import Meta, structs

from thongsuot_agent.links.curl_multi import current_multi
from thongsuot_agent.links.default_route import DefaultRoute
from thongsuot_agent.links.link import LiveLink, boottime_ns
from thongsuot_agent.links.outbound import Outbound
from thongsuot_agent.links.roundtrip import NS_PER_S, Stopwatch
from thongsuot_agent.links.state import LinkUnusable
from thongsuot_agent.probes.counter.seen_link import WAIT_S, SeenLink, see_link
from thongsuot_agent.probing.certificates import Authorities, system_authorities
from thongsuot_agent.probing.contract import Probe, ProbeServices
from thongsuot_agent.probing.fetch import USER_AGENT, Fetch, FetchRequest, FetchResponse
from thongsuot_agent.probing.proxy import link_proxy, proxy_of
from thongsuot_agent.probing.resolution import check_resolve_timeout, resolve_host
from thongsuot_schema import counter_path
from thongsuot_schema.catalogue import counter as metrics
from thongsuot_schema.counter_path import CounterPath
from thongsuot_schema.inventory.fields import MOBILE_MEDIA
from thongsuot_schema.inventory.model import Role, Target
from thongsuot_schema.inventory.way_out import proxy_address
from thongsuot_schema.metric import Metric
from thongsuot_schema.outcome import Outcome
from thongsuot_schema.reason import Reason, outcome_of
from thongsuot_schema.result import Family, Finding, failed_finding, ok_finding

RETRY_S = 5.0
"""Retry interval of a failed page, so that the time of a switch-over is known to seconds."""

_ANY_IPV6 = "2000::1"
"""An address in the block of all global unicast addresses: tests whether IPv6 has any route."""

_IPV6_SHARE = 0.3
"""
IPv6's share of the time limit; after it IPv4 is tried, as a browser does (which waits much less).
"""

_UNEXPECTED_BODY_BYTES = 4_096
_TYPICAL_BYTES = 12_500
_TYPICAL_BODY_BYTES = 30_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Settings of one ``kind = "counter"`` entry."""

    device_is_router: bool = False
    """
    The computers' traffic goes through this device, or is routed like its own main table: sockets
    are bound to no interface. Otherwise it goes to the router of the link that the computers are
    connected to: the first wired one in ``links`` of the entry.
    """

    resolvers: tuple[str, ...] = ()
    """The name servers of the computers, if they differ from the link's own."""

    proxy: str = ""
    """
    ``http://ADDRESS:PORT`` of the proxy that the computers use; empty: that of the link, if any.
    """

    timeout_s: Annotated[float, Meta(ge=0.5, le=300.0)] = 10.0
    """Time limit for opening the page, both families together."""

    resolve_timeout_s: float = 4.0
    """How much of it the name may take, in each family."""

    body_limit_bytes: Annotated[int, Meta(ge=1, le=16 * 1024 * 1024)] = 64 * 1024
    """The maximum size of the body that is read and searched if the target expects a text in it."""

    metered_every_s: Annotated[float, Meta(ge=60.0)] = 600.0
    """Interval of pages while a metered link carries the traffic."""

    ca_file: str = ""
    """File of trusted certificate authorities (PEM); empty: those of the device."""

    def __post_init__(self) -> None:
        """Reject settings that cannot be run."""
        check_resolve_timeout(self.resolve_timeout_s, self.timeout_s)
        if self.proxy:
            proxy_address(self.proxy)


class CounterProbe:
    """
    The page visits of one site; remembers which link carried the traffic, and since when visits
    fail.
    """

    def __init__(self, services: ProbeServices) -> None:
        self._services = services
        self._path: CounterPath | None = None
        self._opened_ns: dict[str, int] = {}

    async def __call__(
        self, link: LiveLink, target: Target, family: Family, settings: Settings
    ) -> Finding:
        """Open the target's page once, as a computer on the network of ``link`` does."""
        del family
        started_ns = boottime_ns()
        visit = _Visit(link, target, settings, self._services)
        try:
            finding = await visit.finding(lambda seen: self._is_due(seen, target, settings))
        except LinkUnusable as unusable:
            finding = failed_finding(
                unusable.reason, detail=unusable.detail, cost_bytes=visit.cost_bytes
            )
        if visit.seen.link and visit.seen.link != link.name:
            self._services.charge(visit.seen.link, finding.cost_bytes)
        if finding.outcome is Outcome.UNMEASURED:
            return finding
        self._opened_ns[target.name] = started_ns
        return self._with_switch_over(finding, target, started_ns)

    def _is_due(self, seen: SeenLink, target: Target, settings: Settings) -> bool:
        """Return whether a page may be opened over the link that carries the traffic."""
        carrying = self._services.links().get(seen.link)
        opened_ns = self._opened_ns.get(target.name)
        if carrying is None or carrying.spec.allowance_bytes is None or opened_ns is None:
            return True
        has_moved = self._path is None or self._path.seen_link != seen.link
        is_failing = self._path is not None and self._path.failing_s is not None
        waited_s = (boottime_ns() - opened_ns) / NS_PER_S
        return has_moved or is_failing or waited_s >= settings.metered_every_s

    def _with_switch_over(self, finding: Finding, target: Target, started_ns: int) -> Finding:
        """Add a switch-over to another link if this run is the first to observe it."""
        run = counter_path.run_from(
            target.name,
            started_ns / NS_PER_S,
            finding.outcome,
            finding.reason,
            finding.evidence,
        )
        assert run is not None, "what was not measured was handed on"
        self._path = counter_path.with_run(self._path, run)
        switch_over = self._path.switch_over
        if switch_over is None:
            return finding
        return structs.replace(
            finding,
            values={**finding.values, metrics.SWITCH_OVER.name: switch_over.took_s},
            evidence={**finding.evidence, metrics.FROM_LINK: switch_over.from_link},
        )


class _Visit:
    """One opening of a page: the steps and their results."""

    def __init__(
        self, link: LiveLink, target: Target, settings: Settings, services: ProbeServices
    ) -> None:
        # A link that shares its port sends by a router that it selects itself, not by the
        # computers' router.
        is_unbound = settings.device_is_router or _is_selected(link)
        self._outbound: Outbound = DefaultRoute(link.kernel) if is_unbound else link
        # The computers' own proxy needs other credentials, which the device does not have.
        self._proxy = link_proxy(settings.proxy) if settings.proxy else proxy_of(link.spec)
        self._target = target
        self._settings = settings
        self._services = services
        self._clock = Stopwatch()
        self._values: dict[Metric, float] = {}
        self._address = ""
        self.seen = SeenLink()
        self.cost_bytes = 0

    async def finding(self, is_due: Callable[[SeenLink], bool]) -> Finding:
        """
        Open the page over one family after the other; ``is_due`` says whether it may be opened.

        Raises:
            LinkUnusable: nothing can be sent.
        """
        finding = None
        for family in self._families():
            share = _IPV6_SHARE if family is Family.IP6 else 1.0
            try:
                finding = await self._open(family, self._left_s() * share, is_due)
            except LinkUnusable:
                if finding is None and family is Family.IP4:
                    raise
                continue
            if finding.outcome is not Outcome.FAILED or metrics.ANSWERED in finding.evidence:
                break
        assert finding is not None, "the last family raises or returns"
        return finding

    def _families(self) -> tuple[Family, ...]:
        if self._proxy is not None:
            return (self._proxy.family,)
        try:
            self._outbound.egress(Family.IP6, _ANY_IPV6)
        except LinkUnusable:
            return (Family.IP4,)
        return (Family.IP6, Family.IP4)

    async def _open(
        self, family: Family, timeout_s: float, is_due: Callable[[SeenLink], bool]
    ) -> Finding:
        settings = self._settings
        began_s = self._elapsed_s()
        reason, detail = await self._find_address(family, timeout_s)
        if reason is not None:
            return self._failed(reason, detail)
        resolved_s = self._elapsed_s()
        await self._see(family)
        if not is_due(self.seen):
            return failed_finding(
                Reason.BUDGET_SPENT,
                detail=f"the traffic goes by {self.seen.link}, which is metered",
                cost_bytes=self.cost_bytes,
            )
        request = FetchRequest(
            url=self._target.url,
            address=self._address,
            family=family,
            timeout_s=max(timeout_s - (resolved_s - began_s), 0.1),
            authorities=_authorities(settings.ca_file),
            user_agent=USER_AGENT,
            body_limit_bytes=settings.body_limit_bytes
            if self._target.expect_body
            else min(_UNEXPECTED_BODY_BYTES, settings.body_limit_bytes),
            proxy=self._proxy,
        )
        fetch_began_s = self._elapsed_s()
        response = await Fetch(self._outbound, request).perform(current_multi())
        self.cost_bytes += response.cost_bytes
        # The search for the path's routers is not part of the wait of a person at the counter.
        took_s = resolved_s + self._elapsed_s() - fetch_began_s
        return self._finding_of(response, took_s)

    async def _find_address(self, family: Family, timeout_s: float) -> tuple[Reason | None, str]:
        """Find the address to connect to: the proxy, or the name server's answer."""
        settings = self._settings
        if self._proxy is not None:
            self._address = self._proxy.address
            return None, ""
        resolved = await resolve_host(
            self._outbound,
            family,
            urlsplit(self._target.url).hostname or "",
            min(settings.resolve_timeout_s, timeout_s),
            self._target.expect_addresses,
            servers=settings.resolvers,
            is_forbidden=partial(self._services.is_forbidden, self._target.url),
        )
        self.cost_bytes += resolved.cost_bytes
        if resolved.took_s is not None:
            self._values[metrics.RESOLVE] = resolved.took_s
        if resolved.reason is None:
            self._address = resolved.addresses[0]
        return resolved.reason, resolved.detail

    async def _see(self, family: Family) -> None:
        """Determine the link that carries the packets; behind a proxy it cannot be seen."""
        if self._proxy is not None:
            return
        self.seen = await see_link(
            self._outbound.egress(family, self._address),
            self._services.links(),
            trusts_route=self._settings.device_is_router,
        )
        self.cost_bytes += self.seen.cost_bytes

    def _finding_of(self, response: FetchResponse, took_s: float) -> Finding:
        if response.status is not None:
            self._values[metrics.STATUS] = response.status
        if response.reason is not None:
            return self._failed(response.reason, response.detail)
        carrying = self._services.links().get(self.seen.link)
        if carrying is not None:
            self._values[metrics.ON_BACKUP] = carrying.spec.medium in MOBILE_MEDIA
        if response.status not in self._target.expect_status:
            detail = f"status {response.status}"
            return self._failed(Reason.STATUS_UNEXPECTED, detail, is_answered=True)
        wanted = self._target.expect_body
        if wanted and wanted.encode() not in response.body:
            detail = f"the text {wanted!r} is not in the body"
            return self._failed(Reason.BODY_UNEXPECTED, detail, is_answered=True)
        self._values[metrics.OPEN] = took_s
        return ok_finding(self._values, evidence=self._evidence(), cost_bytes=self.cost_bytes)

    def _failed(self, reason: Reason, detail: str, *, is_answered: bool = False) -> Finding:
        evidence = self._evidence()
        if is_answered:
            evidence[metrics.ANSWERED] = "yes"
        return failed_finding(
            reason,
            self._values if outcome_of(reason) is Outcome.FAILED else None,
            detail=detail,
            evidence=evidence,
            cost_bytes=self.cost_bytes,
        )

    def _evidence(self) -> dict[str, str]:
        texts = {
            "address": self._address,
            metrics.LINK: self.seen.link,
            metrics.SEEN_BY: self.seen.seen_by,
            metrics.GATEWAY: self.seen.gateway,
        }
        return {key: text for key, text in texts.items() if text}

    def _elapsed_s(self) -> float:
        return self._clock.stop(None)[0] / NS_PER_S

    def _left_s(self) -> float:
        return max(self._settings.timeout_s - self._elapsed_s(), 0.1)


def _is_selected(link: LiveLink) -> bool:
    spec = link.spec
    return bool(spec.gateways or spec.sources) or spec.tos is not None or spec.mark is not None


@cache
def _authorities(ca_file: str) -> Authorities:
    return Authorities(file=ca_file) if ca_file else system_authorities()


def _applies(target: Target) -> bool:
    return target.role is Role.SERVICE and target.url.startswith(("https://", "http://"))


def _cost_bytes(target: Target, settings: Settings) -> int:
    return _TYPICAL_BYTES + (
        min(_TYPICAL_BODY_BYTES, settings.body_limit_bytes) if target.expect_body else 0
    )


PROBE = Probe(
    settings=Settings,
    begin=CounterProbe,
    applies=_applies,
    cost_bytes=_cost_bytes,
    timeout_s=lambda settings: settings.timeout_s + 2 * WAIT_S,
    per_site=True,
    retry_s=RETRY_S,
)
