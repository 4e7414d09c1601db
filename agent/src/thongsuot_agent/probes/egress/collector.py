"""Asks the collector for the source address of a request, on a separate connection."""

from dataclasses import dataclass, replace
from functools import cache
from http import HTTPStatus
from urllib.parse import urlsplit

import msgspec

from thongsuot_agent.links.curl_multi import current_multi
from thongsuot_agent.links.link import LiveLink
from thongsuot_agent.links.state import LinkUnusable
from thongsuot_agent.probes.egress.settings import Settings
from thongsuot_agent.probing.certificates import Authorities, system_authorities
from thongsuot_agent.probing.fetch import USER_AGENT, Fetch, FetchRequest
from thongsuot_agent.probing.proxy import proxy_of
from thongsuot_agent.probing.resolution import Resolution, resolve_host
from thongsuot_schema.batch.push import PATH_ADDRESS, ReflexiveAddress
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family

COLLECTOR_BYTES = 5_300
"""A name lookup, a TLS 1.3 handshake, an answer of a few words and the closing (2026-11)."""

_BODY_LIMIT_BYTES = 1024
_RESOLVE_SHARE = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowAnswer:
    """
    The result of one flow. ``address`` is empty if the endpoint does not report the source address;
    ``reason`` says why there was no answer.
    """

    address: str = ""
    reason: Reason | None = None
    detail: str = ""
    bytes_both_ways: int = 0


async def ask_collector(link: LiveLink, url: str, family: Family, settings: Settings) -> FlowAnswer:
    """
    Ask once.

    Raises:
        LinkUnusable: nothing can be sent by the link, or the collector has no name server or
            address of this family.
    """
    proxy = proxy_of(link.spec)
    if proxy is not None and proxy.family is not family:
        raise LinkUnusable(Reason.BEHIND_PROXY, f"{proxy.url} is asked by {proxy.family}")
    resolved = (
        Resolution(addresses=(proxy.address,))
        if proxy is not None
        else await resolve_host(
            link, family, urlsplit(url).hostname or "", settings.timeout_s * _RESOLVE_SHARE, ()
        )
    )
    if not resolved.addresses:
        return FlowAnswer(
            reason=resolved.reason or Reason.NAME_NOT_FOUND,
            detail=resolved.detail,
            bytes_both_ways=resolved.cost_bytes,
        )
    request = FetchRequest(
        url=url.rstrip("/") + PATH_ADDRESS,
        address=resolved.addresses[0],
        family=family,
        timeout_s=settings.timeout_s - (resolved.took_s or 0.0),
        authorities=_authorities(settings.ca_file),
        user_agent=USER_AGENT,
        body_limit_bytes=_BODY_LIMIT_BYTES,
        proxy=proxy,
    )
    response = await Fetch(link, request).perform(current_multi())
    answer = FlowAnswer(bytes_both_ways=resolved.cost_bytes + response.cost_bytes)
    if response.reason is not None:
        return replace(answer, reason=response.reason, detail=response.detail)
    if response.status != HTTPStatus.OK:
        # An earlier version of the collector has no such page.
        return answer
    try:
        seen = msgspec.json.decode(response.body, type=ReflexiveAddress)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return replace(answer, reason=Reason.RESPONSE_INVALID)
    return replace(answer, address=seen.address)


@cache
def _authorities(ca_file: str) -> Authorities:
    return Authorities(file=ca_file) if ca_file else system_authorities()
