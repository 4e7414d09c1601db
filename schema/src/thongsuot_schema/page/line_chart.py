"""
The chart of a link: delay as Smokeping draws it (the median in the smoke of its distribution), and
loss below. Pure.

Everything is in a stretched coordinate system of one unit per slot; marks and figures are placed
over it in pixels, so that none of them is distorted.
"""

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from thongsuot_schema.line_rollup import LineRollup, slots
from thongsuot_schema.page import labels
from thongsuot_schema.page.escape import escape
from thongsuot_schema.page.periods import SCALES, ChartPeriod, marks
from thongsuot_schema.words.dates import relative_moment
from thongsuot_schema.words.figures import duration, milliseconds, percent
from thongsuot_schema.words.language import Language

_HEIGHT: Final = 100
_LOSS_TOP: Final = 108
_LOSS_HEIGHT: Final = 26
_LOSS_FULL: Final = 0.1
"""A loss of a tenth fills the strip: with more, nobody can work."""
_OUTLIER: Final = 6
"""Slots above this multiple of the usual delay are cut at the top, so that others stay visible."""
_STEPS: Final = (1, 2, 3, 4, 5, 6, 8, 10)


class ChartFrame(msgspec.Struct, frozen=True, kw_only=True):
    """
    The place of a chart: its subject, a key that makes its ids unique, the time of its first slot,
    how long each is, and the marks of its axis. ``moments`` are drawn as lines (Unix seconds): when
    an incident opened and closed.
    """

    title: str
    key: str
    start_s: float
    slot_s: int
    now_s: float
    marks: Sequence[tuple[float, str]]
    moments: Sequence[float] = ()


def line_chart(drawn: Sequence[LineRollup | None], frame: ChartFrame, language: Language) -> str:
    """Return the chart as inline SVG with its text; only the text if nothing was measured."""
    words = f'<p class="sum" id="{frame.key}d">{escape(chart_sentence(drawn, frame, language))}</p>'
    if not any(drawn):
        return words
    top_s = _top_s(drawn)
    return (
        f'<svg class="chart" role="img" aria-labelledby="{frame.key}t" '
        f'aria-describedby="{frame.key}d"><title id="{frame.key}t">{escape(frame.title)}</title>'
        f"{_grid()}"
        f'<svg width="100%" height="{_HEIGHT}" viewBox="0 0 {len(drawn)} {_HEIGHT}" '
        f'preserveAspectRatio="none">{_delay(drawn, top_s)}</svg>'
        f'<svg width="100%" y="{_LOSS_TOP}" height="{_LOSS_HEIGHT}" '
        f'viewBox="0 0 {len(drawn)} {_LOSS_HEIGHT}" preserveAspectRatio="none">'
        f"{_loss(drawn)}</svg>{_scales(top_s, language)}"
        f"{_axis(frame, len(drawn), language)}</svg>{words}"
    )


def period_chart(
    title: str,
    rollups: Iterable[tuple[int, LineRollup]],
    period: ChartPeriod,
    *,
    key: str,
    now_s: float,
    language: Language,
) -> str:
    """
    Return the chart of a period, with its title and legend; ``rollups`` are those of the period,
    with their starts (Unix seconds).
    """
    scale = SCALES[period]
    start_s = scale.start_s(now_s)
    frame = ChartFrame(
        title=labels.CHART_LINE.read(language, title=title, period=scale.name.read(language)),
        key=key,
        start_s=start_s,
        slot_s=scale.slot_s,
        now_s=now_s,
        marks=marks(start_s, scale.span_s, mark_s=scale.mark_s, label_every=scale.label_every),
    )
    drawn = line_chart(
        slots(rollups, start_s=start_s, length_s=scale.slot_s, count=scale.count), frame, language
    )
    legend = labels.CHART_KEY.read(language)
    return f'<h4>{escape(frame.title)}</h4>{drawn}<p class="sum">{legend}</p>'


def chart_sentence(
    slots: Sequence[LineRollup | None], frame: ChartFrame, language: Language
) -> str:
    """Return the chart as text: usual and long delay, mean and worst loss."""
    total = LineRollup()
    for rollup in slots:
        if rollup is not None:
            total.add(rollup)
    if not total.runs:
        return labels.CHART_NO_DELAY.read(language)
    median_s, long_s = total.quantile_s(0.5), total.quantile_s(0.9)
    if median_s is None or long_s is None:
        return labels.CHART_SILENT.read(language)
    parts = [
        labels.CHART_DELAY.read(
            language, median=milliseconds(median_s, language), long=milliseconds(long_s, language)
        )
    ]
    if not total.lost:
        return f"{parts[0]} {labels.CHART_NO_LOSS.read(language)}"
    parts.append(labels.CHART_LOSS.read(language, mean=percent(total.loss_ratio, language)))
    worst, at = max(
        (rollup.loss_ratio, -place) for place, rollup in enumerate(slots) if rollup is not None
    )
    when = relative_moment(frame.start_s - at * frame.slot_s, frame.now_s, language)
    length = duration(frame.slot_s, language)
    loss = percent(worst, language)
    parts.append(labels.CHART_WORST.read(language, loss=loss, length=length, when=when))
    return " ".join(parts)


def _top_s(slots: Sequence[LineRollup | None]) -> float:
    """Return the delay at the top of the chart: a round number of milliseconds."""
    longs = sorted(
        long_s
        for rollup in slots
        if rollup is not None and (long_s := rollup.quantile_s(0.9)) is not None
    )
    if not longs:
        return 0.01
    usual = longs[len(longs) // 2]
    wanted_ms = min(longs[-1], usual * _OUTLIER) * 1000
    size = 0.01
    while size * 10 < wanted_ms:
        size *= 10
    return next(step * size for step in _STEPS if step * size >= wanted_ms * 0.999) / 1000


def _delay(slots: Sequence[LineRollup | None], top_s: float) -> str:
    def height(delay_s: float | None) -> int | None:
        return None if delay_s is None else round(_HEIGHT * (1 - min(1.0, delay_s / top_s)))

    def heights(share: float) -> list[int | None]:
        return [height(None if slot is None else slot.quantile_s(share)) for slot in slots]

    outer = _band(heights(0.9), heights(0.1))
    inner = _band(heights(0.75), heights(0.25))
    return (
        f'<path class="smoke" d="{outer}"/><path class="smoke" d="{inner}"/>'
        f'<path class="median" d="{_line(heights(0.5))}"/>'
    )


def _runs(heights: Sequence[int | None]) -> list[tuple[int, list[int]]]:
    """Return the runs of known values: the first slot of each run, and its heights."""
    runs: list[tuple[int, list[int]]] = []
    for at, height in enumerate(heights):
        if height is None:
            continue
        if runs and runs[-1][0] + len(runs[-1][1]) == at:
            runs[-1][1].append(height)
        else:
            runs.append((at, [height]))
    return runs


def _line(heights: Sequence[int | None]) -> str:
    return "".join(f"M{first} {run[0]}{_steps(run, 1)}" for first, run in _runs(heights))


def _band(upper: Sequence[int | None], lower: Sequence[int | None]) -> str:
    """Return the area between two lines that are known at the same places."""
    return "".join(
        f"M{first} {above[0]}{_steps(above, 1)}V{below[-1]}{_steps(below[::-1], -1)}Z"
        for (first, above), (_, below) in zip(_runs(upper), _runs(lower), strict=True)
    )


def _steps(run: Sequence[int], direction: int) -> str:
    """Return a step function from the height of the first on, with equal ones as one step."""
    parts: list[str] = []
    length, current = 0, run[0]
    for height in run:
        if height != current:
            parts.append(f"h{length * direction}V{height}")
            length, current = 0, height
        length += 1
    return "".join((*parts, f"h{length * direction}"))


def _loss(slots: Sequence[LineRollup | None]) -> str:
    bars = []
    for at, slot in enumerate(slots):
        if slot is not None and slot.lost:
            share = min(1.0, slot.loss_ratio / _LOSS_FULL)
            rise = max(2, round(_LOSS_HEIGHT * share))
            bars.append(f"M{at} {_LOSS_HEIGHT}v-{rise}h1v{rise}z")
    return f'<path class="lost" d="{"".join(bars)}"/>' if bars else ""


def _grid() -> str:
    return "".join(
        f'<line class="grid" x2="100%" y1="{y}" y2="{y}"/>'
        for y in (0, _HEIGHT // 2, _HEIGHT, _LOSS_TOP + _LOSS_HEIGHT)
    )


def _scales(top_s: float, language: Language) -> str:
    top = milliseconds(top_s, language)
    half = milliseconds(top_s / 2, language)
    loss = labels.CHART_LOSS_AXIS.read(language, full=percent(_LOSS_FULL, language))
    return (
        f'<text class="axis" x="2" y="12">{escape(top)}</text>'
        f'<text class="axis" x="2" y="{_HEIGHT // 2 + 12}">{escape(half)}</text>'
        f'<text class="axis" x="2" y="{_LOSS_TOP + 12}">{escape(loss)}</text>'
    )


def _axis(frame: ChartFrame, count: int, language: Language) -> str:
    bottom = _LOSS_TOP + _LOSS_HEIGHT
    parts = []
    for share, label in frame.marks:
        x = f"{share * 100:.2f}%"
        length = 5 if label else 3
        parts.append(f'<line class="tick" x1="{x}" x2="{x}" y1="{bottom}" y2="{bottom + length}"/>')
        if label:
            parts.append(f'<text class="hour" x="{x}" y="{bottom + 16}">{label}</text>')
    for moment_s in frame.moments:
        share = (moment_s - frame.start_s) / (frame.slot_s * count)
        if 0 < share < 1:
            x = f"{share * 100:.2f}%"
            title = escape(relative_moment(moment_s, frame.now_s, language))
            parts.append(
                f'<line class="mark" x1="{x}" x2="{x}" y1="0" y2="{bottom}">'
                f"<title>{title}</title></line>"
            )
    return "".join(parts)
