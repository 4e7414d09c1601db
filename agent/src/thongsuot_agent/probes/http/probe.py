"""
One HTTP or HTTPS request, as on a browser's first visit.

Measures    the phases resolve (by the link's own name server), connect, TLS, first byte, transfer
            and their total; status and length of the response; the earliest expiry in the
            certificate chain and the number of certificates that the server sent. If the name has
            several addresses, the runs of a series rotate through them (see ``address_rotation``).
Failed      the name is not resolved, or resolves to an impossible address, or, for a page that only
            the collector configured, to an address in a network of the site; refused, reset, timed
            out, separated by phase (a path that loses large packets shows as a TLS handshake that
            timed out); certificate expired, not valid yet, for another name, untrusted; status or
            text not as expected. Values measured before the failure are kept. With a proxy
            (``proxy`` of the link): the proxy does not answer, or reports that it cannot reach the
            server.
Unmeasured  the link is down, has no address or no route; no name server is known for it; the agent
            did not get the CPU before the time-out; the proxy refuses the device; the device may
            not send, lacks file descriptors, or cannot read its own authorities, or one of these
            has expired.
Source      RFC 9110, RFC 9112; RFC 8446 (TLS 1.3); RFC 5280 and RFC 9525 (certificates).
Cost        about 20 packets and 8,000 bytes, and the body up to ``body_limit_bytes``; the cost of
            each run is counted by the kernel (TCP_INFO). A refused certificate costs a second
            handshake.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Annotated
from urllib.parse import urlsplit

from msgspec import Meta

from thongsuot_agent.links.curl_multi import current_multi
from thongsuot_agent.links.lateness import LatenessWatch
from thongsuot_agent.links.link import LiveLink
from thongsuot_agent.links.roundtrip import NS_PER_S, Stopwatch
from thongsuot_agent.links.state import LinkUnusable
from thongsuot_agent.probes.http.address_rotation import AddressRotation
from thongsuot_agent.probes.http.by_proxy import fetch_by_proxy
from thongsuot_agent.probing.certificates import trusted_authorities
from thongsuot_agent.probing.contract import Probe, ProbeServices
from thongsuot_agent.probing.fetch import USER_AGENT, Fetch, FetchRequest, FetchResponse
from thongsuot_agent.probing.nat64 import find_nat64
from thongsuot_agent.probing.proxy import LinkProxy, proxy_of
from thongsuot_agent.probing.resolution import (
    Resolution,
    check_resolve_timeout,
    is_address,
    resolve_host,
)
from thongsuot_schema.catalogue import http as metrics
from thongsuot_schema.inventory.model import Role, Target
from thongsuot_schema.localizable import Localizable
from thongsuot_schema.metric import Metric
from thongsuot_schema.outcome import Outcome
from thongsuot_schema.reason import Reason, outcome_of
from thongsuot_schema.result import Family, Finding, QualityFlag, failed_finding, ok_finding

_TYPICAL_BYTES = 8_000  # name lookup, TCP and TLS 1.3 handshakes, headers, closing
_TYPICAL_BODY_BYTES = 30_000  # compressed start page of a public-service portal

_CERTIFICATE = frozenset(
    {
        Reason.CERTIFICATE_EXPIRED,
        Reason.CERTIFICATE_NOT_YET_VALID,
        Reason.CERTIFICATE_NAME_MISMATCH,
        Reason.CERTIFICATE_UNTRUSTED,
    }
)
_TIMEOUTS = frozenset(
    {
        Reason.TIMED_OUT,
        Reason.TLS_TIMED_OUT,
        Reason.RESPONSE_TIMED_OUT,
        Reason.NAME_SERVER_TIMED_OUT,
        Reason.PROXY_SILENT,
    }
)

_STARVED_SHARE = 0.1
"""
If a timer was late, or the process waited for the CPU, by this share of the time limit, the network
did not cause the time-out.
"""

_SERVER_SILENT = frozenset({Reason.NAME_SERVER_TIMED_OUT, Reason.NAME_SERVER_FAILED})
_SILENCES = frozenset({Reason.TIMED_OUT, Reason.HOST_UNREACHABLE, Reason.NETWORK_UNREACHABLE})
_PROVING = frozenset({None, Reason.RESPONSE_TIMED_OUT, Reason.RESPONSE_TRUNCATED})
"""The certificate was verified before these failures, so no middlebox can have caused them."""
BY_LAST_ADDRESS, REACHED, UNREACHED = "by_last_address", "reached", "timed_out"

_EVIDENCE_LIMIT = 200  # characters of one text (thongsuot_schema.result.Finding)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Settings of one ``kind = "http"`` entry."""

    timeout_s: Annotated[float, Meta(ge=0.1, le=300.0)] = 10.0
    """Time limit of the whole run, from name lookup to last byte."""

    resolve_timeout_s: float = 4.0
    """The part of it for the name lookup, over all name servers."""

    body_limit_bytes: Annotated[int, Meta(ge=1, le=16 * 1024 * 1024)] = 256 * 1024
    """The maximum size of the body that is read and searched; then the transfer ends."""

    max_redirects: Annotated[int, Meta(ge=0, le=10)] = 0
    """Maximum number of followed redirects; 0: a redirect is a normal response."""

    ca_file: str = ""
    """File of trusted certificate authorities (PEM); empty: those of the device."""

    contact: str = ""
    """Contact for operators of servers; part of the User-Agent."""

    def __post_init__(self) -> None:
        """Reject settings that cannot be run."""
        check_resolve_timeout(self.resolve_timeout_s, self.timeout_s)
        if any(not " " <= letter <= "~" for letter in self.contact):
            raise ValueError(
                Localizable("contact may hold printable ASCII only; it stands in a header")
            )

    @property
    def user_agent(self) -> str:
        """The User-Agent of the requests."""
        return f"{USER_AGENT} (+{self.contact})" if self.contact else USER_AGENT


class HttpProbe:
    """The requests over one link; those of one series rotate through the resolved addresses."""

    def __init__(self, services: ProbeServices) -> None:
        self._services = services
        self._rotation = AddressRotation()

    async def __call__(
        self, link: LiveLink, target: Target, family: Family, settings: Settings
    ) -> Finding:
        """Make one request and examine the response."""
        is_forbidden = partial(self._services.is_forbidden, target.url)
        visit = _PageFetch(
            link, target, family, settings, self._rotation, is_forbidden=is_forbidden
        )
        try:
            with LatenessWatch() as watch:
                await visit.follow(target.url)
        except LinkUnusable as unusable:
            return failed_finding(
                unusable.reason, detail=unusable.detail, cost_bytes=visit.cost_bytes
            )
        return visit.finding(watch)


class _PageFetch:
    """The steps of one run and their results."""

    def __init__(
        self,
        link: LiveLink,
        target: Target,
        family: Family,
        settings: Settings,
        rotation: AddressRotation,
        *,
        is_forbidden: Callable[[str], bool],
    ) -> None:
        self._link = link
        self._is_forbidden = is_forbidden
        self._rotation = rotation
        self._target = target
        self._family = family
        self._settings = settings
        self._clock = Stopwatch()
        self._took_s = 0.0
        self._resolved = Resolution()
        self._address = ""
        self._by_last_address = ""
        self._translated_by = ""
        self._response: FetchResponse | None = None
        self._proxy: LinkProxy | None = None
        self.cost_bytes = 0

    async def follow(self, url: str) -> None:
        """Fetch a URL and follow its redirects up to the limit."""
        for _ in range(self._settings.max_redirects + 1):
            await self._fetch(url)
            response = self._response
            if response is None or response.reason is not None or not response.redirect_url:
                break
            host = urlsplit(response.redirect_url).hostname or ""
            if is_address(host) and self._is_forbidden(host):
                break  # a redirect that is not followed is a normal response
            url = response.redirect_url
        self._took_s = self._elapsed_s()

    async def _fetch(self, url: str) -> None:
        self._response, self._address = None, ""
        self._proxy = proxy_of(self._link.spec)
        if self._proxy is not None:
            await self._fetch_by_proxy(url, self._proxy)
            return
        host = urlsplit(url).hostname or ""
        self._resolved = await resolve_host(
            self._link,
            self._family,
            host,
            min(self._settings.resolve_timeout_s, self._left_s()),
            self._target.expect_addresses,
            is_forbidden=self._is_forbidden,
        )
        self.cost_bytes += self._resolved.cost_bytes
        series = (self._family, host)
        if self._resolved.reason in _SERVER_SILENT and self._resolved.took_s is None:
            await self._try_last_address(url, series)
        if self._resolved.reason is not None:
            return
        self._address = self._rotation.next_address(series, self._resolved.addresses)
        self._link.egress(self._family, self._address)
        if self._family is Family.IP6:
            nat64, cost_bytes = await find_nat64(self._link, self._settings.resolve_timeout_s)
            self._translated_by = str(nat64.network) if self._address in nat64 else ""
            self.cost_bytes += cost_bytes
        request = self._request(url, self._address)
        response = await Fetch(self._link, request).perform(current_multi())
        self.cost_bytes += response.cost_bytes
        if response.reason is None:
            self._rotation.remember(series, self._address)
        if response.reason in _CERTIFICATE:
            response = await self._with_chain(response, request)
        self._response = response

    async def _fetch_by_proxy(self, url: str, proxy: LinkProxy) -> None:
        if self._family is not proxy.family:
            raise LinkUnusable(Reason.BEHIND_PROXY, f"{proxy.url} is asked by {proxy.family}")
        self._address = proxy.address
        self._link.egress(self._family, proxy.address)
        request = self._request(url, proxy.address)
        self._response = await fetch_by_proxy(self._link, request, proxy)
        self.cost_bytes += self._response.cost_bytes

    async def _try_last_address(self, url: str, series: tuple[Family, str]) -> None:
        """
        Try the last known address of the name: the path may work although the name lookup fails.

        If the carrier drops echoes and its name server does not answer, only this distinguishes a
        cut line from a dead name server.
        """
        address = self._rotation.last_worked(series)
        if address is None:
            return
        self._link.egress(self._family, address)
        response = await Fetch(self._link, self._request(url, address)).perform(current_multi())
        self.cost_bytes += response.cost_bytes
        if response.reason in _SILENCES:
            self._by_last_address = UNREACHED
        elif response.reason in _PROVING:
            self._by_last_address = REACHED

    def _request(self, url: str, address: str) -> FetchRequest:
        return FetchRequest(
            url=url,
            address=address,
            family=self._family,
            timeout_s=self._left_s(),
            authorities=trusted_authorities(self._settings.ca_file),
            user_agent=self._settings.user_agent,
            body_limit_bytes=self._settings.body_limit_bytes,
        )

    async def _with_chain(self, response: FetchResponse, request: FetchRequest) -> FetchResponse:
        """
        Add the properties of refused certificates, with a handshake that verifies nothing.

        libcurl provides nothing of a chain that it refused, and no request is made to a server that
        could not prove its identity.
        """
        looking = replace(request, handshake_only=True, timeout_s=max(self._left_s(), 0.1))
        seen = await Fetch(self._link, looking).perform(current_multi())
        self.cost_bytes += seen.cost_bytes
        return response.with_chain_of(seen)

    def _elapsed_s(self) -> float:
        return self._clock.stop(None)[0] / NS_PER_S

    def _left_s(self) -> float:
        return max(self._settings.timeout_s - self._elapsed_s(), 0.001)

    def finding(self, watch: LatenessWatch) -> Finding:
        """Return the finding."""
        reason, detail = self._verdict()
        starved_s = max(watch.longest_s, watch.cpu_wait_s)
        if reason in _TIMEOUTS and starved_s > self._settings.timeout_s * _STARVED_SHARE:
            detail = f"{reason} while this device kept the run waiting for {starved_s:.1f} s"
            reason = Reason.AGENT_STARVED
        doubts = self._resolved.doubts - {QualityFlag.SOFTWARE_STAMP}
        if watch.is_late:
            doubts |= {QualityFlag.TIMER_LATE}
        values = self._values()
        evidence = self._evidence()
        if watch.is_late:
            evidence[metrics.OWN_SHARE] = f"{watch.own_share_s:.3f}"
        if reason is None:
            return ok_finding(
                values,
                doubts=tuple(sorted(doubts)),
                evidence=evidence,
                cost_bytes=self.cost_bytes,
            )
        return failed_finding(
            reason,
            values if outcome_of(reason) is Outcome.FAILED else None,
            detail=detail,
            doubts=tuple(sorted(doubts)),
            evidence=evidence,
            cost_bytes=self.cost_bytes,
        )

    def _verdict(self) -> tuple[Reason | None, str]:
        if self._resolved.reason is not None:
            return self._resolved.reason, self._resolved.detail
        response = self._response
        assert response is not None
        if response.reason is not None:
            return response.reason, response.detail
        source = self._link.egress(self._family, self._address).source
        if response.local_address != source:
            return Reason.EGRESS_UNPROVEN, "the connection used another address than the link's"
        if response.status not in self._target.expect_status:
            return Reason.STATUS_UNEXPECTED, f"status {response.status}"
        wanted = self._target.expect_body
        if wanted and wanted.encode() not in response.body:
            return Reason.BODY_UNEXPECTED, f"the text {wanted!r} is not in the body"
        return None, ""

    def _values(self) -> dict[Metric, float]:
        values: dict[Metric, float | None] = {metrics.RESOLVE: self._resolved.took_s}
        response = self._response
        if response is not None:
            phases, chain = response.phases, response.chain
            # By a proxy, the connection that is timed is that to the proxy.
            values[metrics.CONNECT] = phases.connect_s if self._proxy is None else None
            values[metrics.TLS] = phases.tls_s
            values[metrics.FIRST_BYTE] = phases.first_byte_s
            values[metrics.STATUS] = response.status
            if chain is not None:
                values[metrics.CERTIFICATE_EXPIRY] = chain.expiry_s
                values[metrics.CERTIFICATES] = chain.count
            if phases.first_byte_s is not None:
                values[metrics.TRANSFER] = phases.transfer_s
                values[metrics.BODY] = response.body_bytes
            if response.reason is None:
                values[metrics.TOTAL] = self._took_s
        return {metric: value for metric, value in values.items() if value is not None}

    def _evidence(self) -> dict[str, str]:
        proxy = "" if self._proxy is None else self._proxy.url
        texts = {
            "address": "" if proxy else self._address,
            "proxy": proxy,
            BY_LAST_ADDRESS: self._by_last_address,
            metrics.NAT64: self._translated_by,
        }
        response = self._response
        if response is not None:
            texts["redirect"] = response.redirect_url
            if response.chain is not None and response.reason is not None:
                texts["subject"] = response.chain.subject
                texts["issuer"] = response.chain.issuer
            if response.retransmitted_segments:
                texts["retransmitted_segments"] = str(response.retransmitted_segments)
        return {key: text[:_EVIDENCE_LIMIT] for key, text in texts.items() if text}


def _applies(target: Target) -> bool:
    return target.role is Role.SERVICE and target.url.startswith(("https://", "http://"))


def _cost_bytes(target: Target, settings: Settings) -> int:
    del target
    body = min(_TYPICAL_BODY_BYTES, settings.body_limit_bytes)
    return (1 + settings.max_redirects) * _TYPICAL_BYTES + body


def _timeout_s(settings: Settings) -> float:
    return settings.timeout_s


PROBE = Probe(
    settings=Settings,
    begin=HttpProbe,
    applies=_applies,
    cost_bytes=_cost_bytes,
    timeout_s=_timeout_s,
)
