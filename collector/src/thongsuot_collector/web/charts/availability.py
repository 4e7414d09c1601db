"""Availability: the states of a light by the hour of a week and by the day of a month. Pure."""

from collections.abc import Sequence
from typing import Final

from thongsuot_collector.web.charts import labels
from thongsuot_collector.web.charts.periods import SCALES, ChartPeriod, marks
from thongsuot_schema.page.escape import escape
from thongsuot_schema.page.history import bar_paths, cells, outage_totals
from thongsuot_schema.state import State
from thongsuot_schema.view import StateStretch
from thongsuot_schema.words.dates import VIETNAM_OFFSET_S
from thongsuot_schema.words.figures import duration
from thongsuot_schema.words.language import Language
from thongsuot_schema.words.states import LINK_STATES, SERVICE_STATES

_HOUR_S: Final = 3600
_DAY_S: Final = 86_400
_MISSING_SHARE: Final = 0.01
"""Less than this of a period without any record is not worth a word."""

_CELLS: Final = {ChartPeriod.WEEK: (_HOUR_S, 168), ChartPeriod.MONTH: (_DAY_S, 30)}
"""How long one bar is, and how many there are."""


def availability_picture(
    history: Sequence[StateStretch],
    period: ChartPeriod,
    title: str,
    *,
    key: str,
    now_s: float,
    is_link: bool,
    language: Language,
) -> str:
    """
    Return one bar an hour or a day as inline SVG, and below it the same in words; ``key`` makes
    its ids unique in the page.
    """
    cell_s, count = _CELLS[period]
    # Bars are hours and days of Vietnam's clock; the last is the one that goes on.
    end_s = ((int(now_s) + VIETNAM_OFFSET_S) // cell_s + 1) * cell_s - VIETNAM_OFFSET_S
    span_s = cell_s * count
    states = cells(history, end_s, span_s=span_s, count=count)
    heading = labels.PICTURE.read(language, title=title, period=SCALES[period].name)
    words = availability_sentence(history, period, now_s=now_s, is_link=is_link, language=language)
    return (
        f'<svg class="day" role="img" aria-labelledby="{key}t" aria-describedby="{key}d">'
        f'<title id="{key}t">{escape(heading)}</title>'
        '<rect width="100%" height="24" fill="url(#hatch)"/>'
        f'<svg width="100%" height="24" viewBox="0 0 {count} 12" preserveAspectRatio="none">'
        f"{bar_paths(states)}</svg>{_marks(end_s - span_s, span_s, period)}</svg>"
        f'<p class="sum" id="{key}d">{escape(words)}</p>'
    )


def availability_sentence(
    history: Sequence[StateStretch],
    period: ChartPeriod,
    *,
    now_s: float,
    is_link: bool,
    language: Language,
) -> str:
    """Return a history in words: how often and how long it was down, how long slow or unknown."""
    cell_s, count = _CELLS[period]
    span_s = cell_s * count
    sums = outage_totals(history, now_s, span_s)
    name = SCALES[period].name.read(language)
    if sums.missing_s >= span_s:
        return f"{name}: {labels.NO_RECORD.read(language)}"
    words = LINK_STATES if is_link else SERVICE_STATES
    parts = []
    if sums.count:
        parts.append(
            labels.OUTAGES.read(
                language,
                sums.count,
                state=words[State.DOWN],
                total=duration(sums.down_s, language),
            )
        )
    if sums.degraded_s:
        total = duration(sums.degraded_s, language)
        parts.append(labels.LASTED.read(language, state=words[State.DEGRADED], total=total))
    if not parts:
        parts.append(labels.NO_OUTAGE.read(language))
    if sums.missing_s > span_s * _MISSING_SHARE:
        total = duration(sums.missing_s, language)
        parts.append(labels.LASTED.read(language, state=LINK_STATES[State.UNKNOWN], total=total))
    return f"{name}: {' · '.join(parts)}"


def _marks(start_s: float, span_s: float, period: ChartPeriod) -> str:
    scale = SCALES[period]
    parts = []
    for share, label in marks(start_s, span_s, mark_s=scale.mark_s, label_every=scale.label_every):
        x = f"{share * 100:.2f}%"
        parts.append(f'<line class="tick" x1="{x}" x2="{x}" y1="0" y2="{28 if label else 26}"/>')
        if label:
            parts.append(f'<text class="hour" x="{x}" y="39">{label}</text>')
    return "".join(parts)
