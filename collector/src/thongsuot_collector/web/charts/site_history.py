"""
Site history: the history of each light on the page of a site, in addition to the last 24 hours.
"""

import asyncio
from collections.abc import Mapping
from typing import Final

from sqlalchemy import Engine

from thongsuot_collector.queries.site_history import site_stretches
from thongsuot_collector.state.consumer import StateConsumer
from thongsuot_collector.state.line_rollups import split_key
from thongsuot_collector.state.rollup_rows import load_rollups
from thongsuot_collector.timeline.subject import Subject
from thongsuot_schema.line_rollup import LineRollup
from thongsuot_schema.page.past import SitePast, past_parts
from thongsuot_schema.page.periods import SCALES, ChartPeriod
from thongsuot_schema.page.render import LightKey
from thongsuot_schema.view import SiteView
from thongsuot_schema.words.language import Language

_MONTH_S: Final = 31 * 86_400

SiteRollups = Mapping[str, list[tuple[int, LineRollup]]]


class SiteHistory:
    """Charts of the history of a site's lights, from the store and data that is not in it yet."""

    def __init__(self, store: Engine, states: StateConsumer) -> None:
        self._store = store
        self._states = states

    async def parts(
        self, view: SiteView, chosen: ChartPeriod | None, language: Language
    ) -> dict[LightKey, str]:
        """
        Return markup to be added to each light: seven and thirty days, and for a link the chart of
        a period: open if the reader has chosen one, otherwise of the day.
        """
        scale = SCALES[chosen or ChartPeriod.DAY]
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
        past = SitePast(
            stretches=lambda link, service: stretches.get(Subject(view.site, link, service), ()),
            rollups=lambda link: rollups[link],
            chosen=chosen,
        )
        return past_parts(view, past, language)

    async def rollups(
        self, site: str, links: list[str], *, length_s: int, from_s: float, until_s: float
    ) -> SiteRollups:
        """
        Return the rollups of links in a period, including those that are not in the store yet.
        """
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
