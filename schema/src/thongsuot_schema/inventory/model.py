"""Types of the inventory, in files and in an agent's part of it."""

from enum import StrEnum
from typing import Annotated

import msgspec

from thongsuot_schema.inventory.contract_terms import Contract
from thongsuot_schema.inventory.fields import BitsPerSecond, Interval, Medium, Name, StrictStruct
from thongsuot_schema.segment import Segment


class Via(StrEnum):
    """The device's control over the line of a link's packets."""

    OWN = "own"
    """The link's packets only leave by its own line; otherwise the device gets an error."""
    ROUTER = "router"
    """Through the site's router, over the line that it uses at the time."""
    WATCHED = "watched"
    """None: the site's router reports the state of its own port to the line by SNMP."""


class Role(StrEnum):
    """The role of a target."""

    ANCHOR = "anchor"
    """An address that represents a network segment."""
    SERVICE = "service"
    """A portal that the site needs."""
    EQUIPMENT = "equipment"
    """Equipment of the site that is queried about itself: router, optical modem, UPS."""
    COLLECTOR = "collector"
    """The agent's collector, queried for the source address that it sees."""


class SiteKind(StrEnum):
    """The kind of a service point."""

    MAIN = "main"
    BRANCH = "branch"
    MOBILE = "mobile"


class Contact(StrictStruct, frozen=True):
    """A person to notify. Personal data: limited to what is needed to reach the person on duty."""

    name: str
    email: str = ""
    phone: str = ""
    role: str = ""


class Link(StrictStruct, frozen=True):
    """
    One WAN access of a site.

    ``interface`` is the device's network interface; contracted rates are those of the contract (Vd,
    Vu of QCVN 34). ``allowance_bytes`` is monitoring's allowance in a calendar month on a metered
    link; ``None`` means not metered. ``resolvers`` are the link's name servers (addresses) if the
    device cannot determine them itself; empty: those of the device's own configuration.
    ``site_networks`` are networks (CIDR) of the site's own routers and firewalls between the device
    and the carrier's line, if they are outside 192.168/16 and 172.16/12: carriers also number their
    routers from 10/8, so that they cannot be detected automatically. ``shares`` names
    infrastructure shared with other links of its site (a duct, a pole, a cabinet, a box): two that
    share anything, or their carrier, fail together and are one witness, not two, for the device as
    for the collector.

    Several links may use one interface if their packets differ. ``gateways`` are the link's router
    on the device's network, at most one address of each family, and then it has no other family;
    ``sources`` the device's own source addresses, likewise, if not any. ``tos`` is the type of
    service of its packets (IPv4 TOS, IPv6 traffic class), for a router that routes by it, or for
    the device if marks are not allowed. ``mark`` is their SO_MARK, for routing rules managed
    elsewhere.

    ``port`` is the Ethernet port of ``interface``, if that is a PPP session (PPPoE) or a VLAN not
    called ``PORT.NUMBER``: its cable is the site's. ``vlan`` is the VLAN number of ``interface``
    (802.1Q); ``thongsuot-agent routes apply`` creates it, with ``vlan_addresses`` (CIDR) if no
    network manager or DHCP client assigns any. ``via`` is ``router`` if the site's router chooses
    the line (then ``carrier`` stays empty), and ``watched`` if the device has no path over it:
    ``interface`` is then the router's own name of its port, which an ``snmp`` probe on this link
    reads. ``proxy`` (``http://ADDRESS:PORT``) is the only exit of the site's network: web requests
    and pushes use it, and nothing else beyond the gateway and ``site_networks`` is probed.
    ``proxy_credentials_file`` has ``user:password`` for it.
    """

    name: Name
    interface: str
    medium: Medium = Medium.ETHERNET
    carrier: str = ""
    circuit: str = ""
    contract_down_bits_per_second: BitsPerSecond | None = None
    contract_up_bits_per_second: BitsPerSecond | None = None
    allowance_bytes: Annotated[int, msgspec.Meta(gt=0, le=10**18)] | None = None
    resolvers: tuple[str, ...] = ()
    site_networks: tuple[str, ...] = ()
    shares: tuple[Name, ...] = ()
    gateways: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    tos: Annotated[int, msgspec.Meta(ge=4, le=252, multiple_of=4)] | None = None
    mark: Annotated[int, msgspec.Meta(ge=1, le=0xFFFFFFFF)] | None = None
    vlan: Annotated[int, msgspec.Meta(ge=1, le=4094)] | None = None
    port: str = ""
    vlan_addresses: tuple[str, ...] = ()
    via: Via = Via.OWN
    proxy: str = ""
    proxy_credentials_file: str = ""


class Target(StrictStruct, frozen=True):
    """
    The destination of probes.

    An anchor has ``segment`` (lan to transit) and ``addresses``: at most one IPv4 and one IPv6
    address, or the single word ``gateway`` (the link's own default gateway, per family) or
    ``resolver`` (the first name server in the link's configuration) or ``first-hop`` (the carrier's
    first router, learned from the paths to the others) or ``edge`` (the last of the site's own
    routers before it, if ``site_networks`` has more than the gateway). A service has ``url``
    (https, http) and segment ``service``; each family of the link is measured separately. Equipment
    has one address, or the word ``gateway``, and segment ``lan``; it is read (``snmp``), never used
    as a witness of the path. The collector has ``url`` and segment ``transit``; every agent's own
    one has the name ``collector``. ``links`` limits a target to some links (a carrier's own
    anchor); empty means all. ``domestic`` distinguishes anchors inside the country from foreign
    ones on the transit rung.
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
    """For name-server anchors: the name that the dns probe queries; empty: not a name server."""
    expect_status: tuple[int, ...] = (200,)
    expect_body: str = ""
    """Text that the body of a service must contain; empty: not checked."""
    expect_addresses: tuple[str, ...] = ()
    """Addresses a name may answer with (CIDR); an answer outside is forged. Empty: not checked."""


class ProbeSchedule(StrictStruct, frozen=True):
    """
    One line of the measurement schedule: a kind, its targets and its interval.

    ``targets`` names targets or uses ``*`` (every target the kind applies to). ``links`` likewise.
    ``metered_every_s`` is the interval on metered links; ``None`` means ``every_s``. While every
    unmetered link is down, the kinds needed for verdicts (icmp, dns, http, host) run there every
    ten times ``every_s``, if that is more often. ``settings`` are those of the probe itself,
    checked by the probe's own type.
    """

    kind: Name
    every_s: Interval
    metered_every_s: Interval | None = None
    targets: tuple[str, ...] = ("*",)
    links: tuple[str, ...] = ("*",)
    settings: dict[str, object] = msgspec.field(default_factory=dict)


class Site(StrictStruct, frozen=True):
    """
    A service point of a commune: belongs to a commune and to an owner, runs one agent.

    ``channels`` notify its support contacts, ``fallback_channels`` stand in for them, see
    ``Carrier``. ``backup_instructions`` are shown on its page: how to move its computers to the
    backup by hand, if that is not automatic. ``retired``: it is not in use any more; it stays in
    the record, its silence is not notified, and it is not counted.
    """

    name: Name
    title: str = ""
    commune: Annotated[str, msgspec.Meta(pattern=r"^\d{5}$")] = "00000"
    """The statistics office's five-digit code, as text: leading zeros count."""
    kind: SiteKind = SiteKind.MAIN
    owner: str = ""
    contacts: tuple[Contact, ...] = ()
    channels: tuple[str, ...] = ()
    fallback_channels: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()
    targets: tuple[str, ...] = ("*",)
    backup_instructions: Annotated[str, msgspec.Meta(max_length=300)] = ""
    retired: bool = False


class EscalationStep(StrictStruct, frozen=True):
    """
    One escalation step while nobody at a carrier accepts an incident.

    It is taken ``after_s`` after the time to accept has run out. ``channels`` notify another
    recipient, each with an address (``mail:shift-manager@carrier.example``), who is then also
    notified of further events; ``is_city``: the city is notified. ``title`` is the name of the
    notified party on pages and in messages.
    """

    title: str
    after_s: Annotated[float, msgspec.Meta(ge=0)] = 0.0
    channels: tuple[str, ...] = ()
    is_city: bool = False


class Carrier(StrictStruct, frozen=True):
    """
    The operator responsible for links.

    ``channels`` notify its desk, all of them: names of the collector's ``[[channels]]``;
    ``name:address`` if the channel needs a recipient (``zalo:1234``). ``fallback_channels`` stand
    in, one after another, while none of ``channels`` delivers. Both empty: the defaults of the
    collector's ``[notify]``. Never a secret: those are in the collector's files. ``escalation`` is
    the chain of further recipients while nobody accepts an incident in the time of the contract;
    empty: the city, at once. ``networks`` (CIDR) are public networks of its customers, from which
    an agent determines whether packets left by this carrier's line; the collector adds those of its
    ``asn`` in ``networks.csv``.
    """

    name: Name
    title: str = ""
    hotline: str = ""
    escalation: tuple[EscalationStep, ...] = ()
    contacts: tuple[Contact, ...] = ()
    channels: tuple[str, ...] = ()
    fallback_channels: tuple[str, ...] = ()
    asn: tuple[int, ...] = ()
    networks: tuple[str, ...] = ()
    plmn: tuple[str, ...] = ()


class Owner(StrictStruct, frozen=True):
    """
    The owner of sites, or the operator of a portal.

    ``services`` names the targets that it operates: it is notified about their faults. ``channels``
    notify it, ``fallback_channels`` stand in for them, see ``Carrier``.
    """

    name: Name
    title: str = ""
    contacts: tuple[Contact, ...] = ()
    channels: tuple[str, ...] = ()
    fallback_channels: tuple[str, ...] = ()
    services: tuple[str, ...] = ()


class Commune(StrictStruct, frozen=True):
    """One of the 126 communes and wards; ``slug`` is the name without diacritics."""

    code: Annotated[str, msgspec.Meta(pattern=r"^\d{5}$")]
    name: str
    kind: str
    slug: str


class Inventory(StrictStruct, frozen=True):
    """The whole inventory, with checked references (see ``read``)."""

    communes: tuple[Commune, ...] = ()
    carriers: tuple[Carrier, ...] = ()
    owners: tuple[Owner, ...] = ()
    sites: tuple[Site, ...] = ()
    targets: tuple[Target, ...] = ()
    probes: tuple[ProbeSchedule, ...] = ()
    contracts: tuple[Contract, ...] = ()
