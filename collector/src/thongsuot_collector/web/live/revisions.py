"""
Revisions: a short text for each live page, which changes whenever its content changes.

They are computed from memory, at most once a second for any number of viewers.
"""

import time
from collections.abc import Callable, Iterable
from typing import Final

from thongsuot_collector.incidents.incident import Incident
from thongsuot_collector.queries.city import CityState
from thongsuot_collector.queries.incidents import is_of
from thongsuot_collector.web.live.topics import INCIDENTS, carrier_of, incident_of, site_of
from thongsuot_schema.batch.digest import digest_of

_FRESH_S: Final = 1.0


class Revisions:
    """The revisions of all pages, by their topics."""

    def __init__(self, city: CityState, monotonic_s: Callable[[], float] = time.monotonic) -> None:
        self._city = city
        self._monotonic_s = monotonic_s
        self._known: dict[str, tuple[float, str]] = {}

    def of(self, topic: str) -> str:
        """Return the revision of a page."""
        now_s = self._monotonic_s()
        known = self._known.get(topic)
        if known is not None and now_s - known[0] < _FRESH_S:
            return known[1]
        self._known = {
            name: entry for name, entry in self._known.items() if now_s - entry[0] < _FRESH_S
        }
        revision = digest_of(repr(self._content(topic)).encode()).hex()[:12]
        self._known[topic] = now_s, revision
        return revision

    def _content(self, topic: str) -> object:
        site = site_of(topic)
        incidents = self._city.registry.active_incidents()
        name, carrier = incident_of(topic), carrier_of(topic)
        if name:
            incident = self._city.registry.incidents.get(name)
            return () if incident is None else _fingerprints([incident])
        if carrier:
            windows = self._city.registry.network_state.windows
            theirs = _fingerprints(each for each in incidents if is_of(each, carrier))
            return theirs, [window.id for window in windows]
        if site:
            state = self._city.states.get(site)
            applied = 0 if state is None else state.applied
            return applied, _fingerprints(each for each in incidents if site in each.sites)
        if topic == INCIDENTS:
            return _fingerprints(incidents)
        states = [
            (str(standing.subject), standing.interval.start_ns, standing.interval.state)
            for standing in self._city.registry.network_state.all_states()
        ]
        return sorted(states), _fingerprints(incidents)


def _fingerprints(incidents: Iterable[Incident]) -> list[tuple[object, ...]]:
    """Return fingerprints of incidents: each change adds a line of history."""
    return sorted(
        (
            incident.id,
            incident.status,
            len(incident.history),
            len(incident.notifications),
            incident.open_members,
            len(incident.answers),
            incident.acknowledgement is not None,
        )
        for incident in incidents
    )
