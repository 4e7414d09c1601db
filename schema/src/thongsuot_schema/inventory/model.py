"""Types of the inventory, as files hold them and as an agent gets its part of them."""

from enum import StrEnum
from typing import Annotated

import msgspec

from thongsuot_schema.inventory.contract_terms import Contract
from thongsuot_schema.inventory.fields import BitsPerSecond, Medium, Name, Seconds, StrictStruct
from thongsuot_schema.segment import Segment


class Via(StrEnum):
    """How far a device can choose that a link's packets leave by it."""

    OWN = "own"
    """The link's packets leave by its own line and no other, or the device is told why not."""
    ROUTER = "router"
    """Through the site's router, by whichever of its lines that uses now."""
    WATCHED = "watched"
    """Not at all: the site's router tells by SNMP how its own port to the line is."""


class Role(StrEnum):
    """The role of a target."""

    ANCHOR = "anchor"
    """An address that stands for a network segment."""
    SERVICE = "service"
    """A portal that the site needs."""
    EQUIPMENT = "equipment"
    """A box of the site that is asked about itself: router, optical modem, UPS."""
    COLLECTOR = "collector"
    """The collector that the agent pushes to, asked from where it sees a request come."""


class SiteKind(StrEnum):
    """What sort of service point a site is."""

    MAIN = "main"
    BRANCH = "branch"
    MOBILE = "mobile"


class Contact(StrictStruct, frozen=True):
    """Someone who is told. Personal data: kept to what is needed to reach the person on duty."""

    name: str
    email: str = ""
    phone: str = ""
    role: str = ""


class Link(StrictStruct, frozen=True):
    """
    One WAN access of a site.

    ``interface`` is the device's network interface; contracted rates are of the contract (Vd, Vu of
    QCVN 34). ``allowance_bytes`` is what monitoring may use in a calendar month on a metered link;
    ``None`` means not metered. ``resolvers`` are the link's name servers (addresses) where the
    device cannot tell them apart itself; empty: what the device's own configuration says.
    ``site_networks`` are networks (CIDR) of the site's own routers and firewalls between the device
    and the carrier's line, where they are none of 192.168/16 and 172.16/12: carriers number their
    routers from 10/8 too, so that only who built the site can tell.
    ``shares`` names what it has in common with other links of its site (a duct, a pole, a box):
    two that share anything, or their carrier, fail together and are one witness, not two.

    Several links may use one interface where their packets differ. ``gateways`` are the router on
    the device's network that the link goes by, at most one address of each family, and then it has
    no other family; ``sources`` the device's own addresses that it sends from, likewise, where not
    from any. ``tos`` is the type of service that its
    packets carry (IPv4 TOS, IPv6 traffic class), for a router that routes by it, or for the device
    where marks are not allowed. ``mark`` is their SO_MARK, for rules of somebody else's.

    ``port`` is the Ethernet port that ``interface`` stands on, where that is a PPP session (PPPoE)
    or a VLAN not called ``PORT.NUMBER``: its cable is the site's. ``vlan`` is the number of the
    VLAN that ``interface`` is (802.1Q); ``thongsuot-agent routes apply`` makes it, with
    ``vlan_addresses`` (CIDR) where no network manager or DHCP client gives it any.
    ``via`` is ``router`` where the site's router chooses the line (then ``carrier`` stays empty),
    and ``watched`` where the device has no way to it: ``interface`` is then the router's own name
    of its port, which an ``snmp`` probe on this link reads. ``proxy`` (``http://ADDRESS:PORT``) is
    the only way out of the site's network: web requests and pushes go to it, nothing else beyond
    the gateway and ``site_networks``. ``proxy_credentials_file`` has ``user:password`` for it.
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
    Something that probes are sent to.

    An anchor has ``segment`` (lan to transit) and ``addresses``: at most one IPv4 and one IPv6
    address, or the single word ``gateway`` (the link's own default gateway, per family) or
    ``resolver`` (the first name server that the link's configuration names) or ``first-hop`` (the
    carrier's first router, learned from the ways to the others) or ``edge`` (the last of the site's
    own routers before it, where ``site_networks`` has more than the gateway). A service has ``url``
    (https, http) and segment ``service``; each family that the link has is measured apart.
    Equipment has one address, or the word ``gateway``, and segment ``lan``; it is read (``snmp``),
    never taken as a witness of the way. The collector has ``url`` and segment ``transit``; every
    agent knows its own by the name ``collector``.
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


class ProbeSchedule(StrictStruct, frozen=True):
    """
    One line of what is measured how often: a kind, on targets, every so many seconds.

    ``targets`` names targets or uses ``*`` (every target the kind applies to). ``links`` likewise.
    ``metered_every_s`` is the interval on metered links; ``None`` takes ``every_s``. While
    every unmetered link is down, what verdicts rest on (icmp, dns, http, host) is measured there
    each ten times ``every_s``, where that is more often. ``settings`` are those of the probe
    itself, checked by the probe's own type.
    """

    kind: Name
    every_s: Seconds
    metered_every_s: Seconds | None = None
    targets: tuple[str, ...] = ("*",)
    links: tuple[str, ...] = ("*",)
    settings: dict[str, object] = msgspec.field(default_factory=dict)


class Site(StrictStruct, frozen=True):
    """
    A service point of a commune: belongs to a commune and to an owner, runs one agent.

    ``channels`` are the ways by which its support contacts are told, ``fallback_channels`` what
    stands in for them, see ``Carrier``. ``backup_instructions`` say on its page how its computers
    are moved to the backup by hand, where that does not happen by itself. ``retired``: it is not in
    use any more; it stays in the record, nobody is told of its silence, and it counts nowhere.
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
    One step of what is done while nobody at a carrier accepts an incident.

    It is taken ``after_s`` after the time to accept has run out. ``channels`` are the ways by which
    somebody else is told, each with an address (``mail:shift-manager@carrier.example``), who is
    then told of the rest as well; ``is_city``: the city is told. ``title`` is what pages and
    messages call the party that is notified.
    """

    title: str
    after_s: Annotated[float, msgspec.Meta(ge=0)] = 0.0
    channels: tuple[str, ...] = ()
    is_city: bool = False


class Carrier(StrictStruct, frozen=True):
    """
    The operator responsible for links.

    ``channels`` are the ways by which its desk is told, by all of them: names of the collector's
    ``[[channels]]``; ``name:address`` where the channel needs to know whom (``zalo:1234``).
    ``fallback_channels`` stand in, one after another, while none of ``channels`` gets through. Both
    empty: what the collector's ``[notify]`` says for everybody. Never a secret: those stand in the
    collector's files. ``escalation`` is the chain by which others are told while nobody accepts an
    incident in the time that the contract gives; empty: the city, at once. ``networks`` (CIDR) are
    public networks of its customers, by which an agent knows whether packets left by this carrier's
    line; the collector adds those of its ``asn`` in ``networks.csv``.
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

    ``services`` names the targets that it operates: it is told of their faults. ``channels`` are
    the ways by which it is told, ``fallback_channels`` what stands in for them, see ``Carrier``.
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
    """The whole of it, references checked (see ``read``)."""

    communes: tuple[Commune, ...] = ()
    carriers: tuple[Carrier, ...] = ()
    owners: tuple[Owner, ...] = ()
    sites: tuple[Site, ...] = ()
    targets: tuple[Target, ...] = ()
    probes: tuple[ProbeSchedule, ...] = ()
    contracts: tuple[Contract, ...] = ()
