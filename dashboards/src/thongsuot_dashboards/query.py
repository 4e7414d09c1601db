"""PromQL over the catalogue: a metric is named by its constant, never by a string."""

from dataclasses import dataclass

from thongsuot_schema.metric import Kind, Metric


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """One PromQL expression and the legend of what it returns (Grafana's ``{{label}}`` syntax)."""

    expr: str
    legend: str
    instant: bool = False


def selector(full_name: str, **matchers: str) -> str:
    """Return ``name{label=~"value",…}``; a value may be a dashboard variable such as ``$site``."""
    inside = ",".join(f'{label}=~"{value}"' for label, value in sorted(matchers.items()))
    return f"{full_name}{{{inside}}}"


def gauge(metric: Metric, legend: str, **matchers: str) -> Query:
    """Return the value of a metric as it was measured."""
    return Query(expr=selector(metric.full_name, **matchers), legend=legend)


def average(metric: Metric, legend: str, window: str, **matchers: str) -> Query:
    """Return the mean of a metric over a window (PromQL duration)."""
    return Query(
        expr=f"avg_over_time({selector(metric.full_name, **matchers)}[{window}])", legend=legend
    )


def rate(metric: Metric, legend: str, *, factor: float = 1.0, **matchers: str) -> Query:
    """Return the increase of a counter per second, times ``factor`` (8 turns bytes into bits)."""
    expr = f"rate({selector(metric.full_name, **matchers)}[$__rate_interval])"
    return Query(expr=expr if factor == 1.0 else f"{expr} * {factor:g}", legend=legend)


def success(kind: Kind, legend: str, window: str = "5m", **matchers: str) -> Query:
    """Return the share of runs that were ``ok`` among those measured, over a window."""
    return Query(
        expr=f"avg_over_time({selector(kind.success_name, **matchers)}[{window}])", legend=legend
    )
