"""Hanoi as it may be one day: 126 communes, 500 points, 1,000 links; some faults among them."""

from thongsuot_collector.incidents.registry import IncidentRegistry
from thongsuot_collector.incidents.settings import IncidentSettings
from thongsuot_collector.inventory.directory import InventoryDirectory
from thongsuot_collector.queries.city import CityState
from thongsuot_collector.rules.loader import load_all
from thongsuot_collector.timeline.interval import Basis, Interval
from thongsuot_collector.timeline.subject import Subject
from thongsuot_schema.inventory.communes import bundled_communes
from thongsuot_schema.inventory.fields import Medium
from thongsuot_schema.inventory.model import Carrier, Inventory, Link, Site
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State

SITES = 500
CARRIERS = ("vnpt", "viettel", "mobifone", "fpt")
NOT_INSTALLED_EVERY = 25
DOWN_EVERY = 40


def inventory() -> Inventory:
    """Return the inventory: four points or three in each commune, two links each."""
    communes = bundled_communes()
    return Inventory(
        communes=communes,
        carriers=tuple(Carrier(name=name, title=name.upper()) for name in CARRIERS),
        sites=tuple(
            Site(
                name=f"p{at:03}",
                title=f"Điểm phục vụ hành chính công {commune.name} {at // len(communes) + 1}",
                commune=commune.code,
                links=(
                    Link(
                        name="fixed",
                        interface="e",
                        medium=Medium.FIBER,
                        carrier=CARRIERS[at % 4],
                        circuit=f"HNI-{at:04}",
                    ),
                    Link(
                        name="mobile",
                        interface="w",
                        medium=Medium.RADIO_5G,
                        carrier=CARRIERS[(at + 1) % 4],
                    ),
                ),
            )
            for at in range(SITES)
            for commune in (communes[at % len(communes)],)
        ),
    )


def large_city() -> CityState:
    """Return the city: most of it well, some fixed lines down, some points without a device."""
    directory = InventoryDirectory(inventory())
    registry = IncidentRegistry(directory, load_all(), IncidentSettings(), calm_s=0.0)
    for at, site in enumerate(directory.sites):
        if at % NOT_INSTALLED_EVERY == 0:
            continue
        fixed = State.DOWN if at % DOWN_EVERY == 1 else State.UP
        states = {"": State.UP, "fixed": fixed, "mobile": State.UP}
        for link, state in states.items():
            interval = Interval(
                start_ns=1_764_000_000 * 10**9,
                end_ns=None,
                state=state,
                segment=Segment.ACCESS if state is State.DOWN else None,
                basis=Basis.RECORD,
            )
            registry.network_state.set_state(Subject(site, link), interval)
    return CityState(directory, registry, {}, lambda _site: (None, None), lambda _site: None)
