"""Latest: the newest result of each series, and a link's latest echoes."""

from collections import deque
from collections.abc import Iterable, Iterator

from thongsuot_schema.catalogue.icmp import KIND as ICMP
from thongsuot_schema.catalogue.icmp import LOSS, RTT
from thongsuot_schema.inventory.model import Target
from thongsuot_schema.line import (
    RECENT_RUNS,
    EchoRun,
    LineFigures,
    SeriesEchoes,
    is_of_line,
    line_figures,
)
from thongsuot_schema.metric import Metric
from thongsuot_schema.outcome import Outcome
from thongsuot_schema.result import Result, Series

NS_PER_S = 1_000_000_000
STALE_NS = 600 * NS_PER_S
"""A value older than this is not shown: twice the longest interval of the default profile."""


class LatestResults:
    """
    The measurements on the page and in ``/metrics``.

    ``targets`` tell which of them belong to a link itself: its round trip and loss are those of its
    own segments.
    """

    def __init__(self, targets: Iterable[Target] = ()) -> None:
        self._targets = {target.name: target for target in targets}
        self._results: dict[Series, Result] = {}
        self._echo_runs: dict[Series, deque[EchoRun]] = {}
        self.count = 0
        """Results added since the process started."""

    def replace_targets(self, targets: Iterable[Target]) -> None:
        """Replace the measured targets."""
        self._targets = {target.name: target for target in targets}

    def add_result(self, result: Result) -> None:
        """Add a result."""
        self.count += 1
        series = result.series
        self._results[series] = result
        if series.kind == ICMP.name and result.finding.outcome is not Outcome.UNMEASURED:
            runs = self._echo_runs.setdefault(series, deque(maxlen=RECENT_RUNS))
            loss_ratio = result.finding.values.get(LOSS.name, 1.0)
            runs.append(EchoRun(result.boottime_ns / NS_PER_S, loss_ratio))

    def is_of_line(self, series: Series) -> bool:
        """Return whether a series has echoes of a link's own segments."""
        return series.kind == ICMP.name and is_of_line(self._targets.get(series.target))

    def fresh_results(self, now_ns: int) -> Iterator[Result]:
        """Yield the newest result of each series that is not stale, in the order of the series."""
        for series in sorted(self._results):
            result = self._results[series]
            if now_ns - result.boottime_ns < STALE_NS:
                yield result

    def line_figures(self, link: str, since_ns: int, now_ns: int) -> LineFigures:
        """Return round trip and loss of a link, from its latest echoes since a time."""
        series = [
            SeriesEchoes(
                target=target,
                runs=tuple(runs),
                rtt_s=result.finding.values.get(RTT.name),
            )
            for series, runs in self._echo_runs.items()
            if series.link == link
            and (target := self._targets.get(series.target)) is not None
            and now_ns - (result := self._results[series]).boottime_ns < STALE_NS
        ]
        return line_figures(series, since_s=since_ns / NS_PER_S)

    def value(self, link: str, metric: Metric, now_ns: int) -> float | None:
        """Return the newest value of a metric over a link, for any target."""
        values = [
            (result.boottime_ns, result.finding.values[metric.name])
            for series, result in self._results.items()
            if series.link == link
            and metric.name in result.finding.values
            and now_ns - result.boottime_ns < STALE_NS
        ]
        return max(values)[1] if values else None
