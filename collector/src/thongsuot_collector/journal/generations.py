"""
Generations of a journal: whether the entries that a consumer has read are still its entries.

A journal restored from an older copy gives its next sequences out again, for other entries. Each
leading collector therefore begins a generation, and a position in the store names the one that it
was saved in. The copy does not have that generation, or the next one begins before the position:
also after the journal has grown beyond it.
"""

import logging
from collections.abc import Sequence

import msgspec

from thongsuot_collector.journal.journal import Generation, Journal
from thongsuot_collector.store.sites import Position

_log = logging.getLogger(__name__)


class JournalHistory(msgspec.Struct, frozen=True, kw_only=True):
    """The name of a journal, its newest sequence, and its generations, the oldest first."""

    name: str
    head: int
    generations: Sequence[Generation]

    def shared_with(self, position: Position) -> int:
        """
        Return up to which sequence the entries before a position are those of this journal: that of
        the position itself, a lower one, or 0 if it is unknown.
        """
        if position.journal != self.name:
            return 0
        if not position.generation:
            # Saved by an earlier version.
            return position.sequence if position.sequence <= self.head else 0
        for place, generation in enumerate(self.generations):
            if generation.id == position.generation:
                following = self.generations[place + 1 : place + 2]
                end = following[0].head if following else self.head
                return min(position.sequence, end)
        return 0


async def position_in(journal: Journal, position: Position, *, consumer: str) -> int:
    """
    Return the sequence after which a consumer continues in a journal; lower than its position if
    entries that it has read are not in this journal.
    """
    identity = JournalHistory(
        name=journal.name, head=journal.head, generations=await journal.generations()
    )
    shared = identity.shared_with(position)
    if shared < position.sequence and position.journal == journal.name:
        _log.error(
            "the journal is older than the store, or a copy continued without it: %s had read up "
            "to %d, and only entries up to %d are the same; it continues after these",
            consumer,
            position.sequence,
            shared,
        )
    return shared


def position_at(journal: Journal, sequence: int) -> Position:
    """Return a position in the present generation of a journal."""
    return Position(journal=journal.name, sequence=sequence, generation=journal.generation)
