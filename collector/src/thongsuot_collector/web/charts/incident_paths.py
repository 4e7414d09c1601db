"""Incident paths: the paths of packets before an incident and since, for its first links."""

from collections.abc import Iterator, Mapping
from typing import Final

from thongsuot_collector.incidents.fault import NS_PER_S
from thongsuot_collector.incidents.incident import Incident
from thongsuot_collector.inventory.directory import InventoryDirectory
from thongsuot_collector.notify.render.names import link_name, place_name, service_name
from thongsuot_collector.notify.render.paths import PathLookup
from thongsuot_collector.state.site import SiteState
from thongsuot_collector.state.view import ways_of
from thongsuot_collector.web.charts import labels
from thongsuot_collector.web.charts.path_picture import PathComparison, path_picture
from thongsuot_schema.path import Path
from thongsuot_schema.result import Family
from thongsuot_schema.view import NetworkPath
from thongsuot_schema.words.evidence import FAMILIES
from thongsuot_schema.words.language import Language, capitalised

_LINKS: Final = 2
_PATHS: Final = 2
"""For each link the longest path of each family, which shows best where packets end."""
_SETTLES_S: Final = 30.0
"""A trace that began while a line was down may be recorded this long after its recovery."""


class IncidentPaths:
    """The pictures of an incident's paths, from the sites' states."""

    def __init__(self, states: Mapping[str, SiteState], directory: InventoryDirectory) -> None:
        self._states = states
        self._directory = directory

    def of(self, incident: Incident, language: Language) -> list[tuple[str, str]]:
        """Return title and markup of each picture."""

        def known(site: str, link: str) -> tuple[NetworkPath, ...]:
            state = self._states.get(site)
            return () if state is None else ways_of(state, link, self._directory.networks)

        return incident_paths(incident, known, self._directory, language)


def incident_paths(
    incident: Incident, known: PathLookup, directory: InventoryDirectory, language: Language
) -> list[tuple[str, str]]:
    """Return title and markup of each picture; none without a measurement since its onset."""
    subjects = [member.subject for member in incident.members if member.subject.is_link]
    links = list(dict.fromkeys((subject.site, subject.link) for subject in subjects))
    pictures = []
    for at, (site, link) in enumerate(links[:_LINKS]):
        place_of_site = place_name(site, directory) if len(links) > 1 else ""
        name = link_name(site, link, directory, language)
        for number, path in enumerate(_shown(incident, known(site, link))):
            before, after = _routes(incident, path)
            title = service_name(path.target, directory, language)
            target = " ".join(filter(None, (title, FAMILIES[path.family])))
            comparison = PathComparison(
                title=labels.PATH_TITLE.read(
                    language,
                    line=", ".join(filter(None, (place_of_site, capitalised(name)))),
                    target=target,
                ),
                target=target,
                key=f"p{at}{number}",
                before=before,
                after=after,
                networks=dict(path.networks),
            )
            pictures.append((comparison.title, path_picture(comparison, language)))
    return pictures


def _shown(incident: Incident, paths: tuple[NetworkPath, ...]) -> Iterator[NetworkPath]:
    """Yield the most informative paths: for each family the longest changed one, IPv4 first."""
    families = (Family.IP4, Family.IP6)
    for family in families[:_PATHS]:
        candidates = []
        for path in paths:
            before, after = _routes(incident, path)
            if path.family is family and after is not None:
                length = 0 if before is None else before.last
                candidates.append((not after.is_reached, length, path))
        if candidates:
            yield max(candidates, key=lambda entry: entry[:2])[2]


def _routes(incident: Incident, path: NetworkPath) -> tuple[Path | None, Path | None]:
    """Return the last good route before an incident, and the newest or the failed one since."""
    opened_s = incident.opened_ns / NS_PER_S
    closed_s = None if incident.closed_ns is None else incident.closed_ns / NS_PER_S
    measured = [(path.previous_at_s, path.previous), (path.at_s, path.path)]
    before = [
        route
        for at_s, route in measured
        if at_s is not None and route is not None and at_s < opened_s and route.is_reached
    ]
    after = None
    is_of_it = closed_s is None or (path.ended_at_s or 0.0) <= closed_s + _SETTLES_S
    if path.ended_at_s is not None and opened_s <= path.ended_at_s and is_of_it:
        after = path.ended
    if closed_s is None and path.at_s >= opened_s:
        after = path.path
    return before[-1] if before else None, after
