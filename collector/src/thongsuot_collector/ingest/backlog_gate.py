"""
Defers the agents' backlog while judging is behind: entries are judged in the order in which they
were accepted, so a fresh fault would wait behind the hours that ten thousand agents bring along.
"""

import random
from collections.abc import Callable

from thongsuot_collector.errors import PushRefused, RefusalReason

_BACKLOG_S = 60.0
"""A batch is backlog if it is this old: four intervals of an agent's pushes."""

_RETRY_S = (10.0, 20.0)
"""Agents come again at different times within this range."""


class BacklogGate:
    """
    Decides whether a batch is accepted now. ``lag`` returns the number of unjudged entries, up to
    ``limit`` of which the backlog is accepted.

    Agents push backlog and fresh batches independently; only the former wait.
    """

    def __init__(
        self,
        lag: Callable[[], int],
        limit: float,
        *,
        draw: Callable[[float, float], float] = random.uniform,
    ) -> None:
        self._lag, self._limit = lag, limit
        self._draw = draw

    def check(self, age_ns: int) -> None:
        """
        Check whether a batch of such an age may be accepted.

        Raises:
            PushRefused: it is old, and judging is behind.
        """
        if age_ns < _BACKLOG_S * 1e9:
            return
        lag = self._lag()
        if lag > self._limit:
            raise PushRefused(
                RefusalReason.BACKLOG_DEFERRED,
                f"{lag} fresh batches have to be judged first; push what is older later",
                retry_after_s=self._draw(*_RETRY_S),
            )
