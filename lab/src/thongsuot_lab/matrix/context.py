"""The lab and the product in it, as far as rows may reach for them."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from thongsuot_lab.lab import Lab
from thongsuot_lab.matrix.profile import QUICK, MatrixProfile
from thongsuot_lab.stack.city import CityStack


@dataclass(frozen=True, slots=True, kw_only=True)
class MatrixContext:
    """
    What rows are played on, and by which profile.

    ``folder`` is for the rows' own files; ``say`` tells a person what happens.
    """

    lab: Lab
    stack: CityStack
    folder: Path
    say: Callable[[str], None]
    profile: MatrixProfile = QUICK
