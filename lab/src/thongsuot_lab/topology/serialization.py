"""Topologies as plain data and back, so that another process can attach to a running lab."""

from ipaddress import IPv4Interface, IPv6Interface

import msgspec

from thongsuot_lab.topology.model import ServerSpec, Topology


def _plain(value: object) -> object:
    if isinstance(value, IPv4Interface | IPv6Interface):
        return str(value)
    raise NotImplementedError(f"no plain form of {type(value).__name__}")


def _rich(wanted: type, value: object) -> object:
    if wanted in (IPv4Interface, IPv6Interface):
        return wanted(value)
    raise NotImplementedError(f"no {wanted.__name__} out of plain data")


def to_json(topology: Topology) -> object:
    """Return plain data that ``from_json`` can read."""
    return msgspec.to_builtins(topology, enc_hook=_plain)


def from_json(data: object) -> Topology:
    """
    Return the topology that ``to_json`` serialized.

    Raises:
        msgspec.ValidationError: the data is not from this version of the lab.
    """
    return msgspec.convert(data, Topology, dec_hook=_rich)


def servers_to_json(servers: tuple[ServerSpec, ...]) -> object:
    """Servers of one node as plain data."""
    return msgspec.to_builtins(servers)
