"""PromQL over the catalogue: a metric is named by its constant, never by a string."""

from dataclasses import dataclass

from thongsuot_schema.metric import Metric, ProbeKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """
    One PromQL expression and the legend of its result (Grafana's ``{{label}}`` syntax).

    ``instant``: queried once, for the end of the displayed time; otherwise over all of it.
    ``min_step``: least distance of two points (PromQL duration; Grafana's *Min step*).
    """

    expr: str
    legend: str
    instant: bool = False
    min_step: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownStretch:
    """
    A part of the displayed time, of a length that only a query can compute.

    ``seconds`` is a vector of PromQL, of ``$__range_s``. Grafana's variables cannot compute, but a
    hidden one can hold a result of the database, and is queried again when the displayed time
    changes.
    """

    name: str
    seconds: str

    @property
    def duration(self) -> str:
        """The duration in a query."""
        return f"${{{self.name}}}ms"

    def query(self) -> str:
        """Return the query for the duration in milliseconds."""
        return f"query_result(1000 * {self.seconds})"


def selector(full_name: str, **matchers: str) -> str:
    """
    Return ``name{label=~"value",…}``; a value may be a dashboard variable such as ``$site``.

    A value that begins with ``=`` or ``!=`` is compared literally, not as a pattern.
    """
    inside = ",".join(f"{label}{_compared(value)}" for label, value in sorted(matchers.items()))
    return f"{full_name}{{{inside}}}" if inside else full_name


def gauge(metric: Metric, legend: str, **matchers: str) -> Query:
    """Return the value of a metric as measured."""
    return Query(expr=selector(metric.full_name, **matchers), legend=legend)


def average(metric: Metric, legend: str, window: str, **matchers: str) -> Query:
    """Return the mean of a metric over a window (PromQL duration)."""
    return Query(
        expr=f"avg_over_time({selector(metric.full_name, **matchers)}[{window}])", legend=legend
    )


def rate(metric: Metric, legend: str, **matchers: str) -> Query:
    """Return the increase of a counter per second."""
    expr = f"rate({selector(metric.full_name, **matchers)}[$__rate_interval])"
    return Query(expr=expr, legend=legend)


def bits(metric: Metric, legend: str, **matchers: str) -> Query:
    """Return the increase per second of a counter of bytes, in bits."""
    bytes_rate = rate(metric, legend, **matchers)
    return Query(expr=f"{bytes_rate.expr} * 8", legend=legend)


def success(kind: ProbeKind, legend: str, window: str = "5m", **matchers: str) -> Query:
    """Return the share of runs that were ``ok`` among those measured, over a window."""
    return Query(
        expr=f"avg_over_time({selector(kind.success_name, **matchers)}[{window}])", legend=legend
    )


def instant_query(expr: str, legend: str = "") -> Query:
    """Return a query for the end of the displayed time."""
    return Query(expr=expr, legend=legend, instant=True)


def range_query(expr: str, legend: str, *, min_step: str = "") -> Query:
    """Return a query over all of the displayed time."""
    return Query(expr=expr, legend=legend, min_step=min_step)


def _compared(value: str) -> str:
    if value.startswith("!="):
        return f'!="{value[2:]}"'
    return f'="{value[1:]}"' if value.startswith("=") else f'=~"{value}"'
