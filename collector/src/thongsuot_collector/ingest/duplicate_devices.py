"""
Duplicate devices: two devices that push with the token of one site, for example after a memory card
was copied.

One device has one boot after the other: the last push of a boot is sent before the next boot
begins. So two boots of a site with overlapping lifetimes, from boot time 0 to the last push, are
two devices. Alternations need not be counted, and a device that restarts repeatedly is not a
duplicate. Two systems on one kernel (containers) share a boot id and are not distinguished. Pure:
times are parameters.
"""

import logging

OVERLAP_NS = 60 * 10**9
"""
A push may take 15 s, and the collector's own clock may be set meanwhile; a smaller overlap proves
nothing.
"""

FRESH_NS = 600 * 10**9
"""A device without a push for this long has gone: switched off, or without its token."""

_SITES_KEPT = 100_000
_BOOTS_KEPT = 8

_log = logging.getLogger(__name__)


class DuplicateDeviceDetector:
    """The recent boots of each site: the start of each, and its last push."""

    def __init__(self) -> None:
        self._boots: dict[str, dict[str, tuple[int, int]]] = {}
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
        self._check_site(site, boots)

    def sites_with_duplicates(self, *, now_ns: int) -> frozenset[str]:
        """Return the sites with more than one active device."""
        for site in tuple(self._duplicate_sites):
            boots = self._boots.get(site, {})
            for name, (_, heard_ns) in list(boots.items()):
                if now_ns - heard_ns > FRESH_NS:
                    del boots[name]
            self._check_site(site, boots)
        return frozenset(self._duplicate_sites)

    def _check_site(self, site: str, boots: dict[str, tuple[int, int]]) -> None:
        if not _overlap(list(boots.values())):
            self._duplicate_sites.discard(site)
        elif site not in self._duplicate_sites:
            self._duplicate_sites.add(site)
            _log.error(
                "two devices push for site=%s at once boots=%s: a memory card was copied, or the "
                "previous device was not switched off; enrol the right one again",
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
