"""
Group pacing: how often a group of very many faults is assessed again.

The assessment of a group takes time in proportion to its faults, and each of them changes it: while
ten thousand sites returned after the centre's own line had failed, the one group of all their
silences took a quarter of the processor (2026-12). So after each assessment a large group rests in
proportion to its size; a small one never does.
"""

from collections.abc import Iterable
from collections.abc import Set as AbstractSet

from thongsuot_collector.incidents.rule import GroupKey

_REST_NS_PER_FAULT = 500_000
"""Its assessment takes some 30 µs per fault (2026-12)."""

_LONGEST_REST_NS = 10_000_000_000
_SHORTEST_REST_NS = 100_000_000
"""Groups of fewer than 200 faults are assessed with every change."""


class GroupPacing:
    """The groups that have changed since their last assessment, and those that rest."""

    def __init__(self) -> None:
        self.changed: set[GroupKey] = set()
        self._resting: dict[GroupKey, tuple[int, int]] = {}

    def note_changed(self, groups: Iterable[GroupKey]) -> None:
        """Note that groups have to be assessed again."""
        self.changed.update(groups)

    def take_rested(self, now_ns: int) -> set[GroupKey]:
        """Return the changed groups that do not rest, which are to be assessed now."""
        return self.take({group for group in self.changed if not self._rests(group, now_ns)})

    def take(self, groups: AbstractSet[GroupKey]) -> set[GroupKey]:
        """Return those of some groups that have changed, which are to be assessed now."""
        taken = self.changed & groups
        self.changed -= taken
        return taken

    def note_assessed(self, group: GroupKey, faults: int, now_ns: int) -> None:
        """Let a group rest, which was assessed with this many faults."""
        rest_ns = min(faults * _REST_NS_PER_FAULT, _LONGEST_REST_NS)
        if rest_ns < _SHORTEST_REST_NS:
            self._resting.pop(group, None)
        else:
            self._resting[group] = (now_ns, now_ns + rest_ns)

    def _rests(self, group: GroupKey, now_ns: int) -> bool:
        since_ns, until_ns = self._resting.get(group, (0, 0))
        # A clock that was set back must not make the rest longer.
        return since_ns <= now_ns < until_ns
