"""
The rows of each shape of site on real packets: each fault behind the office's own boxes, told as
the fault of the party that has it.

Played three shapes at a time; each test looks at what came of its shape.
"""

import tempfile
from functools import cache
from pathlib import Path

import pytest

from tests.timing import MS
from thongsuot_lab.matrix.all_rows import SHAPE_ROWS
from thongsuot_lab.matrix.profile import QUICK, shaped_profile, shaped_topology
from thongsuot_lab.matrix.result import MatrixResult
from thongsuot_lab.matrix.runner import play_matrix
from thongsuot_lab.matrix.shape_table import shape_summaries
from thongsuot_lab.matrix.table import table_lines
from thongsuot_lab.topology.shapes import SHAPES

pytestmark = [pytest.mark.lab, pytest.mark.matrix]

TOGETHER = tuple(tuple(SHAPES)[first : first + 3] for first in range(0, len(SHAPES), 3))


@cache
def played(shapes: tuple[str, ...]) -> MatrixResult:
    """Play the rows of some shapes beside each other, once."""
    with tempfile.TemporaryDirectory(prefix="thongsuot-matrix-") as made:
        folder = Path(made)
        folder.chmod(0o755)
        return play_matrix(
            [row for row in SHAPE_ROWS if row.shape in shapes],
            shaped_topology(shapes),
            folder,
            patience=1000 * MS,
            played=shaped_profile(QUICK),
        )


@pytest.mark.parametrize("shape", SHAPES)
def test_nobody_is_blamed_wrongly_and_no_dead_line_stays_unknown(shape: str) -> None:
    result = played(next(shapes for shapes in TOGETHER if shape in shapes))
    (summary,) = [each for each in shape_summaries(result) if each.shape == shape]
    assert summary.passed, "\n".join(table_lines(result))
