"""Session: shared by ``demo`` and ``up``, commands that run until someone stops them."""

import signal
import sys
import time
from collections.abc import Iterable
from typing import Protocol

from thongsuot_lab.stack.summary import StatusScreen
from thongsuot_schema.view import SiteView

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class StopRequested(BaseException):
    """Someone asked the command to end."""


class WatchedStack(Protocol):
    """A stack that can be monitored."""

    def check(self) -> None:
        """Raise if a part ended unexpectedly."""
        ...

    def views(self) -> list[SiteView]:
        """Return the state of each site."""
        ...


def stop_on_signals() -> None:
    """From now on Ctrl-C, SIGTERM and a closed terminal raise ``StopRequested``, once."""
    for number in _SIGNALS:
        signal.signal(number, _on_signal)


def watch(stack: WatchedStack, story: Iterable[str] = ()) -> None:
    """Show the state of all sites until stopped, while the story continues."""
    screen = StatusScreen()
    narrated = iter(story)
    while True:
        stack.check()
        while text := next(narrated, ""):
            screen.note(text)
        screen.show(stack.views())
        time.sleep(1)


def print_progress(text: str) -> None:
    """Print a line for people; standard output is for scripts."""
    print(text, file=sys.stderr, flush=True)


def _on_signal(_number: int, _frame: object) -> None:
    # What follows is the clean-up, which must not be interrupted half-way.
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    raise StopRequested
