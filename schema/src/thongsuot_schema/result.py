"""Finding and Result: the outcome of one run of a probe, and its place and time."""

from collections.abc import Mapping
from enum import StrEnum

import msgspec

from thongsuot_schema.metric import Metric
from thongsuot_schema.outcome import Outcome
from thongsuot_schema.reason import Reason, outcome_of

DETAIL_LIMIT = 200
"""Characters of free text that a finding keeps; enough for one sentence of a library."""


class Family(StrEnum):
    """Address family that a run used; ``none`` where the run has no packet of its own."""

    IP4 = "ip4"
    IP6 = "ip6"
    NONE = "none"


class QualityFlag(StrEnum):
    """
    Doubts that a probe has about its own reliability in a run. Doubtful values are kept, marked.
    """

    TIMER_LATE = "timer_late"
    """The process was not given the CPU in time; user-space durations may be too long."""

    CLOCK_STEPPED = "clock_stepped"
    """The wall clock stepped while the run lasted; the monotonic durations still hold."""

    SOFTWARE_STAMP = "software_stamp"
    """A kernel time stamp was missing; the round trip was timed in user space."""

    OTHER = "other"
    """A doubt that a newer agent has and this version has no word for."""


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """
    The outcome of one run.

    ``values`` maps a metric's name (without prefix) to its value in the metric's unit; empty when
    ``unmeasured``. ``reason`` is ``None`` exactly when the outcome is ``ok_finding``. ``evidence``
    holds short texts that a person would want to see in a dispute (certificate names, addresses
    answered), keys and values at most 200 characters. ``cost_bytes`` is the IP-level traffic that
    the run caused on its link, both directions.
    """

    outcome: Outcome
    reason: Reason | None = None
    values: dict[str, float] = {}
    doubts: tuple[QualityFlag, ...] = ()
    detail: str = ""
    evidence: dict[str, str] = {}
    cost_bytes: int = 0


def ok_finding(
    values: Mapping[Metric, float],
    *,
    doubts: tuple[QualityFlag, ...] = (),
    evidence: Mapping[str, str] | None = None,
    cost_bytes: int = 0,
) -> Finding:
    """Return the finding of a run that worked."""
    return Finding(
        outcome=Outcome.OK,
        values=_checked_name(values),
        doubts=doubts,
        evidence=dict(evidence or {}),
        cost_bytes=cost_bytes,
    )


def failed_finding(
    reason: Reason,
    values: Mapping[Metric, float] | None = None,
    *,
    detail: str = "",
    doubts: tuple[QualityFlag, ...] = (),
    evidence: Mapping[str, str] | None = None,
    cost_bytes: int = 0,
) -> Finding:
    """
    Return the finding of a run that failed or could not be made; the reason decides which.

    Raises:
        ValueError: values were given for a run that measured nothing.
    """
    outcome = outcome_of(reason)
    if outcome is Outcome.UNMEASURED and values:
        message = f"a run that is unmeasured ({reason}) has no values, got {len(values)}"
        raise ValueError(message)
    return Finding(
        outcome=outcome,
        reason=reason,
        values=_checked_name(values or {}),
        doubts=doubts,
        detail=detail[:DETAIL_LIMIT],
        evidence=dict(evidence or {}),
        cost_bytes=cost_bytes,
    )


class Series(msgspec.Struct, frozen=True, kw_only=True, order=True, cache_hash=True):
    """
    The identity shared by results of one time series.

    ``target`` is empty for kinds that look at the link itself. ``link`` is empty for what concerns
    the whole site (a service's verdict over all links).
    """

    kind: str
    revision: int
    link: str
    target: str
    family: Family


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """
    One run: series, start, finding.

    ``boottime_ns`` is CLOCK_BOOTTIME at the start of the run: it never steps and counts suspended
    time. Wall time follows from it and the clock of the batch (see ``Clock``), so that a wrong wall
    clock can be corrected afterwards for all results of a boot at once.
    """

    series: Series
    boottime_ns: int
    finding: Finding


def _checked_name(values: Mapping[Metric, float]) -> dict[str, float]:
    for metric, value in values.items():
        low, high = metric.minimum, metric.maximum
        # Written so that NaN is refused too.
        if not ((low is None or value >= low) and (high is None or value <= high)):
            message = f"{metric.name} is {value}, outside {low} to {high} {metric.unit}"
            raise ValueError(message)
    return {metric.name: float(value) for metric, value in values.items()}
