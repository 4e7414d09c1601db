"""
Rows of shape f: a modem in the device.

It has no cable and no neighbour: its faults are the network's or the modem's own.
"""

from collections.abc import Iterator
from dataclasses import replace

from thongsuot_lab.matrix.injections import lab_fault
from thongsuot_lab.matrix.row import DetectionBound, ExpectedVerdict, MatrixRow
from thongsuot_lab.matrix.rows.shape_parts import (
    FIXED,
    MOBILE,
    box_rows,
    down,
    line_rows,
    shaped_row,
)
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom

SHAPE = "f"
_NETWORK = frozenset({Segment.ACCESS, Segment.CARRIER})
_MODEM = frozenset({Segment.DEVICE, Segment.ACCESS})
"""
Until ModemManager has been queried, a verdict can only say that the session is gone, which may be
either segment.
"""
_BY_MODEM = DetectionBound(intervals=10)


def _mobile(
    name: str, fault: str, segment: Segment, *symptoms: Symptom, faulty: frozenset[Segment]
) -> MatrixRow:
    injection = lab_fault(fault, site="{site}", link=MOBILE)
    row = shaped_row(SHAPE, name, injection, down(MOBILE, segment, *symptoms), hold_s=6.0)
    return replace(row, faulty_segments=faulty, bound=_BY_MODEM)


def _rows() -> Iterator[MatrixRow]:
    yield from (*line_rows(SHAPE, FIXED), *box_rows(SHAPE, FIXED))
    cut, _, core = line_rows(SHAPE, MOBILE)
    lost = frozenset(
        {Symptom.ACCESS_SILENT, Symptom.ACCESS_SESSION_LOST, Symptom.RADIO_NOT_REGISTERED}
    )
    silent = ExpectedVerdict(link=MOBILE, state=State.DOWN, segment=Segment.ACCESS, symptoms=lost)
    yield replace(cut, expected=(silent,), faulty_segments=_NETWORK, hold_s=8.0)
    # Below IP: a filter of the carrier's router does not see what is inside a bearer.
    swallowed = lab_fault("loss", site="{site}", link=MOBILE, ratio=1.0)
    core_silent = frozenset({Symptom.CARRIER_SILENT, Symptom.CORE_SILENT_RADIO_OK})
    yield replace(
        shaped_row(
            SHAPE,
            "registered-without-data",
            swallowed,
            down(MOBILE, Segment.CARRIER, Symptom.CORE_SILENT_RADIO_OK),
            hold_s=6.0,
            note="the radio is good, but no packet passes",
        ),
        faulty_segments=_NETWORK,
        bound=_BY_MODEM,
    )
    expected = down(MOBILE, Segment.CARRIER, *core_silent)
    yield replace(core, expected=(expected,), faulty_segments=_NETWORK)
    yield from _modem_rows()
    yield _second_sim()


def _modem_rows() -> Iterator[MatrixRow]:
    """Yield the faults of the modem, its SIM and its bearer."""
    yield _mobile("modem-gone", "modem-gone", Segment.DEVICE, Symptom.MODEM_ABSENT, faulty=_MODEM)
    for name, fault in (("pin-wrong", "sim-locked"), ("sim-missing", "sim-absent")):
        yield _mobile(name, fault, Segment.DEVICE, Symptom.SIM_NOT_READY, faulty=_MODEM)
    for fault in ("apn-unknown", "apn-private"):
        yield _mobile(fault, fault, Segment.DEVICE, Symptom.APN_WRONG, faulty=_MODEM | _NETWORK)
    yield _mobile(
        "bearer-dropped",
        "bearer-dropped",
        Segment.ACCESS,
        Symptom.ACCESS_SESSION_LOST,
        faulty=_NETWORK,
    )
    yield _mobile(
        "registration-denied",
        "registration-denied",
        Segment.ACCESS,
        Symptom.RADIO_NOT_REGISTERED,
        faulty=_NETWORK,
    )


def _second_sim() -> MatrixRow:
    elsewhere = ExpectedVerdict(
        link=MOBILE,
        state=State.UNKNOWN,
        segment=None,
        symptoms=frozenset({Symptom.EGRESS_OTHER_CARRIER}),
    )
    return replace(
        shaped_row(
            SHAPE,
            "second-sim",
            lab_fault("second-sim", site="{site}", link=MOBILE),
            elsewhere,
            hold_s=10.0,
            note="works, by the other carrier: nobody is blamed",
        ),
        faulty_segments=frozenset({Segment.ACCESS}),
        may_be_unknown=True,
        bound=DetectionBound(intervals=20),
    )


ROWS = tuple(_rows())
