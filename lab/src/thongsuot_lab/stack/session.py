"""Session: what ``demo`` and ``up`` share as commands that run until someone stops them."""

import signal
import sys
import time
from collections.abc import Iterable
from typing import Protocol

from thongsuot_lab.stack.summary import Screen
from thongsuot_schema.page.view import SiteView

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopped(BaseException):
    """Someone asked the command to end."""


class Watched(Protocol):
    """A stack that can be watched."""

    def check(self) -> None:
        """Raise if a part ended unasked."""
        ...

    def views(self) -> list[SiteView]:
        """Return what is known of each site."""
        ...


def stoppable() -> None:
    """From now on Ctrl-C, SIGTERM and a closed terminal raise ``Stopped``, once."""
    for number in _SIGNALS:
        signal.signal(number, _stop)


def watch(stack: Watched, story: Iterable[str] = ()) -> None:
    """Show the state of all sites until stopped, and tell the story as it goes on beside it."""
    screen = Screen()
    telling = iter(story)
    while True:
        stack.check()
        while text := next(telling, ""):
            screen.note(text)
        screen.show(stack.views())
        time.sleep(1)


def say(text: str) -> None:
    """Print a line for people; standard output is for what scripts read."""
    print(text, file=sys.stderr, flush=True)


def _stop(_number: int, _frame: object) -> None:
    # What follows is the tidying up, which must not be interrupted half-way.
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    raise Stopped
