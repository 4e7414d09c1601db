"""
Types of a site configuration: the inventory's settings of one site, for its agent.

A site configuration overrides the settings file of the device: its entries are added, or replace
those of the file with the same name; other entries of the file stay. It cannot express settings of
the device itself: interfaces, files, keys, credentials, equipment, the collector's address.
"""

from typing import Annotated

import msgspec

from thongsuot_schema.inventory.fields import BitsPerSecond, Interval, Medium, Name
from thongsuot_schema.inventory.model import Role
from thongsuot_schema.segment import Segment

FORMAT = 1
"""
Version of the content. Added fields do not raise it; an agent refuses any other version as a whole.
"""


class ConfiguredLink(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One WAN access; absent or empty fields keep the device's settings."""

    name: Name
    medium: Medium | None = None
    carrier: str = ""
    circuit: str = ""
    contract_down_bits_per_second: BitsPerSecond | None = None
    contract_up_bits_per_second: BitsPerSecond | None = None
    allowance_bytes: Annotated[int, msgspec.Meta(le=10**18)] | None = None
    resolvers: tuple[str, ...] = ()
    site_networks: tuple[str, ...] = ()
    shares: tuple[Name, ...] = ()


class ConfiguredTarget(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An anchor or a service; fields as in ``inventory.model.Target``."""

    name: Name
    role: Role
    segment: Segment
    addresses: tuple[str, ...] = ()
    url: str = ""
    links: tuple[str, ...] = ()
    title_vi: str = ""
    title_en: str = ""
    domestic: bool = True
    lookup: str = ""
    expect_status: tuple[int, ...] = (200,)
    expect_body: str = ""
    expect_addresses: tuple[str, ...] = ()


class ConfiguredProbe(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Probes and their intervals; fields as in ``inventory.model.ProbeSchedule``."""

    kind: Name
    every_s: Interval
    metered_every_s: Interval | None = None
    targets: tuple[str, ...] = ("*",)
    links: tuple[str, ...] = ("*",)
    settings: dict[str, object] = {}


class ConfiguredCarrier(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """
    Who is responsible for links: names and the telephone number for the local page, and the public
    networks of its customers.
    """

    name: Name
    title: str = ""
    hotline: str = ""
    plmn: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()


class SiteConfiguration(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The content of a site configuration. Fields that a reader does not know are skipped."""

    site: Name
    format: int = FORMAT
    title: str = ""
    commune: str = ""
    commune_title: str = ""
    backup_instructions: str = ""
    links: tuple[ConfiguredLink, ...] = ()
    targets: tuple[ConfiguredTarget, ...] = ()
    probes: tuple[ConfiguredProbe, ...] = ()
    carriers: tuple[ConfiguredCarrier, ...] = ()


class OfferedConfig(msgspec.Struct, frozen=True, kw_only=True):
    """
    One version of a site's configuration, as an answer carries it and as an agent keeps it.

    ``number`` counts the versions of a site from 1; ``made_ns`` is when it was made, Unix time.
    ``content`` is an encoded ``SiteConfiguration`` (``siteconfig.codec``): the version is named
    after its bytes.
    """

    number: Annotated[int, msgspec.Meta(ge=1, le=999_999_999)]
    made_ns: Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
    content: msgspec.Raw
