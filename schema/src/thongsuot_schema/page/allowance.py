"""The month of a metered link: the data used by monitoring so far, as a sentence and a curve."""

from typing import Final

from thongsuot_schema.page.escape import escape
from thongsuot_schema.view import AllowanceUse
from thongsuot_schema.words.figures import number, percent
from thongsuot_schema.words.language import Language, Text

_WIDTH: Final = 310
_HEIGHT: Final = 60
_EDGE: Final = 2

TITLE: Final = Text("schema.page.allowance.title")
USED: Final = Text("schema.page.allowance.used")
AHEAD: Final = Text("schema.page.allowance.ahead")
CURVE: Final = Text("schema.page.allowance.curve")


def allowance_part(allowance: AllowanceUse, key: str, language: Language) -> str:
    """Return the part of a link's card, folded away; ``key`` makes its ids unique."""
    share = allowance.spent_bytes / allowance.allowance_bytes
    sentence = USED.read(
        language,
        spent=_megabytes(allowance.spent_bytes, language),
        allowance=_megabytes(allowance.allowance_bytes, language),
        share=percent(share, language),
        today=allowance.today,
        days=allowance.days,
    )
    ahead = ""
    if share > allowance.today / allowance.days:
        ahead = f"<p>{escape(AHEAD.read(language))}</p>"
    return (
        f'<details id="{key}b"><summary>{escape(TITLE.read(language))}</summary>'
        f"<p>{escape(sentence)}</p>{ahead}{_picture(allowance, language)}</details>"
    )


def _picture(allowance: AllowanceUse, language: Language) -> str:
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in curve(allowance))
    label = escape(CURVE.read(language))
    return (
        f'<svg class="month" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{label}">'
        f'<path class="gap-line" stroke-dasharray="4 4" d="M0 {_HEIGHT - _EDGE}L{_WIDTH} {_EDGE}"/>'
        f'<polyline class="spent" points="{points}"/></svg><p class="sum">{label}</p>'
    )


def curve(allowance: AllowanceUse) -> list[tuple[float, float]]:
    """
    Return the points of the data used until the end of each day so far.

    From the lower left corner; the upper edge is the allowance, and more is not drawn above it.
    """
    used = dict(allowance.by_day)
    inner = _HEIGHT - 2 * _EDGE
    points = [(0.0, float(_HEIGHT - _EDGE))]
    total = 0
    for day in range(1, allowance.today + 1):
        total += used.get(day, 0)
        filled = min(1.0, total / allowance.allowance_bytes)
        points.append((_WIDTH * day / allowance.days, _HEIGHT - _EDGE - filled * inner))
    return points


def _megabytes(size_bytes: int, language: Language) -> str:
    return number(size_bytes / 1e6, 1 if size_bytes < 100e6 else 0, language)
