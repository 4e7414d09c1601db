"""What the agent knows of itself beside its links: asked by the host probe, answered by the app."""

from collections.abc import Callable, Mapping

from thongsuot_schema.metric import Metric

MetricSource = Callable[[str], Mapping[Metric, float]]
"""Returns the values of the agent's own metrics; those of a link where they are a link's."""


class SelfMetrics:
    """Holds whoever can answer; nothing is known where no agent runs (a single probe by hand)."""

    def __init__(self) -> None:
        self._ask: MetricSource | None = None

    def register(self, ask: MetricSource | None) -> None:
        """From now on ``ask`` answers; ``None``: nobody."""
        self._ask = ask

    def values_for(self, link: str) -> Mapping[Metric, float]:
        """Return what is known."""
        return {} if self._ask is None else self._ask(link)


SELF_METRICS = SelfMetrics()
"""The process' own; a process is one agent."""
