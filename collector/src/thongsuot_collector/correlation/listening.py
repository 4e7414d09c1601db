"""
Listening: since when the collector has been there without a break, so that it does not take its own
absence for the silence of others. Pure.
"""

from thongsuot_collector.timeline.settings import ns


class ListeningPeriod:
    """
    Since when the collector has been listening, Unix time.

    It begins anew where ``note`` was not called for ``break_s``: the process was stopped, its
    machine slept, or the clock was set. Nobody can have been heard meanwhile, and whoever tried
    waits before trying again.
    """

    def __init__(self, now_ns: int, *, break_s: float) -> None:
        self.since_ns = now_ns
        self._break_ns = ns(break_s)
        self._noted_ns = now_ns

    def note(self, now_ns: int) -> None:
        """Note that the collector is there now; called about once a second."""
        if not 0 <= now_ns - self._noted_ns <= self._break_ns:
            self.since_ns = now_ns
        self._noted_ns = now_ns
