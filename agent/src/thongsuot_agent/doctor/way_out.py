"""
The way out of each link beyond its interface: translator, proxy, the port below, the modem.

Each is queried once, over what the link itself would use: its name server, its proxy, the bus.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from thongsuot_agent.config.model import PushConfig
from thongsuot_agent.links.link import LiveLink
from thongsuot_agent.links.state import LinkUnusable
from thongsuot_agent.probes.egress.collector import ask_collector
from thongsuot_agent.probes.egress.settings import Settings as EgressSettings
from thongsuot_agent.probes.radio.reading import ModemAbsent, ModemReading, ModemUnreadable
from thongsuot_agent.probes.radio.settings import Settings as RadioSettings
from thongsuot_agent.probes.radio.sources.modemmanager import read_modem
from thongsuot_agent.probing.nat64 import find_nat64
from thongsuot_agent.probing.proxy import proxy_of
from thongsuot_schema.inventory.fields import MOBILE_MEDIA
from thongsuot_schema.localizable import Localizable
from thongsuot_schema.reason import Reason
from thongsuot_schema.words.codes import cause_code

_TIMEOUT_S = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class WayOut:
    """
    The findings about one link's way out.

    ``is_ip6_alone``: it has IPv6 and no IPv4; ``nat64`` is then the prefix of its carrier's
    translator, if its name server revealed one. ``proxy_trouble`` is the reason why nothing arrived
    over the link's proxy. ``has_modem``: it is a modem of this device; ``modem`` is its report,
    ``modem_refusal`` the reason if there is none.
    """

    is_ip6_alone: bool = False
    nat64: str = ""
    proxy_trouble: Reason | None = None
    has_modem: bool = False
    modem: ModemReading | None = None
    modem_refusal: str = ""


PLAIN = WayOut()
"""A cable to a box."""


async def ways_out(
    links: tuple[LiveLink, ...], collector: PushConfig | None, modem_bus: str
) -> Mapping[str, WayOut]:
    """Return the way out of each link, by its name."""
    ways = await asyncio.gather(*(_way_out(link, collector, modem_bus) for link in links))
    return {link.name: way for link, way in zip(links, ways, strict=True)}


async def _way_out(link: LiveLink, collector: PushConfig | None, modem_bus: str) -> WayOut:
    state = link.state
    is_ip6_alone = state.has_route6 and not state.addresses4
    reading, refusal = await _modem(link, modem_bus) if is_own_modem(link) else (None, "")
    return WayOut(
        is_ip6_alone=is_ip6_alone,
        nat64=await nat64_text(link) if is_ip6_alone else "",
        proxy_trouble=await _proxy_trouble(link, collector),
        has_modem=is_own_modem(link),
        modem=reading,
        modem_refusal=refusal,
    )


def is_own_modem(link: LiveLink) -> bool:
    """Return whether a mobile link ends in this device: no cable leads to a box of its own."""
    is_mobile = link.spec.medium in MOBILE_MEDIA and not link.spec.port
    return is_mobile and (link.state.point_to_point or not link.state.present)


async def nat64_text(link: LiveLink) -> str:
    """Return the prefix of the carrier's translator; empty if the name server has none."""
    try:
        nat64, _ = await find_nat64(link, _TIMEOUT_S)
    except LinkUnusable:
        return ""
    return "" if nat64.network is None else str(nat64.network)


async def _proxy_trouble(link: LiveLink, collector: PushConfig | None) -> Reason | None:
    if not link.spec.proxy or collector is None:
        return None
    settings = EgressSettings(timeout_s=_TIMEOUT_S, ca_file=collector.ca_file)
    try:
        proxy = proxy_of(link.spec)
        assert proxy is not None, "the link names one"
        answer = await ask_collector(link, collector.url, proxy.family, settings)
    except LinkUnusable as unusable:
        return unusable.reason
    return answer.reason


async def _modem(link: LiveLink, bus: str) -> tuple[ModemReading | None, str]:
    settings = RadioSettings(source="modemmanager", bus=bus, timeout_s=_TIMEOUT_S)
    try:
        async with asyncio.timeout(_TIMEOUT_S):
            return await read_modem(link, settings), ""
    except ModemAbsent:
        return None, Localizable("ModemManager knows no modem")
    except ModemUnreadable as unreadable:
        cause = cause_code(unreadable.reason, unreadable.detail)
        return None, Localizable("{sentence}", sentence=cause)
    except TimeoutError:
        limit = f"{_TIMEOUT_S:.0f}"
        return None, Localizable("ModemManager did not answer within {limit} s", limit=limit)
