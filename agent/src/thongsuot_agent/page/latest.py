"""Latest: the newest result of each series, and the loss of each link lately."""

from collections import deque
from collections.abc import Iterator

from thongsuot_schema.catalogue.icmp import LOSS, RTT
from thongsuot_schema.metric import Metric
from thongsuot_schema.outcome import Outcome
from thongsuot_schema.result import Result, Series

RECENT_RUNS = 120
"""Runs over which the loss on the page is taken: at the default profile about a minute."""

NS_PER_S = 1_000_000_000
STALE_NS = 600 * NS_PER_S
"""A figure older than this is not shown: twice the longest interval of the default profile."""


class LatestResults:
    """
    What the page and ``/metrics`` show of measurements.

    ``lan_targets`` are left out of a link's round trip and loss: people ask for the line, not for
    the box beside the counter.
    """

    def __init__(self, lan_targets: frozenset[str] = frozenset()) -> None:
        self._lan_targets = lan_targets
        self._results: dict[Series, Result] = {}
        self._losses: dict[str, deque[float]] = {}
        self.count = 0
        """Results taken in since the process began."""

    def exclude_targets(self, lan_targets: frozenset[str]) -> None:
        """From now on these are of the site's own network."""
        self._lan_targets = lan_targets

    def add_result(self, result: Result) -> None:
        """Take in a result."""
        self.count += 1
        series = result.series
        self._results[series] = result
        if self._counts_for_link(series) and result.finding.outcome is not Outcome.UNMEASURED:
            losses = self._losses.setdefault(series.link, deque(maxlen=RECENT_RUNS))
            losses.append(result.finding.values.get(LOSS.name, 1.0))

    def fresh_results(self, now_ns: int) -> Iterator[Result]:
        """Yield the newest result of each series that is not stale, in the order of the series."""
        for series in sorted(self._results):
            result = self._results[series]
            if now_ns - result.boottime_ns < STALE_NS:
                yield result

    def rtt_s(self, link: str, now_ns: int) -> float | None:
        """Return the shortest of the newest round trips beyond the site's own network."""
        return min(
            (
                result.finding.values[RTT.name]
                for series, result in self._results.items()
                if series.link == link
                and self._counts_for_link(series)
                and RTT.name in result.finding.values
                and now_ns - result.boottime_ns < STALE_NS
            ),
            default=None,
        )

    def value(self, link: str, metric: Metric, now_ns: int) -> float | None:
        """Return the newest value of a metric over a link, whatever it was measured on."""
        values = [
            (result.boottime_ns, result.finding.values[metric.name])
            for series, result in self._results.items()
            if series.link == link
            and metric.name in result.finding.values
            and now_ns - result.boottime_ns < STALE_NS
        ]
        return max(values)[1] if values else None

    def loss_ratio(self, link: str) -> float | None:
        """Return the share of lost echoes among the latest runs."""
        losses = self._losses.get(link)
        return sum(losses) / len(losses) if losses else None

    def _counts_for_link(self, series: Series) -> bool:
        return series.kind == "icmp" and series.target not in self._lan_targets
