"""Types of the inventory, as files hold them and as an agent gets its part of them."""

from enum import StrEnum
from typing import Annotated

import msgspec

from thongsuot_schema.segment import Segment

Name = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9._-]{0,62}$")]
"""A name that can stand in labels, paths and file names."""

Seconds = Annotated[float, msgspec.Meta(gt=0)]
BitsPerSecond = Annotated[int, msgspec.Meta(gt=0)]


class Medium(StrEnum):
    """What a link runs over."""

    FIBER = "fiber"
    CABLE = "cable"
    DSL = "dsl"
    RADIO_5G = "5g"
    RADIO_4G = "4g"
    LEASED = "leased"
    """The government's own network (TSLCD) or another leased line."""
    ETHERNET = "ethernet"
    """A wired uplink whose access technology the device cannot know."""


class Role(StrEnum):
    """What a target stands for."""

    ANCHOR = "anchor"
    """An address that stands for a network segment."""
    SERVICE = "service"
    """A portal that the site needs."""
    EQUIPMENT = "equipment"
    """A box of the site that is asked about itself: router, optical modem, UPS."""


class SiteKind(StrEnum):
    """What sort of service point a site is."""

    MAIN = "main"
    BRANCH = "branch"
    MOBILE = "mobile"


class Strict(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of what is read from files: an unknown key is an error, not a silent no-op."""


class Contact(Strict, frozen=True):
    """Someone who is told. Personal data: kept to what is needed to reach the person on duty."""

    name: str
    email: str = ""
    phone: str = ""
    role: str = ""


class Link(Strict, frozen=True):
    """
    One WAN access of a site.

    ``interface`` is the device's network interface; contracted rates are of the contract (Vd, Vu of
    QCVN 34). ``allowance_bytes`` is what monitoring may use in a calendar month on a metered link;
    ``None`` means not metered. ``resolvers`` are the link's name servers (addresses) where the
    device cannot tell them apart itself; empty: what the device's own configuration says.
    """

    name: Name
    interface: str
    medium: Medium = Medium.ETHERNET
    carrier: str = ""
    circuit: str = ""
    contract_down_bits_per_second: BitsPerSecond | None = None
    contract_up_bits_per_second: BitsPerSecond | None = None
    allowance_bytes: Annotated[int, msgspec.Meta(gt=0)] | None = None
    resolvers: tuple[str, ...] = ()


class Target(Strict, frozen=True):
    """
    Something that probes are sent to.

    An anchor has ``segment`` (lan to transit) and ``addresses``: at most one IPv4 and one IPv6
    address, or the single word ``gateway`` (the link's own default gateway, per family) or
    ``resolver`` (the first name server that the link's configuration names) or ``first-hop`` (the
    carrier's first router, learned from the ways to the others). A service has ``url``
    (https, http) and segment ``service``; each family that the link has is measured apart.
    Equipment has one address, or the word ``gateway``, and segment ``lan``; it is read (``snmp``),
    never taken as a witness of the way.
    ``links`` limits a target to some links (a carrier's own anchor); empty means all. ``domestic``
    tells anchors inside the country from foreign ones on the transit rung.
    """

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
    """For name-server anchors: the name that the dns probe asks for; empty: not a name server."""
    expect_status: tuple[int, ...] = (200,)
    expect_body: str = ""
    """Text that the body of a service must contain; empty: not checked."""
    expect_addresses: tuple[str, ...] = ()
    """Addresses a name may answer with (CIDR); an answer outside is forged. Empty: not checked."""


class ProbePlan(Strict, frozen=True):
    """
    One line of what is measured how often: a kind, on targets, every so many seconds.

    ``targets`` names targets or uses ``*`` (every target the kind applies to). ``links`` likewise.
    ``metered_every_s`` is the interval on metered links; ``None`` takes ``every_s``. ``settings``
    are those of the probe itself, checked by the probe's own type.
    """

    kind: Name
    every_s: Seconds
    metered_every_s: Seconds | None = None
    targets: tuple[str, ...] = ("*",)
    links: tuple[str, ...] = ("*",)
    settings: dict[str, object] = {}


class Site(Strict, frozen=True):
    """
    A service point of a commune: belongs to a commune and to an owner, runs one agent.

    ``channels`` are the ways by which its support contacts are told, see ``Carrier``.
    """

    name: Name
    title: str = ""
    commune: Annotated[str, msgspec.Meta(pattern=r"^\d{5}$")] = "00000"
    """The statistics office's five-digit code, as text: leading zeros count."""
    kind: SiteKind = SiteKind.MAIN
    owner: str = ""
    contacts: tuple[Contact, ...] = ()
    channels: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()
    targets: tuple[str, ...] = ("*",)


class Carrier(Strict, frozen=True):
    """
    The operator responsible for links.

    ``channels`` are the ways by which its desk is told: names of the collector's ``[[channels]]``,
    the next where one fails; ``name:address`` where the channel needs to know whom (``zalo:1234``).
    Empty: what the collector's ``[notify]`` says for everybody. Never a secret: those stand in the
    collector's files.
    """

    name: Name
    title: str = ""
    hotline: str = ""
    contacts: tuple[Contact, ...] = ()
    channels: tuple[str, ...] = ()
    asn: tuple[int, ...] = ()
    plmn: tuple[str, ...] = ()


class Owner(Strict, frozen=True):
    """
    Whoever owns sites or operates a portal.

    ``services`` names the targets that it operates: it is told of their faults. ``channels`` are
    the ways by which it is told, see ``Carrier``.
    """

    name: Name
    title: str = ""
    contacts: tuple[Contact, ...] = ()
    channels: tuple[str, ...] = ()
    services: tuple[str, ...] = ()


class Commune(Strict, frozen=True):
    """One of the 126 communes and wards; ``slug`` is the name without diacritics."""

    code: Annotated[str, msgspec.Meta(pattern=r"^\d{5}$")]
    name: str
    kind: str
    slug: str


class Inventory(Strict, frozen=True):
    """The whole of it, references checked (see ``read``)."""

    communes: tuple[Commune, ...] = ()
    carriers: tuple[Carrier, ...] = ()
    owners: tuple[Owner, ...] = ()
    sites: tuple[Site, ...] = ()
    targets: tuple[Target, ...] = ()
    probes: tuple[ProbePlan, ...] = ()
