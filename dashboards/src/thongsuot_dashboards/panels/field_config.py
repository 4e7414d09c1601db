"""Field configuration: how a value is displayed: unit, colour, name, and link."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from thongsuot_dashboards.text import BilingualText, Language
from thongsuot_schema.metric import Metric, Thresholds, Unit

Json = dict[str, Any]
"""A JSON object whose shape is the third party's, checked by Grafana's own schema in the tests."""

# Grafana's unit names (its "value formats"), by ours.
GRAFANA_UNIT = {
    Unit.SECONDS: "s",
    Unit.BYTES: "bytes",
    Unit.RATIO: "percentunit",
    Unit.DBM: "dBm",
    Unit.DECIBELS: "dB",
    Unit.BOOLEAN: "none",
    Unit.COUNT: "short",
    Unit.PACKETS: "short",
    Unit.BYTES_PER_SECOND: "Bps",
    Unit.TIMESTAMP: "dateTimeAsIso",
    Unit.NUMBER: "none",
    Unit.AMPERES: "amp",
    Unit.CELSIUS: "celsius",
    Unit.VOLTS: "volt",
}

GOOD, WARN, BAD = "green", "orange", "red"
PLAIN = "text"
"""Grafana's colour of plain text: a value that needs no attention."""
_NEUTRAL = "text"


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueMapping:
    """The name and colour (Grafana's palette) of one value of a state."""

    text: BilingualText
    color: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DataLink:
    """The target of a click on a value: another board (its ``uid``), with labels as variables."""

    board: str
    title: BilingualText
    labels: tuple[str, ...]

    def to_json(self, language: Language, *, of_row: bool) -> Json:
        """Return Grafana's data link; ``of_row`` takes the labels from a table's columns."""
        source = "__data.fields" if of_row else "__field.labels"
        chosen = "&".join(f"var-{label}=${{{source}.{label}}}" for label in self.labels)
        return {
            "title": self.title.in_language(language),
            "url": f"/d/{self.board}?{chosen}&${{__url_time_range}}",
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldConfig:
    """
    How a value is displayed.

    ``limits`` colour it, ``mappings`` give names to the values of a state, ``color`` is a fixed
    colour of Grafana's palette for other values; below ``colored_from`` it is plain text.
    """

    unit: Unit = Unit.NUMBER
    limits: Thresholds | None = None
    mappings: Mapping[int, ValueMapping] = field(default_factory=dict)
    color: str = ""
    colored_from: float | None = None
    minimum: float | None = None
    maximum: float | None = None
    decimals: int | None = None
    link: DataLink | None = None
    grafana_unit: str = ""
    """
    A unit that none of our metrics has, such as ``reqps`` or ``bps``; empty: that of ``unit``.
    """

    def to_json(self, language: Language, *, of_row: bool = False) -> Json:
        """Return the defaults of a field configuration."""
        defaults: Json = {"unit": self.grafana_unit or GRAFANA_UNIT[self.unit]}
        if self.limits is not None:
            defaults["thresholds"] = {"mode": "absolute", "steps": threshold_steps(self.limits)}
            defaults["color"] = {"mode": "thresholds"}
        elif self.color and self.colored_from is not None:
            steps = [
                {"color": PLAIN, "value": None},
                {"color": self.color, "value": self.colored_from},
            ]
            defaults["color"] = {"mode": "thresholds"}
            defaults["thresholds"] = {"mode": "absolute", "steps": steps}
        elif self.color:
            defaults["color"] = {"mode": "fixed", "fixedColor": self.color}
            defaults["thresholds"] = {
                "mode": "absolute",
                "steps": [{"color": self.color, "value": None}],
            }
        if self.mappings:
            defaults["mappings"] = [
                {"type": "value", "options": _value_mappings(self.mappings, language)}
            ]
        for key, value in (
            ("min", self.minimum),
            ("max", self.maximum),
            ("decimals", self.decimals),
        ):
            if value is not None:
                defaults[key] = value
        if self.link is not None:
            defaults["links"] = [self.link.to_json(language, of_row=of_row)]
        return defaults


def metric_field_config(metric: Metric) -> FieldConfig:
    """Return how a metric of the catalogue is displayed: its own unit, limits and lower bound."""
    ratio = metric.unit is Unit.RATIO
    return FieldConfig(
        unit=metric.unit,
        limits=metric.limits,
        minimum=metric.minimum if ratio or metric.unit is Unit.SECONDS else None,
    )


def threshold_steps(limits: Thresholds) -> list[Json]:
    """Return Grafana's threshold steps: the colour from each value on, the first from below."""
    thresholds = [(limits.warn, WARN), (limits.bad, BAD)]
    marks = [(value, color) for value, color in thresholds if value is not None]
    if not limits.low_is_bad:
        rest = [{"color": color, "value": value} for value, color in marks]
        return [{"color": GOOD, "value": None}, *rest]
    # From the bad side upwards: each limit ends its colour.
    marks.reverse()
    colors = [color for _, color in marks] + [GOOD]
    values = [None, *(value for value, _ in marks)]
    return [{"color": color, "value": value} for color, value in zip(colors, values, strict=True)]


def _value_mappings(names: Mapping[int, ValueMapping], language: Language) -> Json:
    return {
        str(value): {"text": named.text.in_language(language), "color": named.color, "index": index}
        for index, (value, named) in enumerate(sorted(names.items()))
    }
