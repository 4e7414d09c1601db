"""
Old flows: whether an unanswered flow alone is dead, or packets were lost.

A NAT that has lost, or wedged, the entry of one identifier loses what belongs to it while all else
passes. One lost echo looks the same, so the old flow is asked beside the fresh one that has taken
its place: where that is answered each time and the old one never, it is the entry in the box, and
no fault of the line.
"""

from dataclasses import dataclass

OLD_FLOW_ECHOES = 4
"""
Unanswered echoes in a row beside a fresh flow that is answered: with 30 % loss this happens one
time in 500.
"""


@dataclass(slots=True)
class _Suspect:
    flow: int
    unanswered: int = 0


class OldFlows:
    """
    The abandoned flows to each destination of one channel. Destinations are packed addresses.
    """

    def __init__(self, kept: int) -> None:
        self._kept = kept
        self._answered: dict[bytes, int] = {}
        self._suspects: dict[bytes, _Suspect] = {}
        self._dead: set[bytes] = set()

    def note_answer(self, destination: bytes, flow: int) -> None:
        """Record that an echo of the present flow was answered."""
        self._answered[destination] = flow

    def note_loss(self, destination: bytes, flow: int) -> None:
        """Record that an echo of the present flow was not answered."""
        suspect = self._suspects.get(destination)
        if suspect is not None:
            # If the fresh flow loses echoes as well, the old one's losses prove nothing.
            suspect.unanswered = 0
        elif self._answered.get(destination) == flow:
            self._suspects[destination] = _Suspect(flow)

    def flow_to_ask(self, destination: bytes, flow: int) -> int | None:
        """Return the old flow to probe beside the present one; ``None`` if no flow is in doubt."""
        suspect = self._suspects.get(destination)
        if suspect is None or self._answered.get(destination) != flow:
            return None
        return suspect.flow if (flow - suspect.flow) % self._kept else None

    def note_old_answer(self, destination: bytes) -> None:
        """Record that the old flow is answered: packets were lost, and nothing else."""
        self._suspects.pop(destination, None)

    def note_old_loss(self, destination: bytes) -> None:
        """Record that an echo of the old flow was not answered."""
        suspect = self._suspects.get(destination)
        if suspect is None:
            return
        suspect.unanswered += 1
        if suspect.unanswered >= OLD_FLOW_ECHOES:
            del self._suspects[destination]
            self._dead.add(destination)

    def take_dead(self, destination: bytes) -> bool:
        """Return, once, whether only the old flow to a destination is dead."""
        if destination not in self._dead:
            return False
        self._dead.discard(destination)
        return True
