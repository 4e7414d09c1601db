"""Building blocks for rows of shapes: faults of any line, and of any box of a link."""

from collections.abc import Iterator
from dataclasses import replace

from thongsuot_lab.matrix.injections import lab_fault
from thongsuot_lab.matrix.row import ExpectedVerdict, Injection, MatrixRow
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom

FIXED, MOBILE, GOVERNMENT = "fixed", "mobile", "government"

LAN_DEAD = frozenset({Symptom.CABLE_UNPLUGGED, Symptom.GATEWAY_SILENT})


def down(link: str, segment: Segment, *symptoms: Symptom) -> ExpectedVerdict:
    """Return the verdict that a link is down, in a segment, with one of some symptoms."""
    return ExpectedVerdict(
        link=link, state=State.DOWN, segment=segment, symptoms=frozenset(symptoms)
    )


def shaped_row(
    shape: str,
    name: str,
    injection: Injection,
    *expected: ExpectedVerdict,
    hold_s: float = 3.0,
    note: str = "",
) -> MatrixRow:
    """Return a row of a shape; its faulty segments are those of its verdicts."""
    segments = {verdict.segment for verdict in expected}
    return MatrixRow(
        name=f"{shape}:{name}",
        shape=shape,
        injection=injection,
        links=tuple(verdict.link for verdict in expected),
        expected=expected,
        faulty_segments=frozenset(segment for segment in segments if segment is not None),
        hold_s=hold_s,
        note=note,
    )


def alone(row: MatrixRow) -> MatrixRow:
    """Return a row that leaves its site without any uplink."""
    return replace(row, collector_reachable=False, site_services=True, hold_s=max(6.0, row.hold_s))


def line_rows(shape: str, link: str) -> Iterator[MatrixRow]:
    """Yield the faults of a line in any shape: cut, and dead behind its first hop."""
    yield shaped_row(
        shape,
        f"{link}-line-cut",
        lab_fault("cut-fibre", site="{site}", link=link),
        down(link, Segment.ACCESS, Symptom.ACCESS_SILENT),
    )
    yield shaped_row(
        shape,
        f"{link}-line-silent",
        lab_fault("access-black-hole", site="{site}", link=link),
        down(link, Segment.ACCESS, Symptom.ACCESS_SILENT),
        note="lit, and drops everything",
    )
    yield shaped_row(
        shape,
        f"{link}-core-dead",
        lab_fault("line-core-down", site="{site}", link=link),
        down(link, Segment.CARRIER, Symptom.CARRIER_SILENT),
    )


def box_rows(shape: str, link: str) -> Iterator[MatrixRow]:
    """Yield the faults of a link's own box: its power, its cable."""
    for name, fault in (("box-off", "cpe-off"), ("cable-out", "pull-cable")):
        yield shaped_row(
            shape,
            f"{link}-{name}",
            lab_fault(fault, site="{site}", link=link),
            ExpectedVerdict(link=link, state=State.DOWN, segment=Segment.LAN, symptoms=LAN_DEAD),
        )
