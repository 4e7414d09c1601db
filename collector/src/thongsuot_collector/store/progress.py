"""Reports on work that is one call of SQLite, from a thread beside it."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_EVERY_S = 2.0


@contextmanager
def reporting(report: Callable[[], None], *, every_s: float = _EVERY_S) -> Iterator[None]:
    """Call ``report`` from another thread every few seconds until the end of the block."""
    ended = threading.Event()

    def work() -> None:
        while not ended.wait(every_s):
            report()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
