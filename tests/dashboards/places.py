"""The sites of the town, their links, and what is wrong with them when."""

from dataclasses import dataclass, field

from thongsuot_schema.inventory.model import Inventory, Link, Medium, Site
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A link (or a service, at a site) that is not well, from one minute to another."""

    site: str
    subject: str
    from_minute: int
    to_minute: int
    state: State
    segment: Segment

    def covers(self, minute: int) -> bool:
        """Return whether it goes on in a minute."""
        return self.from_minute <= minute < self.to_minute


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A site, its links as (name, medium, carrier)."""

    name: str
    commune: str
    links: tuple[tuple[str, Medium, str], ...]
    clock_error_s: float = 0.002
    waiting: int = 0
    silent_from: int = 10_000
    """From this minute on nothing is pushed."""
    faults: tuple[Fault, ...] = field(default=())


def _place(name: str, commune: str, fixed: str, mobile: str, **more: object) -> Place:
    links = (("fiber", Medium.FIBER, fixed), ("5g", Medium.RADIO_5G, mobile))
    return Place(name=name, commune=commune, links=links, **more)  # type: ignore[arg-type]


def _down(site: str, link: str, span: tuple[int, int], segment: Segment) -> Fault:
    return Fault(
        site=site,
        subject=link,
        from_minute=span[0],
        to_minute=span[1],
        state=State.DOWN,
        segment=segment,
    )


def _worse(site: str, subject: str, span: tuple[int, int], segment: Segment) -> Fault:
    return Fault(
        site=site,
        subject=subject,
        from_minute=span[0],
        to_minute=span[1],
        state=State.DEGRADED,
        segment=segment,
    )


PLACES = (
    _place("hoan-kiem", "00070", "vnpt", "viettel"),
    _place(
        "ba-dinh",
        "00004",
        "vnpt",
        "viettel",
        faults=(
            _down("ba-dinh", "fiber", (40, 75), Segment.ACCESS),
            _down("ba-dinh", "fiber", (110, 118), Segment.ACCESS),
        ),
    ),
    _place(
        "ngoc-ha",
        "00008",
        "vnpt",
        "mobifone",
        faults=(_down("ngoc-ha", "fiber", (40, 72), Segment.CARRIER),),
    ),
    _place(
        "cua-nam",
        "00082",
        "fpt",
        "viettel",
        faults=(_worse("cua-nam", "5g", (60, 180), Segment.ACCESS),),
    ),
    _place(
        "phu-thuong",
        "00091",
        "fpt",
        "mobifone",
        clock_error_s=3.5,
        faults=(
            _down("phu-thuong", "fiber", (150, 180), Segment.LAN),
            _down("phu-thuong", "5g", (165, 180), Segment.ACCESS),
        ),
    ),
    _place("tay-ho", "00103", "fpt", "viettel", waiting=37),
    _place("lang", "00199", "vnpt", "mobifone"),
    _place("kim-lien", "00229", "fpt", "viettel", silent_from=120),
)
PORTAL_FAULT = (90, 110)
"""In these minutes the second service is down for everybody."""


def inventory() -> Inventory:
    """Return the town as the collector's inventory has it."""
    return Inventory(
        sites=tuple(
            Site(
                name=place.name,
                commune=place.commune,
                links=tuple(
                    Link(name=name, interface=f"if{number}", medium=medium, carrier=carrier)
                    for number, (name, medium, carrier) in enumerate(place.links)
                ),
            )
            for place in PLACES
        )
    )


def state_of(place: Place, link: str, service: str, minute: int) -> tuple[State, Segment | None]:
    """Return how a link or a service is in a minute, and where its fault is."""
    if service == "motcua" and PORTAL_FAULT[0] <= minute < PORTAL_FAULT[1]:
        return State.DOWN, Segment.SERVICE
    for fault in place.faults:
        if fault.subject == (link or service) and fault.covers(minute):
            return fault.state, fault.segment
    return State.UP, None


def carrier_of(place: Place, link: str) -> str:
    """Return the carrier of a link."""
    return next(carrier for name, _, carrier in place.links if name == link)


def is_local(place: Place, link: str, minute: int) -> bool:
    """Return whether a link's fault is the site's own in a minute."""
    return any(
        fault.subject == link and fault.segment is Segment.LAN and fault.covers(minute)
        for fault in place.faults
    )
