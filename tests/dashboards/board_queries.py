"""Asking Prometheus what a board asks, with Grafana's variables filled in."""

import json
import re
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]
"""JSON of a board or of an answer; its shape is the third party's."""

_SCRAPE_S = 15.0
"""How often measurements come; the provisioned data source says the same (``timeInterval``)."""
_TIMEOUT_S = 120.0
_POINTS = 360
_UNITS_S = {"s": 1, "m": 60, "h": 3600}

ALL = "$__all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The time that is shown, as Unix time."""

    start_s: float
    end_s: float

    @property
    def step_s(self) -> float:
        """Seconds between two points: as many points as a panel is wide, none nearer than 15 s."""
        return max(_SCRAPE_S, round((self.end_s - self.start_s) / _POINTS))

    def built_in(self) -> dict[str, str]:
        """Return Grafana's own variables."""
        step_s = self.step_s
        return {
            "__range": f"{self.end_s - self.start_s:.0f}s",
            "__range_s": f"{self.end_s - self.start_s:.0f}",
            "__interval": f"{step_s:.0f}s",
            "__rate_interval": f"{max(step_s + _SCRAPE_S, 4 * _SCRAPE_S):.0f}s",
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class QuerySeries:
    """One series of an answer: its name by the query's legend, its labels, (time, value)."""

    name: str
    labels: Mapping[str, str]
    points: Sequence[tuple[float, float]]

    @property
    def last(self) -> float:
        """The newest value."""
        return self.points[-1][1]


class Prometheus:
    """Asks a Prometheus by its HTTP API."""

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")

    def instant(self, expr: str, legend: str, at_s: float) -> list[QuerySeries]:
        """Return the answer for one moment."""
        result = self._ask("query", {"query": expr, "time": f"{at_s:.3f}"})
        return [_series(series, legend, [series["value"]]) for series in result]

    def range(
        self, expr: str, legend: str, window: Window, step_s: float = 0.0
    ) -> list[QuerySeries]:
        """Return the answer over a window; ``step_s`` 0 takes the window's own."""
        step_s = step_s or window.step_s
        # Like Grafana: steps lie on multiples of themselves, so that what is shown does not shiver.
        start_s = window.start_s // step_s * step_s
        params = {"query": expr, "start": f"{start_s}", "end": f"{window.end_s}"}
        result = self._ask("query_range", params | {"step": f"{step_s}"})
        return [_series(series, legend, series["values"]) for series in result]

    def _ask(self, path: str, params: Mapping[str, str]) -> list[Json]:
        request = urllib.request.Request(
            f"{self._url}/api/v1/{path}", data=urllib.parse.urlencode(params).encode()
        )
        try:
            with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as answer:
                result: list[Json] = json.load(answer)["data"]["result"]
        except urllib.error.HTTPError as error:
            error_text = error.read().decode(errors="replace")
            raise ValueError(f"cannot ask {params['query']!r}: {error_text}") from error
        return result


def fill_variables(text: str, values: Mapping[str, str]) -> str:
    """Return a text with Grafana's variables (``$name``, ``${name}``) replaced."""

    def value(match: re.Match[str]) -> str:
        name = match[1] or match[2]
        return values.get(name, match[0])

    return re.sub(r"\$(?:\{(\w+)\}|(\w+))", value, text)


def choices(
    board: Json, prometheus: Prometheus, window: Window, chosen: Mapping[str, str]
) -> tuple[dict[str, str], dict[str, str]]:
    """
    Return the value of each variable, as it goes into queries, and the text that people see.

    What is not chosen is all of them, or the first where only one can be.
    """
    values = window.built_in()
    shown: dict[str, str] = {}
    for variable in board["templating"]["list"]:
        if variable["type"] != "query":
            continue
        name, label = variable["name"], variable["label"]
        options = _options(variable, prometheus, window, values)
        if name in chosen:
            values[name] = re.escape(chosen[name]).replace("\\", "\\\\")
            shown[label] = options.get(chosen[name], chosen[name])
        elif variable["includeAll"]:
            values[name] = "|".join(re.escape(option).replace("\\", "\\\\") for option in options)
            shown[label] = "All"
        else:
            first = next(iter(options), "")
            values[name], shown[label] = first, options.get(first, "–")
    return values, shown


def ask_panel(
    panel: Json, prometheus: Prometheus, window: Window, values: Mapping[str, str]
) -> list[list[QuerySeries]]:
    """Return what each of a panel's queries finds."""
    answers: list[list[QuerySeries]] = []
    for target in panel["targets"]:
        expr, legend = fill_variables(target["expr"], values), target["legendFormat"]
        if target["instant"]:
            answers.append(prometheus.instant(expr, legend, window.end_s))
        else:
            answers.append(prometheus.range(expr, legend, window, step_s_of(target, window)))
    return answers


def step_s_of(target: Json, window: Window) -> float:
    """Return the seconds between two points of a query: the window's, or its own *Min step*."""
    least = target.get("interval") or "0s"
    return max(window.step_s, int(least[:-1]) * _UNITS_S[least[-1]])


def _options(
    variable: Json, prometheus: Prometheus, window: Window, values: Mapping[str, str]
) -> dict[str, str]:
    """Return the values that can be chosen, and their texts, by text."""
    query = re.fullmatch(
        r"query_result\((.*)\)", fill_variables(variable["query"]["query"], values)
    )
    assert query is not None, variable["query"]
    pattern = re.compile(variable["regex"].strip("/").replace("(?<", "(?P<"))
    texts: dict[str, str] = {}
    for series in prometheus.instant(query[1], "", window.end_s):
        inside = ", ".join(f'{key}="{value}"' for key, value in series.labels.items())
        match = pattern.search(f"{{{inside}}} {series.last:.15g} {window.end_s:.0f}")
        if match is not None:
            groups = match.groupdict()
            texts[groups["value"]] = groups.get("text", groups["value"])
    return dict(sorted(texts.items(), key=lambda item: item[1]))


def _series(answered: Json, legend: str, values: list[list[Any]]) -> QuerySeries:
    labels: dict[str, str] = answered["metric"]
    name = re.sub(r"\{\{(\w+)\}\}", lambda match: labels.get(match[1], ""), legend)
    return QuerySeries(
        name=name.strip(), labels=labels, points=[(float(at), float(value)) for at, value in values]
    )
