"""The address of the router or modem that a source reads."""

from ipaddress import ip_address

from thongsuot_agent.links.egress import family_of
from thongsuot_agent.links.link import LiveLink
from thongsuot_agent.links.state import LinkUnusable
from thongsuot_agent.probes.radio.reading import ModemUnreadable
from thongsuot_agent.probing.addresses import GATEWAY, address_of
from thongsuot_schema.inventory.model import Role, Target
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family
from thongsuot_schema.segment import Segment


def find_modem_address(link: LiveLink, address: str) -> tuple[Family, str]:
    """
    Return family and address of a box; ``gateway`` is the link's next hop, IPv4 before IPv6.

    Raises:
        LinkUnusable: the link has no gateway.
        ModemUnreadable: that is no address.
    """
    if address != GATEWAY:
        try:
            ip_address(address)
        except ValueError as error:
            raise ModemUnreadable(Reason.NOT_SUPPORTED, f'"{address}" is no address') from error
        return family_of(address), address
    box = Target(name="box", role=Role.EQUIPMENT, segment=Segment.LAN, addresses=(GATEWAY,))
    try:
        return Family.IP4, address_of(link, box, Family.IP4)
    except LinkUnusable:
        return Family.IP6, address_of(link, box, Family.IP6)
