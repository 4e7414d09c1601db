"""Summary: the status page of a site as a few lines for a terminal."""

import sys
from datetime import UTC, datetime, timedelta, timezone

from thongsuot_schema.state import State
from thongsuot_schema.view import SiteView, SubjectView

HANOI = timezone(timedelta(hours=7), "ICT")

_COLOURS = {
    State.UP: "\x1b[32m",
    State.DEGRADED: "\x1b[33m",
    State.DOWN: "\x1b[31m",
    State.UNKNOWN: "\x1b[90m",
}
_SHAPES = {State.UP: "●", State.DEGRADED: "◐", State.DOWN: "○", State.UNKNOWN: "·"}
_PLAIN = "\x1b[0m"


def status_lines(view: SiteView, *, colour: bool) -> list[str]:
    """
    Return the heading and one line per light; without ``colour``, no escape sequences are used.
    """
    heard = view.now_s if view.heard_s is None else view.heard_s
    head = f"{view.title or view.site}  (heard {max(0.0, view.now_s - heard):.0f} s ago)"
    return [head, *(_light_line(light, colour=colour) for light in (*view.links, *view.services))]


def status_signature(view: SiteView) -> tuple[tuple[str, State, str], ...]:
    """
    Return the part of a summary that is printed again when it changes, where a terminal cannot be
    redrawn.
    """
    return tuple(
        (light.name, light.state, str(light.symptom)) for light in (*view.links, *view.services)
    )


class StatusScreen:
    """Prints a block of lines over the one before it; on a file, prints only what is new."""

    def __init__(self) -> None:
        self._redraw = sys.stderr.isatty()
        self._drawn = 0
        self._last: object = None

    def show(self, views: list[SiteView]) -> None:
        """Show the views."""
        marks = [status_signature(view) for view in views]
        if not self._redraw and marks == self._last:
            return
        self._last = marks
        block = [line for view in views for line in status_lines(view, colour=self._redraw)]
        clock = datetime.now(UTC).astimezone(HANOI).strftime("%H:%M:%S")
        block.insert(0, f"— {clock} ICT —")
        self._clear()
        sys.stderr.write("\n".join(block) + "\n")
        sys.stderr.flush()
        self._drawn = len(block) if self._redraw else 0

    def note(self, text: str) -> None:
        """Print a permanent line above the block."""
        self._clear()
        sys.stderr.write(text + "\n")
        sys.stderr.flush()

    def _clear(self) -> None:
        if self._drawn:
            sys.stderr.write(f"\x1b[{self._drawn}A\x1b[J")
            self._drawn = 0


def _light_line(light: SubjectView, *, colour: bool) -> str:
    figures = []
    if light.rtt_s is not None:
        figures.append(f"{light.rtt_s * 1000:.1f} ms")
    if light.loss_ratio is not None:
        figures.append(f"loss {light.loss_ratio:.1%}")
    where = "" if light.segment is None else f"{light.segment}: {light.symptom}"
    shape = _SHAPES[light.state]
    if colour:
        shape = f"{_COLOURS[light.state]}{shape}{_PLAIN}"
    return f"  {shape} {light.name:<18} {light.state:<9} {where:<36} {'  '.join(figures)}".rstrip()
