"""
The open members of an incident by site, for the answer to each push: an incident of all sites has
as many members as there are pushes in a quarter of a minute.
"""

import time
from collections.abc import Callable

import msgspec

from thongsuot_collector.incidents.incident import Incident, IncidentMember

_SMALL = 32
"""An incident with this many members is indexed faster than a cache is kept."""

_STALE_S = 1.0
"""
The index of a large incident is this old at most. While ten thousand sites join one, it changes
with nearly every push.
"""

_KEPT = 1024
"""Large incidents whose indexes are kept; the one that was not asked for longest goes first."""


class MemberIndex(msgspec.Struct, frozen=True, kw_only=True):
    """
    The members of an incident that are not up again, by site; ``affected`` is their number as N of
    "N of M" (``Incident.open_members``).
    """

    by_site: dict[str, tuple[IncidentMember, ...]]
    affected: int

    @property
    def sites(self) -> int:
        """The number of their sites."""
        return len(self.by_site)

    def of_site(self, site: str) -> tuple[IncidentMember, ...]:
        """Return those of a site, in the incident's order."""
        return self.by_site.get(site, ())


IndexOf = Callable[[Incident], MemberIndex]


def index_of(incident: Incident) -> MemberIndex:
    """Return the index of an incident; its cost is in proportion to the incident's members."""
    by_site: dict[str, list[IncidentMember]] = {}
    for member in incident.members:
        if member.end_ns is None:
            by_site.setdefault(member.subject.site, []).append(member)
    return MemberIndex(
        by_site={site: tuple(members) for site, members in by_site.items()},
        affected=incident.open_members,
    )


class MemberIndexes:
    """Indexes of incidents, each in one state at a time: large ones are kept for a second."""

    def __init__(self, monotonic_s: Callable[[], float] = time.monotonic) -> None:
        self._monotonic_s = monotonic_s
        self._kept: dict[str, tuple[Incident, float, MemberIndex]] = {}

    def of(self, incident: Incident) -> MemberIndex:
        """Return the index of an incident, that of a large one as it was a second ago at most."""
        if len(incident.members) <= _SMALL:
            return index_of(incident)
        now_s = self._monotonic_s()
        kept = self._kept.pop(incident.id, None)
        if kept is None or (kept[0] is not incident and now_s - kept[1] >= _STALE_S):
            kept = (incident, now_s, index_of(incident))
        self._kept[incident.id] = kept
        if len(self._kept) > _KEPT:
            del self._kept[next(iter(self._kept))]
        return kept[2]
