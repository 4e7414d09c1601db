"""
Rows of each shape of site: every line cut, every carrier's core dead, every box and cable, and a
router that fails over and back.

At a site with a single link that is broken nothing is reachable, and the record arrives afterwards.
"""

from collections.abc import Iterator
from dataclasses import replace

from thongsuot_lab.matrix.injections import CutWire, PowerCut, RouterFailover, Staged, lab_fault
from thongsuot_lab.matrix.replugging import CablesSwapped, DeviceCarried
from thongsuot_lab.matrix.row import (
    DetectionBound,
    ExpectedVerdict,
    Injection,
    MatrixRow,
)
from thongsuot_lab.matrix.rows import ip6_shape, modem_shape
from thongsuot_lab.matrix.rows.shape_parts import (
    FIXED,
    GOVERNMENT,
    LAN_DEAD,
    MOBILE,
    alone,
    box_rows,
    down,
    line_rows,
    shaped_row,
)
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom


def _shared_row(shape: str, name: str, injection: Injection, *links: str) -> MatrixRow:
    """Return a fault that takes down every link of a site and belongs to the site itself."""
    dead = tuple(
        ExpectedVerdict(link=link, state=State.DOWN, segment=Segment.LAN, symptoms=LAN_DEAD)
        for link in links
    )
    return alone(shaped_row(shape, name, injection, *dead))


def device_cable() -> CutWire:
    """Return the unplugged cable between the device and the switch of its site."""
    return CutWire(("{site}.device", "{site}.switch"))


_SECOND_LINE = ("{site}.router", "cuu-long.access")
_SECOND_CUT = CutWire(_SECOND_LINE)
_TO_SECOND = RouterFailover(_SECOND_LINE)


def _moving_router() -> Iterator[MatrixRow]:
    """Yield a router's failover, with and without a fault, and a fault of the other line."""
    cut = lab_fault("cut-fibre", site="{site}", link=FIXED)
    dead = lab_fault("line-core-down", site="{site}", link=FIXED)
    silent = down(FIXED, Segment.ACCESS, Symptom.ACCESS_SILENT)
    elsewhere = ExpectedVerdict(
        link=FIXED,
        state=State.UNKNOWN,
        segment=None,
        symptoms=frozenset({Symptom.EGRESS_OTHER_CARRIER}),
    )
    yield alone(
        shaped_row(
            "b",
            "failover-and-back",
            Staged(((0.0, cut), (8.0, _TO_SECOND))),
            silent,
            hold_s=20.0,
            note="the cut line stays down while the site works over the other",
        )
    )
    yield alone(
        shaped_row(
            "b",
            "failover-then-second-cut",
            Staged(((0.0, cut), (8.0, _TO_SECOND), (16.0, _SECOND_CUT))),
            silent,
            hold_s=26.0,
            note="no fault of the second line is reported for the first",
        )
    )
    yield alone(
        shaped_row(
            "b",
            "core-dead-failover",
            Staged(((0.0, dead), (8.0, _TO_SECOND))),
            down(FIXED, Segment.CARRIER, Symptom.CARRIER_SILENT),
            hold_s=20.0,
        )
    )
    yield alone(
        shaped_row(
            "b",
            "moved-then-second-cut",
            Staged(((0.0, _TO_SECOND), (10.0, _SECOND_CUT))),
            elsewhere,
            hold_s=20.0,
            note="a router that fails over by itself: nobody is blamed",
        )
    )
    yield shaped_row("b", "second-line-cut", _SECOND_CUT, hold_s=12.0, note="not in use")


_MOVING = (
    shaped_row(
        "i",
        "handover",
        Staged(
            (
                (0.0, lab_fault("loss", site="{site}", link=MOBILE, ratio=0.3)),
                (4.0, lab_fault("delay", site="{site}", link=MOBILE, added_s=0.06)),
            )
        ),
        hold_s=6.0,
        note="a car that moves from cell to cell: nobody's fault",
    ),
    MatrixRow(
        name="i:power-cut",
        shape="i",
        injection=PowerCut(),
        links=(MOBILE,),
        expected=(
            ExpectedVerdict(
                link=MOBILE,
                state=State.UNKNOWN,
                segment=None,
                symptoms=frozenset({Symptom.AGENT_SILENT}),
            ),
        ),
        may_be_unknown=True,
        by_collector=True,
        faulty_segments=frozenset({Segment.DEVICE, Segment.LAN}),
        note="the engine is switched off",
    ),
)


def _rows() -> Iterator[MatrixRow]:
    for link in (FIXED, MOBILE):
        yield from (*line_rows("a", link), *box_rows("a", link))
    yield from map(alone, (*line_rows("b", FIXED), *box_rows("b", FIXED)))
    yield from _moving_router()
    for link in (FIXED, MOBILE):
        yield from (*line_rows("c", link), *box_rows("c", link))
    yield _shared_row("c", "device-cable-out", device_cable(), FIXED, MOBILE)
    for shape in ("d", "d-tos"):
        for link in (FIXED, MOBILE):
            yield from line_rows(shape, link)
        for name, fault in (("router-off", "cpe-off"), ("cable-out", "pull-cable")):
            injection = lab_fault(fault, site="{site}", link=FIXED)
            yield _shared_row(shape, name, injection, FIXED, MOBILE)
    yield from _by_vlan()
    yield from _dialled()
    yield from line_rows("h", GOVERNMENT)
    yield shaped_row(
        "h",
        "firewall-off",
        lab_fault("cpe-off", site="{site}", link=GOVERNMENT),
        down(GOVERNMENT, Segment.LAN, Symptom.EDGE_SILENT),
        note="behind the core switch, which still answers",
    )
    yield shaped_row(
        "h",
        "core-switch-cable-out",
        lab_fault("pull-cable", site="{site}", link=GOVERNMENT),
        down(GOVERNMENT, Segment.LAN, Symptom.CABLE_UNPLUGGED),
    )
    yield from map(alone, (*line_rows("i", MOBILE), *box_rows("i", MOBILE)))
    yield from _MOVING
    yield from map(alone, (*line_rows("j", FIXED), *box_rows("j", FIXED)))
    for link in (FIXED, MOBILE):
        yield from (*line_rows("k", link), *box_rows("k", link))
    yield from map(alone, _behind_proxy())
    yield from modem_shape.ROWS
    yield from ip6_shape.ROWS
    yield from _CARRIED


def _by_vlan() -> Iterator[MatrixRow]:
    """Yield the faults of two lines on one cable, and of cables that change places."""
    for link in (FIXED, MOBILE):
        yield from (*line_rows("e", link), *box_rows("e", link))
    yield _shared_row("e", "device-cable-out", device_cable(), FIXED, MOBILE)
    elsewhere = tuple(
        ExpectedVerdict(
            link=link,
            state=State.UNKNOWN,
            segment=None,
            symptoms=frozenset({Symptom.EGRESS_OTHER_CARRIER, Symptom.DEVICE_MOVED}),
        )
        for link in (FIXED, MOBILE)
    )
    yield replace(
        shaped_row(
            "e",
            "cables-swapped",
            CablesSwapped(),
            *elsewhere,
            hold_s=12.0,
            note="each line works under the other's name: nobody is blamed",
        ),
        may_be_unknown=True,
        bound=DetectionBound(intervals=20),
    )


def _dialled() -> Iterator[MatrixRow]:
    """
    Yield the faults of a PPPoE session of the device itself.

    The session ends seconds after its line does, and its interface with it: that is the carrier's
    fault as long as the Ethernet port below has carrier.
    """
    lost = frozenset({Symptom.ACCESS_SILENT, Symptom.ACCESS_SESSION_LOST})
    silent = ExpectedVerdict(link=FIXED, state=State.DOWN, segment=Segment.ACCESS, symptoms=lost)
    cut, _, core = line_rows("g", FIXED)
    yield replace(cut, expected=(silent,), hold_s=8.0)
    # Below IP: a filter of the carrier's router does not see what is inside a session.
    swallowed = lab_fault("loss", site="{site}", link=FIXED, ratio=1.0)
    yield shaped_row("g", f"{FIXED}-line-silent", swallowed, silent, hold_s=8.0)
    yield core
    yield from box_rows("g", FIXED)
    yield from line_rows("g", MOBILE)


_BY_PAGES = DetectionBound(intervals=4, kind="http")


def _behind_proxy() -> Iterator[MatrixRow]:
    """Yield the faults of an office whose only way out is a proxy: pages are its only witnesses."""
    silent = down(FIXED, Segment.ACCESS, Symptom.ACCESS_SILENT)
    for name, fault in (
        ("line-cut", "cut-fibre"),
        ("line-silent", "access-black-hole"),
        ("core-dead", "line-core-down"),
    ):
        injection = lab_fault(fault, site="{site}", link=FIXED)
        row = shaped_row("l", f"{FIXED}-{name}", injection, silent)
        # Nobody can see where the path ends beyond the proxy; it is the carrier's fault in any
        # case.
        segments = frozenset({Segment.ACCESS, Segment.CARRIER})
        yield replace(row, bound=_BY_PAGES, faulty_segments=segments)
    for name, fault in (("proxy-hangs", "proxy-hangs"), ("proxy-gone", "proxy-refuses")):
        row = shaped_row(
            "l",
            name,
            lab_fault(fault, site="{site}"),
            down(FIXED, Segment.LAN, Symptom.PROXY_SILENT),
        )
        yield replace(row, bound=_BY_PAGES)
    yield from box_rows("l", FIXED)


_ELSEWHERE = ExpectedVerdict(
    link=FIXED,
    state=State.UNKNOWN,
    segment=None,
    symptoms=frozenset({Symptom.DEVICE_MOVED, Symptom.EGRESS_OTHER_CARRIER}),
)
_OTHER_PLACES_LINE = CutWire(("{site}.elsewhere", "cuu-long.access"))
_CARRIED = tuple(
    # The device boots again: its times belong to another boot, so the collector has to report it.
    replace(row, by_collector=True, may_be_unknown=True)
    for row in (
        shaped_row("moved", "device-carried", DeviceCarried(), _ELSEWHERE, hold_s=12.0),
        shaped_row(
            "moved",
            "carried-then-line-cut",
            Staged(((0.0, DeviceCarried()), (25.0, _OTHER_PLACES_LINE))),
            _ELSEWHERE,
            hold_s=30.0,
            note="the cut line belongs to another place",
        ),
    )
)


ROWS = tuple(_rows())
