"""
Availability and time to restore, from the verdicts (``link_minutes``).

Unknown time is left out. Sampled once a minute, so this does not settle a contract; the collector's
exact intervals do.

Only minutes that were down are counted and joined, because joining all of them is the expensive
part: over seven days of 252 links it takes a third of the time (2026-11).
"""

from thongsuot_dashboards.link_minutes import STEP_S, Counted, LinkMinutes


class OutageQueries:
    """
    The outages of some links, by matchers, over the displayed time.

    ``by_carrier`` counts only faults for which the carrier is responsible. ``by`` of the methods
    are the labels of their results.
    """

    def __init__(self, matchers: dict[str, str], *, by_carrier: bool) -> None:
        self._minutes = LinkMinutes(matchers=matchers)
        self._down = Counted.CARRIER_DOWN if by_carrier else Counted.DOWN
        self._outages = Counted.CARRIER_OUTAGES if by_carrier else Counted.OUTAGES

    def available_ratio(self, by: str) -> str:
        """Return the share of the known time in which the links were not down."""
        return f"1 - {self.down_ratio(by)}"

    def down_ratio(self, by: str) -> str:
        """Return the share of the known time in which the links were down."""
        known = self._minutes.total(Counted.KNOWN, by)
        return f"({self._minutes.total(self._down, by)} / {known} or 0 * {known})"

    def down_s(self, by: str) -> str:
        """Return the total seconds in which the links were down; no series where none was."""
        return f"{self._minutes.total(self._down, by)} * {STEP_S}"

    def count(self, by: str) -> str:
        """Return the number of outages that began; no series where none did."""
        return self._minutes.total(self._outages, by)

    def mean_s(self, by: str) -> str:
        """
        Return the mean duration of the outages, with the duration so far of those that continue.
        """
        return f"{self.down_s(by)} / {self.count(by)}"

    def unwell_ratio(self, by: str) -> str:
        """Return the share of the known time in which something was wrong; no series at zero."""
        unwell = self._minutes.total(Counted.UNWELL, by)
        return f"({unwell} / {self._minutes.total(Counted.KNOWN, by)})"
