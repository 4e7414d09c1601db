"""
Metrics in the text formats of Prometheus (0.0.4) and OpenMetrics (1.0), with the catalogue's names.

Written by hand: prometheus_client's exposition loads ssl, http.server and wsgiref, 8 MB of resident
memory (2026-11), to write such lines; a test parses them with its parser.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from thongsuot_schema.catalogue import loader as catalogue
from thongsuot_schema.catalogue.verdict import SEGMENT, STATE
from thongsuot_schema.inventory.model import Link
from thongsuot_schema.metric import MetricType
from thongsuot_schema.outcome import Outcome
from thongsuot_schema.result import Family, Result
from thongsuot_schema.segment import LADDER
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Verdict

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
CONTENT_TYPE_OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"

_STATES = {State.UP: 0.0, State.DEGRADED: 1.0, State.DOWN: 2.0}


@dataclass(slots=True, kw_only=True)
class MetricFamily:
    """One metric with its samples: label text and value."""

    help: str
    type: MetricType
    samples: list[tuple[str, float]] = field(default_factory=list)


class Exposition:
    """
    Collects samples and writes them, grouped by metric as the format requires.

    ``site`` are the labels that all samples share; ``links`` give medium and carrier of a link.
    """

    def __init__(self, site: Mapping[str, str], links: Sequence[Link]) -> None:
        self._site = dict(site)
        self._links = {link.name: link for link in links}
        self._metrics: dict[str, MetricFamily] = {}

    def add_results(self, results: Iterable[Result]) -> None:
        """
        Add the newest result of each series: its values, whether it succeeded and whether it was
        measured.
        """
        for result in results:
            series, finding = result.series, result.finding
            kind = catalogue.load(series.kind)
            family = "" if series.family is Family.NONE else series.family.value
            labels = self._labels(link=series.link, target=series.target, family=family)
            if finding.outcome is Outcome.UNMEASURED:
                self._add(
                    kind.unmeasured_name, "1 when the latest run could not be made", labels, 1.0
                )
                continue
            is_ok = float(finding.outcome is Outcome.OK)
            self._add(kind.success_name, "1 when the latest run worked, else 0", labels, is_ok)
            for metric in kind.metrics:
                value = finding.values.get(metric.name)
                if value is not None:
                    self._add(metric.full_name, metric.help_en, labels, value, metric.type)

    def add_verdicts(self, verdicts: Iterable[Verdict]) -> None:
        """Add the verdicts; unknown ones are omitted."""
        for verdict in verdicts:
            state = _STATES.get(verdict.state)
            if state is None:
                continue
            rung = 0 if verdict.segment is None else LADDER.index(verdict.segment) + 1
            labels = self._labels(link=verdict.link, target=verdict.service, family="")
            self._add(STATE.full_name, STATE.help_en, labels, state)
            self._add(SEGMENT.full_name, SEGMENT.help_en, labels, float(rung))

    def add_agent_metric(
        self,
        name: str,
        help_text: str,
        value: float,
        type_: MetricType = MetricType.GAUGE,
        *,
        link: str = "",
        more: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """Add a metric of the agent itself; ``more`` are additional labels of this one."""
        labels = self._labels(link=link, target="", family="", more=more)
        self._add(name, help_text, labels, value, type_)

    def text(self) -> str:
        """Return all metrics in Prometheus' own format."""
        return "\n".join((*self._lines(is_open=False), ""))

    def open_metrics(self) -> str:
        """Return all metrics as OpenMetrics: counters are described without their ``_total``."""
        return "\n".join((*self._lines(is_open=True), "# EOF", ""))

    def _lines(self, *, is_open: bool) -> Iterator[str]:
        for name, metric in self._metrics.items():
            described, text = name, _escaped_help(metric.help)
            if is_open:
                text = text.replace('"', '\\"')
                if metric.type is MetricType.COUNTER:
                    described = name.removesuffix("_total")
            yield f"# HELP {described} {text}"
            yield f"# TYPE {described} {metric.type.value}"
            yield from (f"{name}{labels} {value!r}" for labels, value in metric.samples)

    def _add(
        self,
        name: str,
        help_text: str,
        labels: str,
        value: float,
        type_: MetricType = MetricType.GAUGE,
    ) -> None:
        metric = self._metrics.get(name)
        if metric is None:
            metric = self._metrics[name] = MetricFamily(help=help_text, type=type_)
        metric.samples.append((labels, float(value)))

    def _labels(
        self,
        *,
        link: str,
        target: str,
        family: str,
        more: Mapping[str, str] = MappingProxyType({}),
    ) -> str:
        spec = self._links.get(link)
        labels = {
            **self._site,
            "link": link,
            "medium": "" if spec is None else spec.medium.value,
            "carrier": "" if spec is None else spec.carrier,
            "target": target,
            "family": family,
            **more,
        }
        text = ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items() if value)
        return f"{{{text}}}" if text else ""


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _escaped_help(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n")
