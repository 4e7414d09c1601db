"""Availability: the states of a light by the hour of a week and by the day of a month. Pure."""

from collections.abc import Sequence
from typing import Final

from thongsuot_schema.page import labels
from thongsuot_schema.page.escape import escape
from thongsuot_schema.page.history import bar_paths, cells, outage_totals
from thongsuot_schema.page.periods import PERIOD_NAMES, ChartPeriod, marks
from thongsuot_schema.state import State
from thongsuot_schema.view import StateStretch, SubjectView
from thongsuot_schema.words.dates import VIETNAM_OFFSET_S
from thongsuot_schema.words.figures import duration
from thongsuot_schema.words.language import Language, Text
from thongsuot_schema.words.states import LINK_STATES, SERVICE_STATES
from thongsuot_schema.words.titles import subject_title

_HOUR_S: Final = 3600
_DAY_S: Final = 86_400
_MISSING_SHARE: Final = 0.01
"""A smaller part of a period without any record is not mentioned."""

_CELLS: Final = {ChartPeriod.WEEK: (_HOUR_S, 168), ChartPeriod.MONTH: (_DAY_S, 30)}
"""The length of one bar, and the number of bars."""


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
    # Bars are hours and days of Vietnam's clock; the last one is in progress.
    end_s = ((int(now_s) + VIETNAM_OFFSET_S) // cell_s + 1) * cell_s - VIETNAM_OFFSET_S
    span_s = cell_s * count
    states = cells(history, end_s, span_s=span_s, count=count)
    heading = labels.AVAILABILITY_PICTURE.read(language, title=title, period=PERIOD_NAMES[period])
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
    """Return a history in words: number and length of outages, time slow or unknown."""
    cell_s, count = _CELLS[period]
    span_s = cell_s * count
    sums = outage_totals(history, now_s, span_s)
    name = PERIOD_NAMES[period].read(language)
    if sums.missing_s >= span_s:
        return f"{name}: {labels.AVAILABILITY_NO_RECORD.read(language)}"
    words = LINK_STATES if is_link else SERVICE_STATES
    parts = []
    if sums.count:
        parts.append(
            labels.AVAILABILITY_OUTAGES.read(
                language,
                sums.count,
                state=words[State.DOWN],
                total=duration(sums.down_s, language),
            )
        )
    if sums.degraded_s:
        parts.append(_lasted(words[State.DEGRADED], sums.degraded_s, language))
    if not parts:
        parts.append(labels.AVAILABILITY_NO_OUTAGE.read(language))
    if sums.missing_s > span_s * _MISSING_SHARE:
        parts.append(_lasted(LINK_STATES[State.UNKNOWN], sums.missing_s, language))
    return f"{name}: {' · '.join(parts)}"


def weeks_and_months(
    history: Sequence[StateStretch],
    light: SubjectView,
    *,
    key: str,
    now_s: float,
    language: Language,
) -> str:
    """Return the pictures of a light's last week and month."""
    return "".join(
        availability_picture(
            history,
            period,
            subject_title(light, language),
            key=f"{key}{period.value}",
            now_s=now_s,
            is_link=bool(light.medium),
            language=language,
        )
        for period in (ChartPeriod.WEEK, ChartPeriod.MONTH)
    )


def _lasted(state: Text, seconds: float, language: Language) -> str:
    total = duration(seconds, language)
    return labels.AVAILABILITY_LASTED.read(language, state=state, total=total)


def _marks(start_s: float, span_s: float, period: ChartPeriod) -> str:
    label_every = 1 if period is ChartPeriod.WEEK else 7
    parts = []
    for share, label in marks(start_s, span_s, mark_s=_DAY_S, label_every=label_every):
        x = f"{share * 100:.2f}%"
        parts.append(f'<line class="tick" x1="{x}" x2="{x}" y1="0" y2="{28 if label else 26}"/>')
        if label:
            parts.append(f'<text class="hour" x="{x}" y="39">{label}</text>')
    return "".join(parts)
