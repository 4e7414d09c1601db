"""Attachments to interfaces of a node beyond wires: VLANs, PPPoE, translators, modems."""

from dataclasses import dataclass

import msgspec


@dataclass(frozen=True, slots=True, kw_only=True)
class Vlan:
    """A VLAN (802.1Q) on a port of a node, as an interface of its own."""

    interface: str
    port: str
    number: int


class PppoeEnd(msgspec.Struct, frozen=True, kw_only=True):
    """
    One end of a PPPoE session on a port of a node.

    ``interface`` exists while the session is up, with the address ``local`` and the remote address
    ``peer``; the carrier's end (``is_server``) assigns both to the customer's end, which has its
    default route over it. ``name`` is the access concentrator's.
    """

    interface: str
    port: str
    is_server: bool = False
    local: str = "0.0.0.0"
    peer: str = "0.0.0.0"
    name: str = ""
    metric: int = 50


class Translator(msgspec.Struct, frozen=True, kw_only=True):
    """
    A translator between IPv6 and IPv4 on a TUN of a node, which has the address ``v4``.

    ``prefix`` (96 bits) represents all of IPv4. With an ``own_prefix`` it is a CLAT: ``own_prefix``
    represents the customer's ``own_network``. Without one it is a NAT64, and gives each IPv6
    address one of the network of ``v4``.
    """

    interface: str
    v4: str
    prefix: str
    own_prefix: str = ""
    own_network: str = ""


class Sim(msgspec.Struct, frozen=True, kw_only=True):
    """
    A SIM, and the network settings that its bearer gives the modem.

    ``port`` is the radio, a port of the modem's node; the prefix of ``address`` contains the
    ``gateway``, which the modem invents and which never answers.
    """

    port: str
    plmn: str
    address: str
    gateway: str


class Modem(msgspec.Struct, frozen=True, kw_only=True):
    """A modem in a node: its raw-IP ``interface``; ``radio`` is its own node."""

    interface: str
    radio: str
    sims: tuple[Sim, ...]
    metric: int = 200


class RadioTunnel(msgspec.Struct, frozen=True, kw_only=True):
    """The carrier's end of a modem's bearer, on a port of its access router."""

    interface: str
    port: str
    local: str
    peer: str


class Softwire(msgspec.Struct, frozen=True, kw_only=True):
    """
    One end of a softwire of DS-Lite, on a TUN of a node, between the IPv6 addresses ``local`` and
    ``remote``; ``routes`` (IPv4) lead into it.
    """

    interface: str
    v4: str
    local: str
    remote: str
    routes: tuple[str, ...]
