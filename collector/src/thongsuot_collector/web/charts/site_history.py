"""Site history: what the page of a site shows of each light beside the last 24 hours."""

import asyncio
from collections.abc import Mapping
from typing import Final

from sqlalchemy import Engine

from thongsuot_collector.queries.site_history import site_stretches
from thongsuot_collector.state.consumer import StateConsumer
from thongsuot_collector.state.line_rollups import LineRollup, slots, split_key
from thongsuot_collector.state.rollup_rows import load_rollups
from thongsuot_collector.timeline.subject import Subject
from thongsuot_collector.web.charts import labels
from thongsuot_collector.web.charts.line_chart import ChartFrame, line_chart
from thongsuot_collector.web.charts.periods import SCALES
from thongsuot_schema.page import labels as page_labels
from thongsuot_schema.page.availability import weeks_and_months
from thongsuot_schema.page.escape import escape
from thongsuot_schema.page.periods import ChartPeriod, marks
from thongsuot_schema.page.render import LightKey
from thongsuot_schema.view import SiteView
from thongsuot_schema.words.language import Language
from thongsuot_schema.words.titles import subject_title

_MONTH_S: Final = 31 * 86_400

SiteRollups = Mapping[str, list[tuple[int, LineRollup]]]


class SiteHistory:
    """Pictures of the past of a site's lights, from the store and what is not in it yet."""

    def __init__(self, store: Engine, states: StateConsumer) -> None:
        self._store = store
        self._states = states

    async def parts(
        self, view: SiteView, chosen: ChartPeriod | None, language: Language
    ) -> dict[LightKey, str]:
        """
        Return markup to be added to each light: seven and thirty days, and of a link the chart of
        a period: open where somebody has chosen one, of the day otherwise.
        """
        period = chosen or ChartPeriod.DAY
        opened = " open" if chosen else ""
        scale = SCALES[period]
        stretches = await asyncio.to_thread(
            site_stretches,
            self._store,
            view.site,
            from_s=view.now_s - _MONTH_S,
            now_s=view.now_s,
        )
        rollups = await self.rollups(
            view.site,
            [link.name for link in view.links],
            length_s=scale.length_s,
            from_s=scale.start_s(view.now_s),
            until_s=view.now_s,
        )
        parts: dict[LightKey, str] = {}
        for at, link in enumerate(view.links):
            history = stretches.get(Subject(view.site, link.name), ())
            pictures = weeks_and_months(
                history, link, key=f"l{at}", now_s=view.now_s, language=language
            )
            chart = _chart(
                subject_title(link, language),
                rollups[link.name],
                period,
                key=f"l{at}c",
                now_s=view.now_s,
                language=language,
            )
            parts[link.name, True] = (
                f'<details id="l{at}x"{opened}><summary>{labels.MORE.read(language)}</summary>'
                f"{pictures}{_period_choice(period, language)}{chart}</details>"
            )
        for at, service in enumerate(view.services):
            history = stretches.get(Subject(view.site, service=service.name), ())
            pictures = weeks_and_months(
                history, service, key=f"s{at}", now_s=view.now_s, language=language
            )
            name = page_labels.AVAILABILITY_PERIODS.read(language)
            parts[service.name, False] = (
                f'<details id="s{at}x"><summary>{name}</summary>{pictures}</details>'
            )
        return parts

    async def rollups(
        self, site: str, links: list[str], *, length_s: int, from_s: float, until_s: float
    ) -> SiteRollups:
        """Return the rollups of links in a time, with those that are not in the store yet."""
        loaded = await asyncio.to_thread(
            load_rollups,
            self._store,
            site,
            links,
            length_s=length_s,
            from_s=int(from_s),
            until_s=int(until_s),
        )
        state = self._states.sites.get(site)
        for key, rollup in () if state is None else state.rollups.items():
            link, start_s = split_key(key)
            if link in loaded and from_s <= start_s < until_s:
                loaded[link].append((start_s, rollup))
        return loaded


def _period_choice(chosen: ChartPeriod, language: Language) -> str:
    links = []
    for period in ChartPeriod:
        current = ' aria-current="true"' if period is chosen else ""
        url = f"?lang={language}&amp;period={period.value}"
        links.append(f'<a href="{url}"{current}>{SCALES[period].name.read(language)}</a>')
    name = labels.CHOICE.read(language)
    return f'<div class="periods" role="group" aria-label="{name}">{"".join(links)}</div>'


def _chart(
    title: str,
    rollups: list[tuple[int, LineRollup]],
    period: ChartPeriod,
    *,
    key: str,
    now_s: float,
    language: Language,
) -> str:
    scale = SCALES[period]
    start_s = scale.start_s(now_s)
    frame = ChartFrame(
        title=labels.LINE.read(language, title=title, period=scale.name.read(language)),
        key=key,
        start_s=start_s,
        slot_s=scale.slot_s,
        now_s=now_s,
        marks=marks(start_s, scale.span_s, mark_s=scale.mark_s, label_every=scale.label_every),
    )
    drawn = line_chart(
        slots(rollups, start_s=start_s, length_s=scale.slot_s, count=scale.count), frame, language
    )
    legend = labels.KEY.read(language)
    return f'<h4>{escape(frame.title)}</h4>{drawn}<p class="sum">{legend}</p>'
