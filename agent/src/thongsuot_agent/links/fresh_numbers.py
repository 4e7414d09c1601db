"""Fresh numbers: the names of new flows, none of which is used again soon."""

import math
import os


class FreshNumbers:
    """
    The numbers below ``count``, each again only after all others.

    If each were chosen at random, four new flows would once in two hundred times include one of the
    last half minute, which a NAT still knows: no new flow (of 4,096 identifiers, 2026-12).
    """

    def __init__(self, count: int) -> None:
        self._count = count
        self._number = _any_below(count)
        self._step = _any_below(count)
        while math.gcd(self._step, count) != 1:
            self._step = _any_below(count)

    def take(self) -> int:
        """Return the number that was taken the longest time ago."""
        self._number = (self._number + self._step) % self._count
        return self._number


def _any_below(count: int) -> int:
    return int.from_bytes(os.urandom(8), "big") % count
