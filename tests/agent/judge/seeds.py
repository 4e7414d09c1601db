"""Seeds of the matrix: one by default, as many as ``THONGSUOT_JUDGE_SEEDS`` says (night: 20)."""

import os

SEEDS = range(1, 1 + int(os.environ.get("THONGSUOT_JUDGE_SEEDS", "1")))
