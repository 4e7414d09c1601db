"""The unit of every wait in a test, scaled by the environment for slow machines."""

import os
import time

MS = 0.001 * float(os.environ.get("THONGSUOT_TEST_SLOWNESS", "1"))
"""One millisecond in seconds, times ``THONGSUOT_TEST_SLOWNESS``; a wait is ``20 * MS``."""

IS_NIGHTLY = bool(os.environ.get("THONGSUOT_NIGHTLY"))
"""Whether tests play all that they can (``./run nightly``) rather than a sample of each kind."""

_SHARE_OF_EXAMPLES = float(os.environ.get("THONGSUOT_EXAMPLES", "1"))


def examples(count: int) -> int:
    """Return how many examples a property is tried with: of ``count`` the share that is wanted."""
    return max(5, round(count * _SHARE_OF_EXAMPLES))


KILLS_OF_A_NIGHT = int(os.environ.get("THONGSUOT_KILLS", "500"))
SEED_OF_A_NIGHT = int(os.environ.get("THONGSUOT_KILL_SEED", time.strftime("%Y%m%d")))
"""How often a process is killed at night, and by which seed."""
