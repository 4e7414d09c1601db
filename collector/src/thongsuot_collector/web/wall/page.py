"""The page of the wall. Pure."""

from collections.abc import Sequence
from typing import Final
from urllib.parse import urlencode

import msgspec

from thongsuot_collector.incidents.fault import NS_PER_S
from thongsuot_collector.incidents.incident import Incident
from thongsuot_collector.notify.render import text
from thongsuot_collector.notify.render.names import owner_name
from thongsuot_collector.queries.city import CityState
from thongsuot_collector.queries.incidents import turn_of
from thongsuot_collector.queries.records import CitySummary
from thongsuot_collector.queries.selection import Selection
from thongsuot_collector.web.demonstration import generated_note
from thongsuot_collector.web.layout import Frame, render
from thongsuot_collector.web.lists.cells import ListReader, value_word
from thongsuot_collector.web.lists.labels import (
    COLUMN_AREA,
    COLUMN_CARRIER,
    COLUMN_MEDIUM,
    COLUMN_SEGMENT,
    COLUMN_STATE,
    TURNS,
)
from thongsuot_collector.web.live.element import live_element
from thongsuot_collector.web.live.topics import WALL
from thongsuot_collector.web.wall import labels
from thongsuot_collector.web.wall.content import WallContent, WallTile
from thongsuot_schema.state import State
from thongsuot_schema.words.dates import local
from thongsuot_schema.words.figures import percent
from thongsuot_schema.words.language import Text

REFRESH_S: Final = 10
SHOWN: Final = 7
"""Incidents beside the tiles; the others are in their list."""

_NIGHT_FROM, _NIGHT_UNTIL = 19, 6
"""The hours in which the big screen is dimmed."""

_FIELDS: Final[dict[str, Text]] = {
    "carrier": COLUMN_CARRIER,
    "medium": COLUMN_MEDIUM,
    "segment": COLUMN_SEGMENT,
    "state": COLUMN_STATE,
    "area": COLUMN_AREA,
}


Counter = tuple[int, Text, str, str]
"""Number, text, colour, and the URL of its list."""

WorkItem = tuple[str, str, str, list[str]]
"""An incident: colour, URL, headline, and the facts below it."""


class Chip(msgspec.Struct, frozen=True, kw_only=True):
    """One filter value: its link, and whether it is chosen."""

    text: str
    url: str
    is_chosen: bool


def wall_page(
    content: WallContent,
    selection: Selection,
    city: CityState,
    reader: ListReader,
    links: Sequence[tuple[str, Text, bool]],
    *,
    is_screen: bool,
) -> str:
    """Return the whole page; for a big screen without interactive elements."""
    language, now = reader.page.language, local(reader.page.now_s)
    figures = content.figures
    states = [state for tile in content.tiles for state in (tile.fixed, tile.mobile) if state]
    frame = Frame(
        title=labels.TITLE.read(language, count=len(content.tiles)),
        state=State.DOWN if State.DOWN in states else State.UP,
        url_in=lambda other: _url(selection, other, is_screen=is_screen),
        home_url=reader.page.url("/"),
        refresh_s=REFRESH_S,
        is_wide=True,
        is_dark=is_screen,
        is_dimmed=is_screen and not _NIGHT_UNTIL <= now.hour < _NIGHT_FROM,
        live=live_element(WALL),
        note=generated_note(city.generated_until_s, reader.page),
    )
    ratio = figures.whole / figures.installed if figures.installed else None
    return render(
        "wall",
        frame,
        language,
        {
            "labels": labels,
            "links": [] if is_screen else links,
            "is_screen": is_screen,
            "screen_url": _url(selection, language, is_screen=not is_screen),
            "made": labels.MADE.read(language, clock=now.strftime("%H:%M:%S")),
            "ratio": "–" if ratio is None else percent(ratio, language),
            "whole": f"{figures.whole}/{figures.installed}",
            "counters": counters(content.figures, reader),
            "chips": [] if is_screen else _chips(content, selection, reader),
            "tiles": [
                (tile, _tile_label(tile, reader), _tile_url(tile, reader)) for tile in content.tiles
            ],
            "work": [work_item(incident, city, reader) for incident in content.incidents[:SHOWN]],
            "more": _more(content, reader),
            "more_url": f"{reader.page.url('/incidents')}&status=open",
            "carriers": [reader.carrier(name) for name in content.carriers],
            "matrix": [] if is_screen else content.matrix,
        },
    )


def counters(figures: CitySummary, reader: ListReader) -> list[Counter]:
    """Return the figures that need action."""

    def incidents(*turns: str) -> str:
        chosen = "".join(f"&turn={turn}" for turn in turns)
        return f"{reader.page.url('/incidents')}&status=open{chosen}"

    def sites(status: str) -> str:
        return f"{reader.page.url('/sites')}&status={status}"

    return [
        (figures.to_act, labels.TO_ACT, "down", incidents("city")),
        (figures.disputed, labels.DISPUTED, "degraded", incidents("dispute")),
        (figures.waiting_for_carriers, labels.WAITING_FOR_CARRIERS, "waits", incidents("carrier")),
        (
            figures.waiting_for_others,
            labels.WAITING_FOR_OTHERS,
            "waits",
            incidents("commune", "portal"),
        ),
        (figures.silent, labels.SILENT, "unknown", sites("silent")),
        (figures.not_installed, labels.NOT_INSTALLED, "unknown", sites("not-installed")),
    ]


def _chips(
    content: WallContent, selection: Selection, reader: ListReader
) -> list[tuple[Text, list[Chip]]]:
    rows = []
    for field, values in content.choices:
        chosen = selection.filters.get(field, ())
        chips = []
        for value in values:
            is_chosen = value in chosen
            left = tuple(other for other in chosen if other != value)
            after = {**selection.filters, field: left if is_chosen else (*chosen, value)}
            changed = msgspec.structs.replace(selection, filters=after)
            url = _url(changed, reader.page.language, is_screen=False)
            word = value_word(field, value, reader)
            chips.append(Chip(text=word, url=url, is_chosen=is_chosen))
        if chips:
            rows.append((_FIELDS[field], chips))
    return rows


def _tile_label(tile: WallTile, reader: ListReader) -> str:
    language = reader.page.language
    if not tile.count:
        return labels.EMPTY.read(language, name=tile.name)
    return labels.TILE.read(
        language,
        name=tile.name,
        fixed=_state_word(tile.fixed),
        mobile=_state_word(tile.mobile),
        whole=tile.whole,
        sites=tile.count,
    )


def _state_word(state: State | None) -> Text:
    return labels.NONE if state is None else labels.STATES[state]


def _tile_url(tile: WallTile, reader: ListReader) -> str:
    if tile.site:
        return reader.site_url(tile.site)
    return f"{reader.page.url('/sites')}&commune={tile.code}"


def work_item(incident: Incident, city: CityState, reader: ListReader) -> WorkItem:
    """Return an incident that needs action."""
    language, turn = reader.page.language, turn_of(incident)

    def clock(at_ns: int) -> str:
        return local(at_ns / NS_PER_S).strftime("%H:%M")

    taken, expected_ns = incident.acknowledgement, incident.expected_ns
    facts = [
        "" if turn is None else TURNS[turn].read(language),
        labels.SINCE.read(language, clock=clock(incident.opened_ns)),
        labels.UNACCEPTED.read(language)
        if taken is None
        else labels.ACCEPTED.read(
            language,
            name=owner_name(taken.owner, city.directory, language),
            clock=clock(taken.at_ns),
        ),
        labels.EXPECTED.read(language, clock=clock(expected_ns)) if expected_ns else "",
    ]
    title = text.headline_of(city.context_of(incident), language)
    return str(turn or ""), reader.incident_url(incident.id), title, [*filter(None, facts)]


def _more(content: WallContent, reader: ListReader) -> str:
    count = len(content.incidents) - SHOWN
    return labels.MORE.read(reader.page.language, count=count) if count > 0 else ""


def _url(selection: Selection, language: str, *, is_screen: bool) -> str:
    pairs = [(name, value) for name, values in selection.filters.items() for value in values]
    screen = [("screen", "1")] if is_screen else []
    return f"/wall?{urlencode([*pairs, *screen, ('lang', language)])}"
