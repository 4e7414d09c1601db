"""Building blocks of shapes of sites: their carriers, and the device."""

from collections.abc import Sequence

from thongsuot_lab.topology.city import CityBuilder
from thongsuot_lab.topology.model import EVERY_GROUP, PING_GROUPS, Node, NodeRole

CARRIERS = {"song-hong": "Sông Hồng", "cuu-long": "Cửu Long"}
FIRST, SECOND = CARRIERS
PRIVATE_CARRIERS = {"tslcd": "Mạng truyền số liệu chuyên dùng"}
(GOVERNMENT,) = PRIVATE_CARRIERS


def draw_device(
    drawing: CityBuilder, site: str, *uplinks: str, carriers: Sequence[str] = (FIRST, SECOND)
) -> str:
    """Add the device of a site, configured with the name servers of these carriers."""
    servers = [drawing.operators[carrier].resolver_addresses for carrier in carriers]
    return drawing.draft.add(
        Node(
            name=f"{site}.device",
            role=NodeRole.DEVICE,
            uplinks=uplinks,
            nameservers=tuple(address for of_carrier in servers for address in of_carrier),
            sysctls={PING_GROUPS: EVERY_GROUP},
        )
    )
