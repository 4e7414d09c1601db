"""
States of a ticket: which step leads where.

TMF621 lists the states; which follows which is in its user guide, not in the file, and is read so:
a ticket begins ``acknowledged``, and only work in progress is resolved.
"""

from collections import deque
from typing import Final

RESOLVED: Final = "resolved"
CANCELLED: Final = "cancelled"
IN_PROGRESS: Final = "inProgress"
REJECTED: Final = "rejected"

TRANSITIONS: Final[dict[str, tuple[str, ...]]] = {
    "acknowledged": (IN_PROGRESS, REJECTED, CANCELLED),
    IN_PROGRESS: ("pending", "held", RESOLVED, CANCELLED),
    "pending": (IN_PROGRESS,),
    "held": (IN_PROGRESS,),
    RESOLVED: ("closed", IN_PROGRESS),
    REJECTED: (),
    CANCELLED: (),
    "closed": (),
}


def is_over(status: str) -> bool:
    """Return whether nothing can follow; of a state that is not known it is not thought so."""
    return status in TRANSITIONS and not TRANSITIONS[status]


def status_path(status: str, wanted: str) -> tuple[str, ...] | None:
    """
    Return the shortest sequence of states from one to another, without the first.

    ``None``: there is none that does not lead back from what was resolved.
    """
    ways: dict[str, tuple[str, ...]] = {status: ()}
    waiting = deque([status])
    while waiting:
        here = waiting.popleft()
        if here == wanted:
            return ways[here]
        if here == RESOLVED:
            continue
        for after in TRANSITIONS.get(here, ()):
            if after not in ways:
                ways[after] = (*ways[here], after)
                waiting.append(after)
    return None
