"""
Thirty days of data that a city of 126 communes with two links each puts into Prometheus, generated.

Every metric that a board queries, from the catalogue, with the labels that the collector gives it.
Verdicts and recorded series have a sample every five minutes over the whole time, which is as often
as Prometheus needs to show them without gaps. Measurements have one every half hour, and one per
minute in the last six hours: a real city has up to a hundred times as many.
"""

import random
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from thongsuot_dashboards import recording_rules
from thongsuot_schema.catalogue import loader as catalogue
from thongsuot_schema.inventory.communes import bundled_communes
from thongsuot_schema.metric import Metric, MetricType

SEED = 20261130
CARRIERS = ("song-hong", "cuu-long", "hong-ha")
SERVICES = ("dichvucong", "motcua")
TARGETS = {
    "icmp": ("gateway", "hop", "anchor", "exchange"),
    "http": SERVICES,
    "dns": ("resolver",),
    "counter": SERVICES,
}
"""The targets of a kind on each link; all other kinds have one series per link."""

MOBILE_KINDS = {"radio"}
BLOCK_S = 54 * 3600
"""The span of a block: two hours times powers of three, as Prometheus itself makes them."""

STATE_EVERY_S, MEASURED_EVERY_S, RECENT_EVERY_S = 300, 1800, 60
RECENT_S = 6 * 3600
DOWN_SHARE = 0.004
"""
The share of a link's five-minute samples in which it is down; half of these are the carrier's
fault.
"""

Sampled = tuple[str, Metric | None]
_NAME = re.compile(r"thongsuot[_:][a-z0-9_:]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneratedSeries:
    """One series: name and labels as text, and the range of its values."""

    text: str
    every_s: int
    low: float
    high: float
    is_counter: bool = False
    is_state: bool = False


def write_blocks(folder: Path, *, end_s: float, days: int) -> None:
    """Write the blocks of a database, one run of promtool per block."""
    series = list(all_series())
    begin_s = end_s - days * 86400
    first = int(begin_s // BLOCK_S)
    last = int(end_s // BLOCK_S)
    with tempfile.TemporaryDirectory(prefix="thongsuot-openmetrics-") as made:
        text = Path(made) / "samples.txt"
        for block in range(first, last + 1):
            say(f"data of {days} days: block {block - first + 1} of {last - first + 1}")
            since_s = max(begin_s, block * BLOCK_S)
            until_s = min(end_s + 1, (block + 1) * BLOCK_S)
            with text.open("w", encoding="utf-8") as out:
                for each in series:
                    out.writelines(_lines(each, since_s, until_s, end_s))
                out.write("# EOF\n")
            command = ["promtool", "tsdb", "create-blocks-from", f"--max-block-duration={BLOCK_S}s"]
            subprocess.run([*command, "openmetrics", str(text), str(folder), "-q"], check=True)


def say(text: str) -> None:
    """Print one line of progress."""
    print(f"… {text}", file=sys.stderr, flush=True)


def _lines(series: GeneratedSeries, since_s: float, until_s: float, end_s: float) -> Iterator[str]:
    """Yield the lines of a series in a span; its values depend only on name and time."""
    chance = random.Random(f"{SEED} {series.text} {since_s}")
    span = series.high - series.low
    for at_s in _moments(series, since_s, until_s, end_s):
        if series.is_counter:
            value = f"{at_s - 1.7e9:.0f}"
        elif series.is_state:
            value = "0" if chance.random() > DOWN_SHARE else f"{series.high:g}"
        else:
            value = f"{series.low + span * chance.random():.4g}"
        yield f"{series.text} {value} {at_s}\n"


def _moments(
    series: GeneratedSeries, since_s: float, until_s: float, end_s: float
) -> Iterator[int]:
    at_s = int(since_s // series.every_s + 1) * series.every_s
    while at_s < until_s:
        yield at_s
        is_recent = at_s >= end_s - RECENT_S and series.every_s == MEASURED_EVERY_S
        at_s += RECENT_EVERY_S if is_recent else series.every_s


def all_series() -> Iterator[GeneratedSeries]:
    """Yield every series of the city."""
    names = _asked_names()
    for number, commune in enumerate(bundled_communes()):
        site = f"site-{commune.code}"
        place = {"commune": commune.code, "site": site}
        yield from _recorded_of_site(place)
        for service in SERVICES:
            yield from _verdict(place | {"target": service})
        for medium, offset in (("fiber", 0), ("5g", 1)):
            carrier = CARRIERS[(number + offset) % len(CARRIERS)]
            link = "fixed" if medium == "fiber" else "mobile"
            labels = place | {"link": link, "medium": medium, "carrier": carrier}
            yield from _verdict(labels)
            yield from _recorded_of_link(labels)
            yield from _measured(labels, names, is_mobile=medium == "5g")
        yield _series(
            recording_rules.COMMUNE_NAME, {"commune": commune.code} | _named(commune.name)
        )
    for carrier in CARRIERS:
        for medium in ("fiber", "5g"):
            labels = {"carrier": carrier, "medium": medium}
            yield _series(recording_rules.CARRIER_LINKS, labels, 84, 84)
            yield _series(recording_rules.CARRIER_DOWN, labels, 0, 3)


def _asked_names() -> set[str]:
    """Return every metric name that a committed board queries."""
    boards = Path(__file__).resolve().parents[1] / "dashboards" / "out" / "en"
    return {
        name
        for board in boards.glob("*.json")
        for name in _NAME.findall(board.read_text(encoding="utf-8"))
    }


def _named(name: str) -> dict[str, str]:
    return {"commune_name": name}


def _series(
    name: str, labels: dict[str, str], low: float = 1.0, high: float = 1.0
) -> GeneratedSeries:
    return GeneratedSeries(text=_text(name, labels), every_s=STATE_EVERY_S, low=low, high=high)


def _verdict(labels: dict[str, str]) -> Iterator[GeneratedSeries]:
    for name, high in (("state_number", 2.0), ("segment_number", 3.0)):
        text = _text(f"thongsuot_verdict_{name}", labels)
        yield GeneratedSeries(text=text, every_s=STATE_EVERY_S, low=0.0, high=high, is_state=True)


def _recorded_of_site(labels: dict[str, str]) -> Iterator[GeneratedSeries]:
    yield _series(recording_rules.SITE_STATE, labels, 0, 0)
    yield _series(recording_rules.COMMUNE_STATE, {"commune": labels["commune"]}, 0, 0)


def _recorded_of_link(labels: dict[str, str]) -> Iterator[GeneratedSeries]:
    yield _series(recording_rules.LINK_RTT, labels, 0.002, 0.03)
    yield _series(recording_rules.LINK_LOSS, labels, 0.0, 0.02)


def _measured(
    labels: dict[str, str], names: set[str], *, is_mobile: bool
) -> Iterator[GeneratedSeries]:
    for kind_name in catalogue.kinds():
        kind = catalogue.load(kind_name)
        if kind_name == "verdict" or (kind_name in MOBILE_KINDS and not is_mobile):
            continue
        sampled: list[Sampled] = [(kind.success_name, None)]
        sampled += [(metric.full_name, metric) for metric in kind.metrics]
        for name, metric in sampled:
            if name not in names:
                continue
            low, high = _bounds(metric)
            for target in TARGETS.get(kind_name, ("",)):
                yield GeneratedSeries(
                    text=_text(name, labels | {"target": target}),
                    every_s=MEASURED_EVERY_S,
                    low=low,
                    high=high,
                    is_counter=metric is not None and metric.type is MetricType.COUNTER,
                )


def _bounds(metric: Metric | None) -> tuple[float, float]:
    if metric is None:
        return 1.0, 1.0
    low = 0.0 if metric.minimum is None else metric.minimum
    return low, low + 1.0 if metric.maximum is None else metric.maximum


def _text(name: str, labels: dict[str, str]) -> str:
    inside = ",".join(f'{label}="{value}"' for label, value in labels.items() if value)
    return f"{name}{{{inside}}}"
