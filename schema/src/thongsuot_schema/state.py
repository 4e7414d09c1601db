"""State: how a link or a service is now."""

from enum import StrEnum


class State(StrEnum):
    """The four states of a verdict. Never mixed with the outcomes of a run."""

    UP = "up"
    DEGRADED = "degraded"
    DOWN = "down"
    UNKNOWN = "unknown"
