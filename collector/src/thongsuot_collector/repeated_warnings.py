"""Repeated warnings: what anybody can cause as often as they like is logged once a minute."""

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Final

LOGGED_EVERY_S: Final = 60.0
_CAUSES_KEPT: Final = 10_000
"""The cause that was not logged for longest is forgotten: its next warning is logged at once."""


@dataclass(slots=True)
class _Logged:
    """When a cause was last logged, and the number of unlogged warnings since."""

    at_s: float
    unlogged: int = 0


class RepeatedWarnings:
    """
    Decides which warnings of one kind are logged: of each cause one a minute.

    A broken or hostile device has thousands; a log full of them hides the others, and fills a disk.
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._logged: OrderedDict[Hashable, _Logged] = OrderedDict()

    def ending(self, cause: Hashable) -> str | None:
        """
        Count a warning; return the end of its line, which says how many of this cause were not
        logged since the last one, or ``None`` if this one is not to be logged either.
        """
        now_s = self._clock()
        logged = self._logged.get(cause)
        if logged is not None and now_s - logged.at_s < LOGGED_EVERY_S:
            logged.unlogged += 1
            return None
        self._logged[cause] = _Logged(at_s=now_s)
        self._logged.move_to_end(cause)
        if len(self._logged) > _CAUSES_KEPT:
            self._logged.popitem(last=False)
        unlogged = 0 if logged is None else logged.unlogged
        return f" ({unlogged} more since the last line)" if unlogged else ""
