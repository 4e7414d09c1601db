"""Settings of the timeline, with their reasons."""

from typing import Annotated

import msgspec

Positive = Annotated[float, msgspec.Meta(gt=0)]

NS_PER_S = 1_000_000_000


class TimelineTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The history of links and services; the ``[timeline]`` table of the configuration."""

    calm_s: Positive = 30.0
    """Up for less than this between two faults is a pause of one fault, not its end."""

    kept_s: Positive = 35 * 86_400.0
    """
    Older intervals are not rewritten any more. A device keeps its record for 30 days, and a month's
    statement needs a month.
    """


class TimelineSettings(TimelineTable, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When an agent counts as silent, and how far back the past may be rewritten."""

    silent_after_s: Positive = 45.0
    """Three pushes: one may be lost on a bad link, two may be slow. The pages' own setting."""


def ns(seconds: float) -> int:
    """Return a span of time in nanoseconds."""
    return round(seconds * NS_PER_S)
