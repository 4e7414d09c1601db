"""All rows, and those that cannot be run in this lab, by name and with the reason."""

from thongsuot_lab.matrix.row import MatrixRow
from thongsuot_lab.matrix.rows import access, carrier, device, lan, none, service, shapes, transit

ROWS: tuple[MatrixRow, ...] = (
    *device.ROWS,
    *lan.ROWS,
    *access.ROWS,
    *carrier.ROWS,
    *transit.ROWS,
    *service.ROWS,
    *none.ROWS,
)

NOT_PLAYED = {
    "a download beside the device": "it takes a box that counts: tests/lab/test_cpe_counters.py",
    "radio KPIs": "there is no modem here; a lost radio is played as a line that is cut",
    "ECMP": "the kernel of a lab has one path to everything",
}

SHAPE_ROWS = shapes.ROWS
"""Rows of each shape of site, see ``topology.shapes``."""

SHAPES_NOT_PLAYED = {
    "g by pppd": "it takes a kernel with PPP (/dev/ppp); the lab's own session is played",
}
