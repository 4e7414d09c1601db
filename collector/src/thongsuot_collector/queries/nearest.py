"""
Nearest: another point that can serve citizens, for a point that cannot. Pure.

``inventory/centres.csv`` has the approximate centre of each commune, so a distance is between
communes: 0 inside one.
"""

import csv
import math
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Final

from thongsuot_collector.queries.city import CityState
from thongsuot_collector.queries.records import SiteStatus
from thongsuot_collector.timeline.subject import Subject
from thongsuot_schema.batch.push import NearestSite
from thongsuot_schema.inventory.model import Inventory
from thongsuot_schema.state import State

_EARTH_M: Final = 6_371_000.0
_LOOKED_AT: Final = 60
"""Points checked: if sixty around it cannot serve, there is nowhere to send citizens."""

_AGAIN_S: Final = 60.0
"""Interval of searches without a result: in a complete outage each search checks sixty points."""

Centre = tuple[float, float]
"""Latitude and longitude, in radians."""


@cache
def centres() -> dict[str, Centre]:
    """Return the centres by the code of their commune."""
    text = files("thongsuot_collector.inventory").joinpath("centres.csv").read_text("utf-8")
    return {
        row["code"]: (math.radians(float(row["lat"])), math.radians(float(row["lon"])))
        for row in csv.DictReader(text.splitlines())
    }


def distance_m(from_centre: Centre, to_centre: Centre) -> float:
    """Return the distance between two places of one city, as on a plane."""
    mean_latitude = (from_centre[0] + to_centre[0]) / 2
    east = (to_centre[1] - from_centre[1]) * math.cos(mean_latitude)
    return _EARTH_M * math.hypot(to_centre[0] - from_centre[0], east)


@cache
def communes_around(commune: str) -> tuple[tuple[str, int], ...]:
    """Return all communes by their distance (metres) from one, itself first."""
    here = centres().get(commune)
    if here is None:
        return ()
    away = ((code, round(distance_m(here, centre))) for code, centre in centres().items())
    return tuple(sorted(away, key=lambda known: (known[1], known[0])))


class NearestSites:
    """Finds the nearest points from the collector's current state."""

    def __init__(self, city: CityState) -> None:
        self._city = city
        self._by_commune: dict[str, list[str]] = {}
        self._inventory: Inventory | None = None

    def nearest(self, name: str) -> NearestSite | None:
        """
        Return the nearest other point that can serve; ``None`` if none nearby can, or if the
        point's own location is unknown.
        """
        for looked_at, (other, away_m) in enumerate(self._around(name)):
            if looked_at == _LOOKED_AT:
                return None
            if self._can_serve(other):
                site = self._city.directory.site(other)
                return NearestSite(title=site.title or other, distance_m=away_m)
        return None

    def _around(self, name: str) -> Iterator[tuple[str, int]]:
        by_commune = self._sites_by_commune()
        for commune, away_m in communes_around(self._city.directory.site(name).commune):
            for other in by_commune.get(commune, ()):
                if other != name:
                    yield other, away_m

    def _sites_by_commune(self) -> dict[str, list[str]]:
        directory = self._city.directory
        if directory.inventory is not self._inventory:
            grouped: dict[str, list[str]] = {}
            for site in directory.sites.values():
                grouped.setdefault(site.commune, []).append(site.name)
            self._by_commune, self._inventory = grouped, directory.inventory
        return self._by_commune

    def _can_serve(self, name: str) -> bool:
        """Return whether a line of a point works, and none of its services is down."""
        city = self._city
        if city.status_of(name) is not SiteStatus.REPORTING:
            return False
        links = [
            city.interval_of(Subject(name, link.name)) for link in city.directory.site(name).links
        ]
        services = [
            city.interval_of(Subject(name, service=target.name))
            for target in city.directory.services_of(name)
        ]
        is_out = any(interval is not None and interval.state is State.UP for interval in links)
        return is_out and not any(
            interval is not None and interval.state is State.DOWN for interval in services
        )


class NearestSiteOffers:
    """
    The nearest point for the answers to pushes: sent to each site only now and then, because in
    every answer it would be half a megabyte a day over a metered link.
    """

    def __init__(self, sites: NearestSites, *, every_s: float = 300.0) -> None:
        self._sites = sites
        self._every_s = every_s
        self._due_s: dict[str, float] = {}

    def offer(self, site: str, now_s: float) -> NearestSite | None:
        """Return the offer for a site if it is due; ``now_s`` is monotonic."""
        if now_s < self._due_s.get(site, now_s):
            return None
        nearest = self._sites.nearest(site)
        self._due_s[site] = now_s + (_AGAIN_S if nearest is None else self._every_s)
        return nearest
