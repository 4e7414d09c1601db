"""Seen address: from where the collector sees each link's packets come."""

import asyncio
from collections.abc import Iterable, Mapping

from thongsuot_agent.config.model import PushConfig
from thongsuot_agent.links.link import LiveLink
from thongsuot_agent.links.state import LinkUnusable
from thongsuot_agent.probes.egress.collector import ask_collector
from thongsuot_agent.probes.egress.settings import Settings
from thongsuot_schema.result import Family


async def seen_addresses(
    links: Iterable[LiveLink], collector: PushConfig
) -> Mapping[str, Mapping[Family, str]]:
    """
    Return each link's public address of each family, by the link's name.

    Queries that fail or get no answer are left out: an unreachable collector says nothing about the
    links.
    """
    asked = [(link, family) for link in links for family in (Family.IP4, Family.IP6)]
    settings = Settings(timeout_s=5.0, ca_file=collector.ca_file)
    answers = await asyncio.gather(
        *(_ask(link, family, collector.url, settings) for link, family in asked)
    )
    seen: dict[str, dict[Family, str]] = {}
    for (link, family), address in zip(asked, answers, strict=True):
        if address:
            seen.setdefault(link.name, {})[family] = address
    return seen


async def _ask(link: LiveLink, family: Family, url: str, settings: Settings) -> str:
    if not link.state.has_route(family):
        return ""
    try:
        return (await ask_collector(link, url, family, settings)).address
    except LinkUnusable:
        return ""
