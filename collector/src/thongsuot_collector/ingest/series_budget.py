"""How many series a site may bring, and how much of layouts. Pure."""

from collections import OrderedDict

from thongsuot_collector.ingest.rate_limit import RateLimiter
from thongsuot_schema.batch.model import Layout

_SITES_KEPT = 20_000
"""Sites whose series are remembered; one not heard for longest is charged for its series again."""


class SeriesBudget:
    """
    What new names cost: each series is memory in every database for as long as that keeps data,
    and each layout is room in the journal that no other site's record can have.

    ``series`` limits new series of a site, each counted once for its verdict and once for each of
    its metrics, ``layout_bytes`` the layouts in which they come. What a site has brought before
    costs nothing.
    """

    def __init__(self, *, series: RateLimiter, layout_bytes: RateLimiter) -> None:
        self._series = series
        self._layout_bytes = layout_bytes
        self._known: OrderedDict[str, set[int]] = OrderedDict()

    def acquire(self, site: str, layout: Layout, *, size_bytes: int, now_s: float) -> float:
        """Charge a site for a layout that it has not brought before; see ``RateLimiter``."""
        wait_s = self._layout_bytes.acquire(site, now_s=now_s, cost=size_bytes)
        if wait_s:
            return wait_s
        known = self._series_of(site)
        columns = {(kind.kind, kind.revision): len(kind.columns) for kind in layout.kinds}
        fresh = {
            hash(series): 1 + columns.get((series.kind, series.revision), 0)
            for series in layout.series
        }
        cost = sum(count for name, count in fresh.items() if name not in known)
        wait_s = self._series.acquire(site, now_s=now_s, cost=cost)
        if not wait_s:
            known.update(fresh)
        return wait_s

    def _series_of(self, site: str) -> set[int]:
        known = self._known.get(site)
        if known is None:
            known = self._known[site] = set()
            if len(self._known) > _SITES_KEPT:
                self._known.popitem(last=False)
        self._known.move_to_end(site)
        return known
