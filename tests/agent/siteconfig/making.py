"""A device's settings, and site configurations for it, as the tests of this folder need them."""

from collections.abc import Sequence

import msgspec
import pytest

from thongsuot_agent.config.model import AgentConfig
from thongsuot_agent.config.read import parse
from thongsuot_agent.errors import SiteConfigRefused
from thongsuot_agent.siteconfig.validate import validate_offer
from thongsuot_schema.inventory.model import Role
from thongsuot_schema.segment import Segment
from thongsuot_schema.siteconfig.codec import encode
from thongsuot_schema.siteconfig.model import ConfiguredTarget, OfferedConfig, SiteConfiguration

OWN = """
[site]
name = "ba-dinh"
[collector]
url = "https://collector.example"
token_file = "token"
[[links]]
name = "fiber"
interface = "eth0"
[[links]]
name = "mobile"
interface = "wwan0"
allowance_bytes = 400_000_000
[[targets]]
name = "gateway"
role = "anchor"
segment = "lan"
addresses = ["gateway"]
[[targets]]
name = "city"
role = "service"
segment = "service"
url = "https://city.example/"
[[probes]]
kind = "icmp"
every_s = 5
metered_every_s = 60
[[probes]]
kind = "http"
every_s = 60
metered_every_s = 3600
settings = { ca_file = "/etc/ssl/own.pem", timeout_s = 8 }
"""


def own(more: str = "") -> AgentConfig:
    """Return the settings of the device."""
    return parse(OWN + more, file="agent.toml")


def portal(name: str = "dvc", url: str = "") -> ConfiguredTarget:
    """Return a service of a site configuration."""
    return ConfiguredTarget(
        name=name,
        role=Role.SERVICE,
        segment=Segment.SERVICE,
        url=url or f"https://{name}.example/",
    )


def anchor(*addresses: str, name: str = "far", links: Sequence[str] = ()) -> ConfiguredTarget:
    """Return an anchor of a site configuration."""
    return ConfiguredTarget(
        name=name,
        role=Role.ANCHOR,
        segment=Segment.TRANSIT,
        addresses=addresses,
        links=tuple(links),
    )


def site_config(**parts: object) -> SiteConfiguration:
    """Return a site configuration for the device."""
    return msgspec.convert({"site": "ba-dinh", **parts}, SiteConfiguration, from_attributes=True)


def offer(number: int = 1, content: SiteConfiguration | bytes | None = None) -> OfferedConfig:
    """Return a version of a site configuration; without one a different one for each number."""
    if content is None:
        content = site_config(targets=(portal(f"portal-{number}"),))
    body = content if isinstance(content, bytes) else encode(content)
    return OfferedConfig(number=number, made_ns=number * 10**9, content=msgspec.Raw(body))


def refusal(
    content: SiteConfiguration | bytes, config: AgentConfig | None = None
) -> tuple[str, ...]:
    """Return why a site configuration is refused."""
    with pytest.raises(SiteConfigRefused) as refused:
        validate_offer(offer(1, content), config or own())
    return refused.value.mistakes


def is_taken(content: SiteConfiguration, config: AgentConfig | None = None) -> bool:
    """Return whether a site configuration is taken."""
    try:
        validate_offer(offer(1, content), config or own())
    except SiteConfigRefused:
        return False
    return True
