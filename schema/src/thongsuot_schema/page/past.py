"""Past: the history of each light beyond the last 24 hours, folded on the page of a site. Pure."""

from collections.abc import Callable, Iterable, Sequence

import msgspec

from thongsuot_schema.line_rollup import LineRollup
from thongsuot_schema.page import labels
from thongsuot_schema.page.availability import weeks_and_months
from thongsuot_schema.page.line_chart import period_chart
from thongsuot_schema.page.periods import SCALES, ChartPeriod
from thongsuot_schema.view import SiteView, StateStretch
from thongsuot_schema.words.language import Language
from thongsuot_schema.words.titles import subject_title


class SitePast(msgspec.Struct, frozen=True, kw_only=True):
    """
    The stored history of a site: ``stretches`` returns the states of a link and a service (one of
    them empty), ``rollups`` delay and loss of a link in the period that is shown, with their starts
    (Unix seconds). ``chosen`` is the period that a reader has selected; ``None``: none, and the day
    is shown when they unfold it.
    """

    stretches: Callable[[str, str], Sequence[StateStretch]]
    rollups: Callable[[str], Iterable[tuple[int, LineRollup]]]
    chosen: ChartPeriod | None = None


def past_parts(view: SiteView, past: SitePast, language: Language) -> dict[tuple[str, bool], str]:
    """
    Return the past of each light as markup to be added to it (``render.PageRemarks``): a week and a
    month of its states, and of a link the chart of a period. A light without a past gets nothing.
    """
    parts = {}
    period = past.chosen or ChartPeriod.DAY
    unfolded = " open" if past.chosen else ""
    for at, link in enumerate(view.links):
        history, rollups = past.stretches(link.name, ""), list(past.rollups(link.name))
        if not (history or rollups):
            continue
        pictures = weeks_and_months(
            history, link, key=f"l{at}", now_s=view.now_s, language=language
        )
        chart = period_chart(
            subject_title(link, language),
            rollups,
            period,
            key=f"l{at}c",
            now_s=view.now_s,
            language=language,
        )
        parts[link.name, True] = (
            f'<details id="l{at}x"{unfolded}><summary>{labels.CHART_MORE.read(language)}</summary>'
            f"{pictures}{_period_choice(period, language)}{chart}</details>"
        )
    for at, service in enumerate(view.services):
        history = past.stretches("", service.name)
        if history:
            pictures = weeks_and_months(
                history, service, key=f"s{at}", now_s=view.now_s, language=language
            )
            title = labels.AVAILABILITY_PERIODS.read(language)
            parts[service.name, False] = (
                f'<details id="s{at}x"><summary>{title}</summary>{pictures}</details>'
            )
    return parts


def _period_choice(chosen: ChartPeriod, language: Language) -> str:
    links = []
    for period in ChartPeriod:
        current = ' aria-current="true"' if period is chosen else ""
        url = f"?lang={language}&amp;period={period.value}"
        links.append(f'<a href="{url}"{current}>{SCALES[period].name.read(language)}</a>')
    name = labels.CHART_CHOICE.read(language)
    return f'<div class="periods" role="group" aria-label="{name}">{"".join(links)}</div>'
