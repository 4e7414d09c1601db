"""Requests to the services process for everything that runs on interfaces of a node."""

from collections.abc import Callable, Iterator

import msgspec

from thongsuot_lab.control import ControlRequest
from thongsuot_lab.topology.model import Node


def join_requests(node: Node, network_of: Callable[[str], str]) -> Iterator[ControlRequest]:
    """Yield a request for each VLAN port, PPPoE session, translator and modem of a node."""
    network = network_of(node.name)
    for end in node.pppoe:
        yield {"do": "join", "network": network, "pppoe": msgspec.to_builtins(end)}
    for translator in node.translators:
        yield {"do": "join", "network": network, "translator": msgspec.to_builtins(translator)}
    for softwire in node.softwires:
        yield {"do": "join", "network": network, "softwire": msgspec.to_builtins(softwire)}
    for tunnel in node.tunnels:
        yield {"do": "join", "network": network, "tunnel": msgspec.to_builtins(tunnel)}
    for modem in node.modems:
        yield {
            "do": "join",
            "network": network,
            "radio_network": network_of(modem.radio),
            "modem": msgspec.to_builtins(modem),
        }
    for port in dict.fromkeys(vlan.port for vlan in node.vlans):
        numbers = {str(vlan.number): vlan.interface for vlan in node.vlans if vlan.port == port}
        yield {"do": "join", "network": network, "port": port, "vlans": numbers}
