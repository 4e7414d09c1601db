"""
The life of a ticket: which state follows which.

After the TMF621 user guide, as it is usually read; the OpenAPI file lists the states only. There is
no "new": a ticket that is taken begins as ``acknowledged``. ``rejected``, ``cancelled`` and
``closed`` are the end of it.
"""

from typing import Final

FIRST_STATE: Final = "acknowledged"

TRANSITIONS: Final[dict[str, tuple[str, ...]]] = {
    "acknowledged": ("inProgress", "rejected", "cancelled"),
    "inProgress": ("pending", "held", "resolved", "cancelled"),
    "pending": ("inProgress",),
    "held": ("inProgress",),
    "resolved": ("closed", "inProgress"),
    "rejected": (),
    "cancelled": (),
    "closed": (),
}


def is_transition_allowed(status: str, wanted: str) -> bool:
    """Return whether a ticket of one state may come into another; staying is always allowed."""
    return wanted == status or wanted in TRANSITIONS[status]
