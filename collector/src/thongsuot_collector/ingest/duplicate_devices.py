"""
Duplicate devices: two devices that push with the token of one site, for example after a memory card
was copied.

One device has one boot after the other: the last push of a boot is sent before the next boot
begins. So two boots of a site with overlapping lifetimes, from boot time 0 to the last push, are
two devices. Alternations need not be counted, and a device that restarts repeatedly is not a
duplicate.

Copies of a running machine, and two agents on one kernel (containers), have the same boot id. One
agent writes one stream after the other, and its reports name the one that it writes now. So agents
that name two streams by turns, again and again, are two. Pure: times are parameters.
"""

import logging
from dataclasses import dataclass, field

OVERLAP_NS = 60 * 10**9
"""
A push may take 15 s, and the collector's own clock may be set meanwhile; a smaller overlap proves
nothing.
"""

FRESH_NS = 600 * 10**9
"""A device without a push for this long has gone: switched off, or without its token."""

RETURNS = 4
"""
How often one stream has to follow another again. A push that was overtaken by one of the next
stream returns to it once, and a process that was killed while its directory took no files
continues an older stream.
"""

_SITES_KEPT = 100_000
_BOOTS_KEPT = 8
_STREAMS_KEPT = 16

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _WrittenStreams:
    """
    The streams that a boot has reported as the one that it writes: the latest and since when, and
    how often it returned to each of the others shortly after it had left it.
    """

    boot_id: str
    current: str
    changed_ns: int
    returns: dict[str, int] = field(default_factory=dict)

    def follow(self, stream: str, received_ns: int) -> None:
        """Record that another stream is the present one."""
        if received_ns - self.changed_ns > FRESH_NS:
            self.returns.clear()
        self.returns.setdefault(self.current, 0)
        if stream in self.returns:
            self.returns[stream] += 1
        self.current, self.changed_ns = stream, received_ns
        while len(self.returns) > _STREAMS_KEPT:
            del self.returns[next(iter(self.returns))]

    def are_of_two(self, now_ns: int) -> bool:
        """Return whether two agents write them now."""
        is_fresh = now_ns - self.changed_ns <= FRESH_NS
        return is_fresh and max(self.returns.values(), default=0) >= RETURNS


class DuplicateDeviceDetector:
    """
    The recent boots of each site: the start of each, and its last push; and the streams that the
    latest of them writes.
    """

    def __init__(self) -> None:
        self._boots: dict[str, dict[str, tuple[int, int]]] = {}
        self._streams: dict[str, _WrittenStreams] = {}
        self._duplicate_sites: set[str] = set()

    def observe(self, site: str, boot_id: str, *, boottime_ns: int, received_ns: int) -> None:
        """
        Add the observation of a push with its boot time of sending, of a sender's present boot.
        """
        boots = self._boots.get(site)
        if boots is None:
            if len(self._boots) >= _SITES_KEPT:
                self._boots.pop(next(iter(self._boots)))
            boots = self._boots[site] = {}
        epoch_ns = received_ns - boottime_ns
        if boot_id in boots:
            # The latest estimate: quartz drifts, and late pushes only make a lifetime shorter.
            boots[boot_id] = (epoch_ns, received_ns)
            if len(boots) == 1:
                return
        else:
            boots[boot_id] = (epoch_ns, received_ns)
        for name, (_, heard_ns) in list(boots.items()):
            if received_ns - heard_ns > FRESH_NS:
                del boots[name]
        if len(boots) > _BOOTS_KEPT:
            del boots[min(boots, key=lambda name: boots[name][1])]
        self._check_site(site, received_ns)

    def observe_stream(self, site: str, boot_id: str, stream: str, *, received_ns: int) -> None:
        """Add the stream that a sender's present boot writes, according to its report."""
        written = self._streams.get(site)
        if written is not None and written.boot_id == boot_id:
            if stream != written.current:
                written.follow(stream, received_ns)
                self._check_site(site, received_ns)
            return
        if written is None and len(self._streams) >= _SITES_KEPT:
            self._streams.pop(next(iter(self._streams)))
        self._streams[site] = _WrittenStreams(boot_id, stream, received_ns)

    def has_duplicates(self, site: str, *, now_ns: int) -> bool:
        """Return whether a site has more than one active device."""
        if site in self._duplicate_sites:
            self._prune(site, now_ns)
        return site in self._duplicate_sites

    def sites_with_duplicates(self, *, now_ns: int) -> frozenset[str]:
        """Return the sites with more than one active device."""
        for site in tuple(self._duplicate_sites):
            self._prune(site, now_ns)
        return frozenset(self._duplicate_sites)

    def _prune(self, site: str, now_ns: int) -> None:
        boots = self._boots.get(site, {})
        for name, (_, heard_ns) in list(boots.items()):
            if now_ns - heard_ns > FRESH_NS:
                del boots[name]
        self._check_site(site, now_ns)

    def _check_site(self, site: str, now_ns: int) -> None:
        boots = self._boots.get(site, {})
        written = self._streams.get(site)
        has_two_writers = written is not None and written.are_of_two(now_ns)
        if not has_two_writers and not _overlap(list(boots.values())):
            self._duplicate_sites.discard(site)
        elif site not in self._duplicate_sites:
            self._duplicate_sites.add(site)
            _log.error(
                "two devices push for site=%s at once boots=%s: a memory card or a machine was "
                "copied, or the previous device was not switched off; enrol the right one again",
                site,
                ",".join(sorted(boots)),
            )


def _overlap(lifetimes: list[tuple[int, int]]) -> bool:
    lifetimes.sort()
    return any(
        min(before[1], after[1]) - after[0] > OVERLAP_NS
        for at, before in enumerate(lifetimes)
        for after in lifetimes[at + 1 :]
    )
