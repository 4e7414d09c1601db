"""
The first page: everything that needs action, and the worst points; at most one screen.

Everything else is a list, one click away. A search, or a visitor of one commune, gets the points
themselves.
"""

import asyncio
from collections.abc import Sequence
from typing import Final

from sqlalchemy import Engine

from thongsuot_collector.correlation.proposed_work import load_pending
from thongsuot_collector.incidents.fault import NS_PER_S
from thongsuot_collector.incidents.proposed_work import ProposedWork
from thongsuot_collector.queries.city import CityState
from thongsuot_collector.queries.incidents import summary
from thongsuot_collector.queries.scope import WHOLE_CITY
from thongsuot_collector.queries.sites import site_records
from thongsuot_collector.web import labels as site_labels
from thongsuot_collector.web.access import Visitor
from thongsuot_collector.web.demonstration import generated_note
from thongsuot_collector.web.desk import labels as desk_labels
from thongsuot_collector.web.desk.work import HOME
from thongsuot_collector.web.home import labels
from thongsuot_collector.web.home.proposals import proposal_item
from thongsuot_collector.web.incident.reader import PageReader
from thongsuot_collector.web.layout import Frame, render
from thongsuot_collector.web.lists.cells import ListReader, shared_prefix
from thongsuot_collector.web.lists.routes import city_links
from thongsuot_collector.web.live.element import live_element
from thongsuot_collector.web.live.topics import WALL
from thongsuot_collector.web.sites_page import (
    REFRESH_S,
    SiteRow,
    counts,
    sites_page,
    worst_first,
    worst_state,
)
from thongsuot_collector.web.wall.content import by_urgency
from thongsuot_collector.web.wall.page import Counter, counters, work_item
from thongsuot_schema.state import State
from thongsuot_schema.words.language import Text, capitalised

WORK_SHOWN: Final = 4
PROPOSALS_SHOWN: Final = 3
POINTS_SHOWN: Final = 4


class HomePage:
    """
    The first page.

    ``store`` has the work proposed by carriers; ``documentation_url`` is that of the documentation,
    if there is one.
    """

    def __init__(self, city: CityState, store: Engine, documentation_url: str = "") -> None:
        self._city = city
        self._store = store
        self._documentation_url = documentation_url

    async def text(
        self, rows: Sequence[SiteRow], visitor: Visitor, reader: PageReader, *, query: str
    ) -> str:
        """Return the whole page; ``rows`` are the visible points that match the search."""
        links = city_links(visitor, reader, "")
        if visitor.sees_all and not query:
            now_ns = round(reader.now_s * NS_PER_S)
            pending = await asyncio.to_thread(load_pending, self._store, now_ns)
            return self._home(rows, pending, visitor, reader, links)
        return sites_page(rows, language=reader.language, query=query, links=links)

    def _home(
        self,
        rows: Sequence[SiteRow],
        pending: Sequence[ProposedWork],
        visitor: Visitor,
        page: PageReader,
        links: Sequence[tuple[str, Text, bool]],
    ) -> str:
        city, language = self._city, page.language
        titles = [site.title for site in city.directory.sites.values() if site.title]
        reader = ListReader(page, city.directory, shared_prefix(titles))
        incidents = by_urgency(city.leading_incidents())
        more = len(incidents) - WORK_SHOWN
        unwell = [row for row in worst_first(rows) if row.state is not State.UP]
        frame = Frame(
            title=site_labels.TITLE.read(language),
            state=worst_state(rows),
            url_in=lambda other: f"/?lang={other}",
            place=counts(rows, language),
            refresh_s=REFRESH_S,
            is_wide=True,
            live=live_element(WALL),
            note=generated_note(city.generated_until_s, page),
        )
        content = {
            "labels": labels,
            "site_labels": site_labels,
            "links": links,
            "counters": [
                *_pending_counter(len(pending), page),
                *counters(summary(city, site_records(city, WHOLE_CITY)), reader),
            ],
            "proposals": [
                proposal_item(work, city.directory, visitor, page)
                for work in pending[:PROPOSALS_SHOWN]
            ],
            "confirmed_from": HOME,
            "desk_labels": desk_labels,
            "work": [work_item(incident, city, reader) for incident in incidents[:WORK_SHOWN]],
            "more_work": labels.MORE_WORK.read(language, count=more) if more > 0 else "",
            "incidents_url": f"{page.url('/incidents')}&status=open",
            "rows": [
                (row, capitalised((row.view.title or row.view.site).removeprefix(reader.prefix)))
                for row in unwell[:POINTS_SHOWN]
            ],
            "all_points": labels.ALL_POINTS.read(language, count=len(rows)),
            "sites_url": page.url("/sites"),
            "documentation_url": self._documentation_url,
        }
        return render("home", frame, language, content)


def _pending_counter(count: int, page: PageReader) -> list[Counter]:
    """Return the counter of proposed work waiting for the city; nothing if there is none."""
    return [(count, labels.PENDING_WORK, "down", page.url("/desk"))] if count else []
