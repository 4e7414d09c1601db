"""The content of the wall: tiles, figures, required actions, carriers by area. Pure."""

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from thongsuot_collector.incidents.incident import Incident
from thongsuot_collector.incidents.party import Severity
from thongsuot_collector.inventory.tiles import tiles
from thongsuot_collector.queries.city import CityState
from thongsuot_collector.queries.incidents import summary, turn_of
from thongsuot_collector.queries.records import CitySummary, LinkRecord, SiteStatus, Turn
from thongsuot_collector.queries.scope import WHOLE_CITY
from thongsuot_collector.queries.selection import Selection, select_records
from thongsuot_collector.queries.sites import link_records, site_records, worst
from thongsuot_schema.inventory.communes import NOWHERE, bundled_communes, own_name, sort_key
from thongsuot_schema.inventory.fields import MOBILE_MEDIA
from thongsuot_schema.state import State

FILTERS: Final = ("carrier", "medium", "segment", "state", "area")

_MOBILE: Final = frozenset(medium.value for medium in MOBILE_MEDIA)
_TURNS: Final = tuple(Turn)


class WallSite(msgspec.Struct, frozen=True, kw_only=True):
    """One point in a tile: its links of either kind, ``None`` if it has none, or no device."""

    fixed: State | None
    mobile: State | None


class WallTile(msgspec.Struct, frozen=True, kw_only=True):
    """One commune: its position, and its points."""

    code: str
    name: str
    row: int
    column: int
    sites: tuple[WallSite, ...]
    site: str
    """The only point of the commune; empty if there are more or none."""
    whole: int
    count: int

    @property
    def fixed(self) -> State | None:
        """The worst of the fixed links."""
        return worst(site.fixed for site in self.sites if site.fixed is not None)

    @property
    def mobile(self) -> State | None:
        """The worst of the mobile links."""
        return worst(site.mobile for site in self.sites if site.mobile is not None)


class MatrixCell(msgspec.Struct, frozen=True, kw_only=True):
    """
    The number of links of a carrier in an area, and of those that are up; ``state`` is the worst.
    """

    up: int
    total: int
    state: State | None


class WallContent(msgspec.Struct, frozen=True, kw_only=True):
    """
    All of it. ``incidents`` are those that need action, the worst first; ``choices`` the values of
    each filter field; ``matrix`` has one row per area, one column for each of ``carriers``.
    """

    figures: CitySummary
    tiles: tuple[WallTile, ...]
    incidents: tuple[Incident, ...]
    choices: tuple[tuple[str, tuple[str, ...]], ...]
    carriers: tuple[str, ...]
    matrix: tuple[tuple[str, tuple[MatrixCell, ...]], ...]


def wall_content(city: CityState, selection: Selection) -> WallContent:
    """Return the content of the wall for the selected links; figures are for the whole city."""
    sites = site_records(city, WHOLE_CITY)
    links = [
        link for link in link_records(city, WHOLE_CITY) if link.status is not SiteStatus.RETIRED
    ]
    chosen = [
        link
        for link in select_records(links, selection, searched=(), order="")
        if isinstance(link, LinkRecord)
    ]
    by_site: dict[str, list[LinkRecord]] = {}
    for link in chosen:
        by_site.setdefault(link.site, []).append(link)
    of_commune: dict[str, list[str]] = {}
    for site in sites:
        if site.status is not SiteStatus.RETIRED:
            of_commune.setdefault(site.commune, []).append(site.name)
    whole = {site.name for site in sites if site.is_whole}
    carriers = tuple(sorted({link.carrier for link in links if link.carrier}))
    return WallContent(
        figures=summary(city, sites),
        tiles=tuple(
            _tile(code, name, of_commune.get(code, []), by_site, whole)
            for code, name in _communes(city, of_commune)
        ),
        incidents=by_urgency(city.leading_incidents()),
        choices=tuple((field, _values(links, field)) for field in FILTERS),
        carriers=carriers,
        matrix=_matrix(chosen, carriers),
    )


def _communes(city: CityState, used: dict[str, list[str]]) -> list[tuple[str, str]]:
    """Return the communes by name: those of the city, and others with a point."""
    names = {commune.code: own_name(commune) for commune in bundled_communes()}
    names |= {commune.code: own_name(commune) for commune in city.directory.inventory.communes}
    names |= {code: code for code in used if code not in names and code != NOWHERE}
    places = tiles()

    def place(code: str) -> tuple[int, int, str]:
        tile = places.get(code)
        return (tile.row, tile.column, code) if tile else (99, 0, code)

    return sorted(names.items(), key=lambda item: place(item[0]))


def _tile(
    code: str,
    name: str,
    sites: Sequence[str],
    links: dict[str, list[LinkRecord]],
    whole: set[str],
) -> WallTile:
    tile = tiles().get(code)
    return WallTile(
        code=code,
        name=name,
        row=tile.row if tile else 0,
        column=tile.column if tile else 0,
        sites=tuple(_site(links.get(site, ())) for site in sites),
        site=sites[0] if len(sites) == 1 else "",
        whole=sum(site in whole for site in sites),
        count=len(sites),
    )


def _site(links: Sequence[LinkRecord]) -> WallSite:
    heard = [link for link in links if link.status is not SiteStatus.NOT_INSTALLED]
    return WallSite(
        fixed=worst(link.state for link in heard if link.medium not in _MOBILE),
        mobile=worst(link.state for link in heard if link.medium in _MOBILE),
    )


def _values(links: Sequence[LinkRecord], field: str) -> tuple[str, ...]:
    values = {str(value) for link in links if (value := getattr(link, field))}
    return tuple(sorted(values, key=sort_key))


def _matrix(
    links: Sequence[LinkRecord], carriers: Sequence[str]
) -> tuple[tuple[str, tuple[MatrixCell, ...]], ...]:
    states: dict[tuple[str, str], list[State]] = {}
    for link in links:
        if link.status is not SiteStatus.NOT_INSTALLED and link.carrier and link.area:
            states.setdefault((link.area, link.carrier), []).append(link.state)
    areas = sorted({area for area, _ in states}, key=sort_key)
    return tuple(
        (area, tuple(_cell(states.get((area, carrier), [])) for carrier in carriers))
        for area in areas
    )


def _cell(states: Sequence[State]) -> MatrixCell:
    return MatrixCell(up=states.count(State.UP), total=len(states), state=worst(states))


def by_urgency(incidents: Iterable[Incident]) -> tuple[Incident, ...]:
    """Return incidents by urgency."""
    return tuple(sorted(incidents, key=_urgency))


def _urgency(incident: Incident) -> tuple[int, int, int]:
    """Return the sort key of incidents: who has to act, severity, age."""
    turn = turn_of(incident) or Turn.PORTAL
    return _TURNS.index(turn), list(Severity).index(incident.severity), incident.opened_ns
