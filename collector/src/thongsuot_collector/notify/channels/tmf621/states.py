"""
States of a ticket, and the transitions between them.

TMF621 lists the states; the transitions are in its user guide, not in the OpenAPI file, and are
interpreted as: a ticket begins ``acknowledged``, and only work in progress is resolved.
"""

from collections import deque
from typing import Final

from thongsuot_collector.notify.message import Acceptance

ACKNOWLEDGED: Final = "acknowledged"
RESOLVED: Final = "resolved"
CANCELLED: Final = "cancelled"
IN_PROGRESS: Final = "inProgress"
PENDING: Final = "pending"
REJECTED: Final = "rejected"

TRANSITIONS: Final[dict[str, tuple[str, ...]]] = {
    ACKNOWLEDGED: (IN_PROGRESS, REJECTED, CANCELLED),
    IN_PROGRESS: (PENDING, "held", RESOLVED, CANCELLED),
    PENDING: (IN_PROGRESS,),
    "held": (IN_PROGRESS,),
    RESOLVED: ("closed", IN_PROGRESS),
    REJECTED: (),
    CANCELLED: (),
    "closed": (),
}


def is_over(status: str) -> bool:
    """Return whether a state is final; an unknown state is not."""
    return status in TRANSITIONS and not TRANSITIONS[status]


def is_live(status: str) -> bool:
    """Return whether a carrier is working on a ticket, or may be."""
    return status != RESOLVED and not is_over(status)


def is_refused(status: str) -> bool:
    """Return whether a state means that the carrier refused the ticket, unless we withdrew it."""
    return status in {REJECTED, CANCELLED}


def acceptance(status: str) -> Acceptance:
    """Return the meaning of a state set by the carrier for the incident."""
    if status in {ACKNOWLEDGED, IN_PROGRESS}:
        return Acceptance.ACCEPTED
    return Acceptance.REFUSED if is_refused(status) else Acceptance.OPEN


def status_path(status: str, wanted: str) -> tuple[str, ...] | None:
    """
    Return the shortest sequence of states from one to another, without the first.

    ``None`` if every path would reopen a resolved ticket.
    """
    paths: dict[str, tuple[str, ...]] = {status: ()}
    waiting = deque([status])
    while waiting:
        reached = waiting.popleft()
        if reached == wanted:
            return paths[reached]
        if reached == RESOLVED:
            continue
        for after in TRANSITIONS.get(reached, ()):
            if after not in paths:
                paths[after] = (*paths[reached], after)
                waiting.append(after)
    return None
