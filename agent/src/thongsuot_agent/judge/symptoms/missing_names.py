"""
Missing names: a name server that does not know a name may be right.

Each name server caches an answer for the record's time to live, and also the answer that there is
none (RFC 1035, section 3.2.1; RFC 2308, section 5). So a name that its owner has removed, or added,
disappears for one carrier's customers sooner than for another's (2026-12: a removed name was
reported as one carrier's forged answer, while the other's server still had it cached). Which of two
servers is right shows after the time to live has passed. A server that knows none of the queried
names is not explained by an owner, and is not awaited.
"""

from collections.abc import Iterable, Iterator

from thongsuot_agent.judge.link_context import LinkContext, ns
from thongsuot_agent.judge.memory import Track

UNKNOWN_TTL_S = 3600.0
"""If no lookup has returned the time to live of a name: few portals have a longer one."""
LEAST_WAIT_S, LONGEST_WAIT_S = 60.0, 3600.0
"""
All name servers of a zone learn of a change within a minute (RFC 1996). A time to live of a day is
not awaited: people cannot reach the portal meanwhile.
"""
NAMES_OF_ONE_OWNER = 2
"""More names than this, or names of two domains, are not removed at the same time."""


def is_missing_alone(at: LinkContext, track: Track, others: Iterable[Track]) -> bool:
    """
    Return whether a name has been missing over a link for longer than any of ``others`` that have
    it may cache it.

    A name that was just added is present in one cache, while the other still has the former answer.
    """
    if not is_missing_for_long(at, track):
        return False
    wait_ns = 0 if _is_every_name_missing(at, track) else _wait_ns(at, track)
    return any(
        min(track.failed_ns or 0, other.worked_ns or 0)
        - max(track.missing_since_ns or 0, other.worked_since_ns or 0)
        >= wait_ns
        for other in others
        if not other.failures
    )


def is_missing_for_long(at: LinkContext, track: Track) -> bool:
    """Return whether a name has been missing for so long that its presence elsewhere matters."""
    if not track.failures or track.missing_since_ns is None:
        return False
    is_long = (track.failed_ns or 0) - track.missing_since_ns >= _wait_ns(at, track)
    return is_long or _is_every_name_missing(at, track)


def _wait_ns(at: LinkContext, missing: Track) -> int:
    """Return for how long name servers may differ about a name."""
    name = _name_of(at, missing)
    ttls = [track.ttl_s for track in _asked(at) if track.ttl_s and _name_of(at, track) == name]
    return ns(min(LONGEST_WAIT_S, max(LEAST_WAIT_S, *ttls)) if ttls else UNKNOWN_TTL_S)


def _is_every_name_missing(at: LinkContext, first: Track) -> bool:
    """Return whether none of several names that the link's name servers were queried for exists."""
    missing: set[str] = set()
    for track in _asked(at):
        if track.failures and track.missing_since_ns is not None:
            missing.add(_name_of(at, track))
        elif (track.worked_ns or 0) >= (first.missing_since_ns or 0):
            return False
    domains = {name.partition(".")[2] for name in missing}
    return len(missing) > NAMES_OF_ONE_OWNER or len(domains) > 1


def _asked(at: LinkContext) -> Iterator[Track]:
    """
    Yield the names that the users' name servers of the link are queried for, by lookups and by
    pages.
    """
    for track in at.link.tracks.values():
        point = at.probes.point_of(track)
        if point is not None and (point.is_users_resolver or (point.is_service and point.lookup)):
            yield track


def _name_of(at: LinkContext, track: Track) -> str:
    point = at.probes.point_of(track)
    return "" if point is None else point.lookup
