"""Seeds of the matrix: a few by default, as many as asked for by ``THONGSUOT_JUDGE_SEEDS``."""

import os

SEEDS = range(1, 1 + int(os.environ.get("THONGSUOT_JUDGE_SEEDS", "2")))
