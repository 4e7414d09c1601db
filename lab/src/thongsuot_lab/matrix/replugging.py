"""
Cables plugged in elsewhere: a device carried to another place, two cables that change places.
"""

from dataclasses import dataclass

from thongsuot_lab.matrix.fault_location import FaultLocation
from thongsuot_lab.matrix.row import ActiveInjection, MatrixContext
from thongsuot_lab.topology.shapes import ELSEWHERE_PORT, HOME_PORT
from thongsuot_lab.topology.vlan_shape import SWITCH_PORTS, VLANS


@dataclass(frozen=True, slots=True)
class DeviceCarried:
    """
    The device boots at another place's box; at the end it is plugged in at home again.

    It sees no link lights in between: it has no power.
    """

    def inject(self, context: MatrixContext, place: FaultLocation) -> ActiveInjection:
        """Move it there."""
        context.stack.expect_exit(place.site)
        context.lab.node(f"{place.site}.device").kill_all()
        carried = _ActiveDeviceCarried(context, place.site)
        carried.plug(ELSEWHERE_PORT, HOME_PORT)
        context.stack.reboot(place.site)
        return carried


@dataclass(slots=True)
class _ActiveDeviceCarried:
    context: MatrixContext
    site: str

    def plug(self, port: str, instead_of: str) -> None:
        self.context.lab.node(f"{self.site}.panel").ip(
            f"link set {instead_of} down", f"link set {port} up"
        )
        # Another machine has the router's address now: neighbour entries were lost with the cable.
        self.context.lab.node(f"{self.site}.device").ip("neigh flush dev eth0")

    def maintain(self, since_s: float) -> None:
        del since_s

    def revert(self) -> None:
        self.plug(HOME_PORT, ELSEWHERE_PORT)


@dataclass(frozen=True, slots=True)
class CablesSwapped:
    """The cables of a site's two boxes are swapped: each line appears under the other's name."""

    def inject(self, context: MatrixContext, place: FaultLocation) -> ActiveInjection:
        """Swap them."""
        swapped = _ActiveCablesSwapped(context, place.site)
        swapped.plug(dict(zip(SWITCH_PORTS.values(), reversed(VLANS.values()), strict=True)))
        return swapped


@dataclass(slots=True)
class _ActiveCablesSwapped:
    context: MatrixContext
    site: str

    def plug(self, number_by_port: dict[str, int]) -> None:
        self.context.lab.node(f"{self.site}.switch").ip(
            *(f"link set {port} master vlan{n}" for port, n in number_by_port.items())
        )
        # Another box has the router's address now; neighbour entries were lost with the cable.
        self.context.lab.node(f"{self.site}.device").ip(
            *(f"neigh flush dev eth0.{number}" for number in VLANS.values())
        )

    def maintain(self, since_s: float) -> None:
        del since_s

    def revert(self) -> None:
        self.plug(dict(zip(SWITCH_PORTS.values(), VLANS.values(), strict=True)))
