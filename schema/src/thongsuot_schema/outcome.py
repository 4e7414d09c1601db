"""Outcome: the result of one run of a probe."""

from enum import StrEnum


class Outcome(StrEnum):
    """
    The three things a run can end in.

    What was not measured is absent: an ``unmeasured`` run carries no values, and never 0 or 100 %.
    """

    OK = "ok"
    """The measurement was made and the thing measured works."""

    FAILED = "failed"
    """The measurement was made and shows that the thing measured does not work."""

    UNMEASURED = "unmeasured"
    """The measurement could not be made; nothing is known about the thing measured."""
