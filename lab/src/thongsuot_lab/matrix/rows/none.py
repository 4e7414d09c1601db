"""Rows of nothing wrong. Nobody must act, and nobody may be told to."""

from thongsuot_lab.matrix.acts import Noise
from thongsuot_lab.matrix.row import Row, Scope

HOUR_S = 360.0
"""Ten sites for so long are an hour of one."""

ROWS = (
    Row(
        name="nothing-wrong",
        breaks=Noise(),
        scope=Scope.CITY,
        hold_s=HOUR_S,
        note="every line loses 0.1 % there and back, and wavers",
    ),
)
