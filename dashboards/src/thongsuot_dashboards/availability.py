"""
Availability and time to restore, from the verdicts (``link_minutes``).

Time of which nothing is known counts for nobody. Sampled once a minute: no settlement of a
contract, which the collector's intervals, exact to a moment, are for.

Only minutes that were down are counted and joined, because joining all of them is what costs: over
seven days of 252 links a third of the time (2026-11).
"""

from thongsuot_dashboards.link_minutes import STEP_S, Counted, LinkMinutes


class OutageQueries:
    """
    The outages of some links, by matchers, over the time that is shown.

    ``by_carrier`` counts only faults that the carrier answers for. ``by`` of the methods are the
    labels of what they return.
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
        """Return for how many seconds in all the links were down; nothing where none was."""
        return f"{self._minutes.total(self._down, by)} * {STEP_S}"

    def count(self, by: str) -> str:
        """Return how many outages began; nothing where none did."""
        return self._minutes.total(self._outages, by)

    def mean_s(self, by: str) -> str:
        """Return the mean duration of the outages, those that go on as long as they have."""
        return f"{self.down_s(by)} / {self.count(by)}"

    def unwell_ratio(self, by: str) -> str:
        """Return the share of the known time in which something was wrong; nothing at none."""
        unwell = self._minutes.total(Counted.UNWELL, by)
        return f"({unwell} / {self._minutes.total(Counted.KNOWN, by)})"
