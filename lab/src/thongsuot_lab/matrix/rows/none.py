"""Rows without a fault. Nobody must act, and nobody may be notified."""

from thongsuot_lab.matrix.injections import BackgroundLoss
from thongsuot_lab.matrix.row import BlastRadius, MatrixRow

HOUR_S = 300.0
"""The links of six sites add up to one hour of a single link, and to three by number of echoes."""

ROWS = (
    MatrixRow(
        name="nothing-wrong",
        injection=BackgroundLoss(),
        blast_radius=BlastRadius.CITY,
        hold_s=HOUR_S,
        note="every line loses 0.1 % there and back, and wavers",
    ),
)
