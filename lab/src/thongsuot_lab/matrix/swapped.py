"""Two cables that change places at the switch: each line appears under the other's name."""

from dataclasses import dataclass

from thongsuot_lab.matrix.fault_location import FaultLocation
from thongsuot_lab.matrix.row import ActiveInjection, MatrixContext
from thongsuot_lab.topology.vlan_shape import SWITCH_PORTS, VLANS


@dataclass(frozen=True, slots=True)
class CablesSwapped:
    """The cables of a site's two boxes are swapped."""

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
