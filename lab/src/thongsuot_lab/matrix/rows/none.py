"""Rows of nothing wrong. Nobody must act, and nobody may be told to."""

from thongsuot_lab.matrix.acts import Noise
from thongsuot_lab.matrix.row import Row, Scope

HOUR_S = 300.0
"""The links of six sites for so long are an hour of one, and three by the number of echoes."""

ROWS = (
    Row(
        name="nothing-wrong",
        breaks=Noise(),
        scope=Scope.CITY,
        hold_s=HOUR_S,
        note="every line loses 0.1 % there and back, and wavers",
    ),
)
