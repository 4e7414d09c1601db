"""
Rows of shapes m and m-ds: lines that carry IPv6 alone, and the translators that lead to IPv4.

The device has no IPv4 on the fibre, which is not a fault; a dead translator is the fault of its
carrier, not of a portal.
"""

from collections.abc import Iterator
from dataclasses import replace

from thongsuot_lab.matrix.injections import lab_fault
from thongsuot_lab.matrix.row import DetectionBound, ExpectedVerdict, MatrixRow
from thongsuot_lab.matrix.rows.shape_parts import (
    FIXED,
    MOBILE,
    alone,
    box_rows,
    line_rows,
    shaped_row,
)
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom

SHAPE, SOFTWIRE = "m", "m-ds"
IP4_PORTALS = ("dancu", "thanhtoan")


def _rows() -> Iterator[MatrixRow]:
    for link in (FIXED, MOBILE):
        yield from (*line_rows(SHAPE, link), *box_rows(SHAPE, link))
    portals = tuple(
        ExpectedVerdict(
            link=FIXED,
            service=portal,
            state=State.DOWN,
            segment=Segment.CARRIER,
            symptoms=frozenset({Symptom.IPV4_DOWN}),
        )
        for portal in IP4_PORTALS
    )
    yield replace(
        shaped_row(
            SHAPE,
            "nat64-dead",
            lab_fault("translator-down", site="{site}", link=FIXED),
            *portals,
            hold_s=6.0,
            note="portals with IPv6 stay reachable",
        ),
        bound=DetectionBound(intervals=6, kind="http"),
    )
    yield shaped_row(
        SHAPE,
        "clat-without-nat64",
        lab_fault("translator-down", site="{site}", link=MOBILE),
        ExpectedVerdict(
            link=MOBILE,
            state=State.DEGRADED,
            segment=Segment.ACCESS,
            symptoms=frozenset({Symptom.IPV4_DOWN}),
        ),
        note="the box's own translator works, the carrier's does not",
    )
    yield from map(alone, (*line_rows(SOFTWIRE, FIXED), *box_rows(SOFTWIRE, FIXED)))
    yield shaped_row(
        SOFTWIRE,
        "aftr-dead",
        lab_fault("softwire-down", site="{site}", link=FIXED),
        ExpectedVerdict(
            link=FIXED,
            state=State.DEGRADED,
            segment=Segment.ACCESS,
            symptoms=frozenset({Symptom.IPV4_DOWN}),
        ),
        note="IPv6 goes on",
    )


ROWS = tuple(_rows())
