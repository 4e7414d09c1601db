"""History: the last 24 hours of one light, as a picture and in words."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

import msgspec

from thongsuot_schema.page.escape import escape
from thongsuot_schema.state import State
from thongsuot_schema.view import StateStretch, SubjectView
from thongsuot_schema.words.dates import VIETNAM_OFFSET_S, calendar_date, clock_time
from thongsuot_schema.words.figures import duration
from thongsuot_schema.words.language import Language, Text
from thongsuot_schema.words.states import LINK_STATES, SERVICE_STATES

DAY_S: Final = 86_400
CELLS: Final = 288
"""Five minutes each: about one pixel on a phone; it also bounds the size of a picture."""
_CELL_S: Final = DAY_S / CELLS
_HOUR_S: Final = 3_600
_MOST_S: Final = _HOUR_S

_HEIGHT: Final = 12
_RISES: Final[dict[State, int]] = {State.UP: 5, State.DEGRADED: 8, State.DOWN: _HEIGHT}
"""The height of each state, of :data:`_HEIGHT`: trouble is shown by shape, not only by colour."""

_EDGE: Final = 0.07
"""Nearer to an edge a label would be cut off at 320 px: half of it is 17 of the 254 px there."""


class OutageTotals(msgspec.Struct, frozen=True, kw_only=True):
    """The totals of a history, in seconds; an outage is ``down`` without a break."""

    count: int
    down_s: float
    degraded_s: float
    missing_s: float
    last_start_s: float | None = None
    last_end_s: float | None = None


def cells(
    history: Sequence[StateStretch], end_s: float, *, span_s: float = DAY_S, count: int = CELLS
) -> list[State | None]:
    """
    Return the state of each cell of the time before ``end_s``, ``None`` where none is recorded.

    Trouble shows in every cell it touches, however short; the rest is what filled half of the
    cell, or half an hour of it.
    """
    start_s, cell_s = end_s - span_s, span_s / count
    up_s = [0.0] * count
    trouble: list[State | None] = [None] * count
    for stretch in history:
        begin = max(stretch.start_s - start_s, 0.0)
        end = min(stretch.end_s - start_s, float(span_s))
        if end <= begin or stretch.state is State.UNKNOWN:
            continue
        for cell in range(int(begin // cell_s), min(int(end / cell_s), count - 1) + 1):
            overlap_s = min(end, (cell + 1) * cell_s) - max(begin, cell * cell_s)
            if overlap_s <= 0:
                continue
            if stretch.state is State.UP:
                up_s[cell] += overlap_s
            elif trouble[cell] is not State.DOWN:
                trouble[cell] = stretch.state
    return [
        trouble[cell] or (State.UP if up_s[cell] >= min(cell_s, _MOST_S) / 2 else None)
        for cell in range(count)
    ]


def cell_runs(states: list[State | None], state: State | None) -> list[tuple[int, int]]:
    """Return (first cell, count) of each run of cells in one state."""
    pieces: list[tuple[int, int]] = []
    for cell, here in enumerate(states):
        if here is not state:
            continue
        if pieces and pieces[-1][0] + pieces[-1][1] == cell:
            pieces[-1] = (pieces[-1][0], pieces[-1][1] + 1)
        else:
            pieces.append((cell, 1))
    return pieces


def outage_totals(
    history: Sequence[StateStretch], now_s: float, span_s: float = DAY_S
) -> OutageTotals:
    """Add up a history, exact to its stretches (the picture is not)."""
    start_s = now_s - span_s
    sums = dict.fromkeys(State, 0.0)
    count = 0
    last: tuple[float, float] | None = None
    for stretch in history:
        begin, end = max(stretch.start_s, start_s), min(stretch.end_s, now_s)
        if end <= begin:
            continue
        sums[stretch.state] += end - begin
        if stretch.state is not State.DOWN:
            continue
        if last is not None and last[1] == begin:
            last = (last[0], end)
        else:
            count += 1
            last = (begin, end)
    known_s = sums[State.UP] + sums[State.DEGRADED] + sums[State.DOWN]
    return OutageTotals(
        count=count,
        down_s=sums[State.DOWN],
        degraded_s=sums[State.DEGRADED],
        missing_s=max(0.0, span_s - known_s),
        last_start_s=last[0] if last else None,
        last_end_s=last[1] if last else None,
    )


def history_sentence(light: SubjectView, now_s: float, language: Language) -> str:
    """Return the history in words: how often, how long, when last."""
    sums = outage_totals(light.history, now_s)
    if sums.missing_s >= DAY_S:
        return _ALL_MISSING.read(language)
    words = LINK_STATES if light.medium else SERVICE_STATES
    parts = []
    if sums.last_start_s is not None and sums.last_end_s is not None:
        # On the collector a history ends with the last push: the present state tells whether the
        # outage does.
        is_ongoing = light.state is State.DOWN and light.history[-1].state is State.DOWN
        is_ongoing = is_ongoing or sums.last_end_s >= now_s - 1
        until = _STILL.read(language) if is_ongoing else clock_time(sums.last_end_s)
        total, start = duration(sums.down_s, language), clock_time(sums.last_start_s)
        down = words[State.DOWN]
        if sums.count > 1:
            text = _OUTAGES.read(
                language, state=down, count=sums.count, total=total, start=start, end=until
            )
        else:
            text = _OUTAGE.read(language, state=down, total=total, start=start, end=until)
        parts.append(text)
    if sums.degraded_s:
        slow = words[State.DEGRADED].read(language)
        parts.append(f"{slow}: {duration(sums.degraded_s, language)}")
    if sums.missing_s > DAY_S / 2:
        # The known time is the news here, not the long rest; and no day without a fault was
        # observed.
        known = duration(DAY_S - sums.missing_s, language)
        parts.append(_LITTLE_KNOWN.read(language, known=known))
        return " · ".join(parts)
    if not parts:
        parts.append(_NO_OUTAGE.read(language))
    if sums.missing_s >= _CELL_S:
        missing = LINK_STATES[State.UNKNOWN].read(language)
        parts.append(f"{missing}: {duration(sums.missing_s, language)}")
    return " · ".join(parts)


_ALL_MISSING: Final = Text("schema.page.history.all_missing")
_LITTLE_KNOWN: Final = Text("schema.page.history.little_known")
_NO_OUTAGE: Final = Text("schema.page.history.no_outage")
_STILL: Final = Text("schema.page.history.still")
_OUTAGE: Final = Text("schema.page.history.outages.once")
_OUTAGES: Final = Text("schema.page.history.outages.several")
_PICTURE: Final = Text("schema.page.history.picture")


def history_picture(
    light: SubjectView, title: str, key: str, now_s: float, language: Language
) -> str:
    """
    Return the history as inline SVG; ``key`` makes its ids unique in the page, and the element
    ``<key>d`` there describes it in words.

    Bars are drawn in a stretched coordinate system of one unit a cell; hatching and hours lie
    under and over it in pixels, so that neither is distorted. Uses ``#hatch`` and ``#hours`` of
    ``shared_picture_parts``.
    """
    states = cells(light.history, now_s)
    bars = bar_paths(states)
    heading = escape(_PICTURE.read(language, title=title))
    return (
        f'<svg class="day" role="img" aria-labelledby="{key}t" aria-describedby="{key}d">'
        f'<title id="{key}t">{heading}</title>'
        '<rect width="100%" height="24" fill="url(#hatch)"/>'
        f'<svg height="24" viewBox="0 0 {CELLS} {_HEIGHT}" '
        f'preserveAspectRatio="none">{bars}</svg><use href="#hours"/></svg>'
    )


def bar_paths(states: list[State | None]) -> str:
    """Return the bars of cells, one unit wide each and twelve high at most."""
    # The stroke width of each class is in the style sheet, and equals the height here.
    paths = [_path(cell_runs(_recorded(states), State.UP), "track", _HEIGHT)]
    paths += [_path(cell_runs(states, state), f"h-{state}", rise) for state, rise in _RISES.items()]
    return "".join(paths)


def _recorded(states: list[State | None]) -> list[State | None]:
    return [None if state is None else State.UP for state in states]


def _path(stretches: list[tuple[int, int]], css_class: str, rise: int) -> str:
    """Return bars standing on the ground line as one stroked path: a few bytes a bar."""
    if not stretches:
        return ""
    at, count = stretches[0]
    steps = [f"M{at} {_HEIGHT - rise / 2:g}h{count}"]
    for (before, lasted), (first, count) in pairwise(stretches):
        steps.append(f"m{first - before - lasted} 0h{count}")
    return f'<path class="{css_class}" d="{"".join(steps)}"/>'


def shared_picture_parts(now_s: float) -> str:
    """Return the shared parts of all pictures of a page: the hatching and the hours, drawn once."""
    start_s = now_s - DAY_S
    first_hour = int((start_s + VIETNAM_OFFSET_S) // _HOUR_S) + 1
    marks = []
    for hour in range(first_hour, first_hour + 24):
        hour_s = hour * _HOUR_S - VIETNAM_OFFSET_S
        share = (hour_s - start_s) / DAY_S
        if not 0 < share < 1:
            continue
        marks.append(_hour_mark(hour, hour_s, share))
    return (
        '<pattern id="hatch" width="7" height="7" patternUnits="userSpaceOnUse">'
        '<rect class="gap" width="7" height="7"/>'
        '<path class="gap-line" d="M-1 8L8-1M-4.5 4.5L4.5-4.5M2.5 11.5L11.5 2.5"/>'
        f'</pattern><g id="hours">{"".join(marks)}</g>'
    )


def _hour_mark(hour: int, hour_s: float, share: float) -> str:
    x = f"{share * 100:.2f}%"
    long = hour % 6 == 0
    mark = f'<line class="tick" x1="{x}" x2="{x}" y1="24" y2="{28 if long else 26}"/>'
    if hour % 3 or not _EDGE < share < 1 - _EDGE:
        return mark
    label = calendar_date(hour_s)[:5] if hour % 24 == 0 else clock_time(hour_s)
    css_class = "hour" if long else "hour between"
    return f'{mark}<text class="{css_class}" x="{x}" y="39">{label}</text>'
