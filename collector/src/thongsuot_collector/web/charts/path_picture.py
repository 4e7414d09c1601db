"""
The picture of a path before and after: hops in a column, and the point where the two diverge. Pure.

The common part is one vertical line; from the point of divergence the later path continues beside
it, or ends. Rows have a height in pixels and columns a share of the width, so nothing is distorted
on a phone.
"""

from collections.abc import Iterator, Mapping
from ipaddress import ip_address
from typing import Final

import msgspec

from thongsuot_collector.web.charts import labels
from thongsuot_schema.page.escape import escape
from thongsuot_schema.path import Hop, Path
from thongsuot_schema.words.figures import milliseconds
from thongsuot_schema.words.language import Language
from thongsuot_schema.words.paths import describe_end

_ROW: Final = 44
_TOP: Final = 18
_LEFT: Final = 12
_RIGHT: Final = 54
"""The position of the second line, in hundredths of the width."""
_TEXT: Final = 14
_LONG: Final = 15
"""Characters of an address that fit beside another on a phone: enough for any of IPv4."""
_ELBOW: Final = 31
"""Where the other path branches off: below a hop's text, above the next hop."""


class PathComparison(msgspec.Struct, frozen=True, kw_only=True):
    """
    A path before and now: ``before`` reached the target, ``after`` was measured since.

    ``networks`` has the owners of addresses. ``key`` makes ids unique.
    """

    title: str
    target: str
    key: str
    before: Path | None
    after: Path | None
    networks: Mapping[str, str]


def parting(before: Path, after: Path) -> int | None:
    """
    Return the number of the first hop at which two paths differ, ``None`` if they are equal.

    A hop that is silent in either is ignored; a path that ends diverges after its last hop.
    """
    for number in range(1, max(before.last, after.last) + 1):
        ours, theirs = _routers(before, number), _routers(after, number)
        if ours and theirs and not ours & theirs:
            return number
        if number > after.last and not after.is_reached:
            return number
        if number > before.last:
            return number
    return None if after.is_reached else after.last + 1


def path_picture(comparison: PathComparison, language: Language) -> str:
    """Return the picture as inline SVG with its description; empty if no path is known."""
    before, after = comparison.before, comparison.after
    if before is None and after is None:
        return ""
    first = before if before is not None else after
    assert first is not None
    parts_at = None if before is None or after is None else parting(before, after)
    drawing = _Drawing(comparison, parts_at, language)
    rows = drawing.rows(first)
    sentence = _sentence(comparison, parts_at, language)
    key = comparison.key
    return (
        f'<svg class="path" role="img" aria-labelledby="{key}t" aria-describedby="{key}d" '
        f'height="{rows * _ROW}"><title id="{key}t">{escape(comparison.title)}</title>'
        f"{drawing.markup()}</svg>"
        f'<p class="sum" id="{key}d">{escape(sentence)}</p>'
    )


class _Drawing:
    """Nodes and lines of one picture, drawn row by row."""

    def __init__(
        self, comparison: PathComparison, parts_at: int | None, language: Language
    ) -> None:
        self._comparison = comparison
        self._parts_at = parts_at
        self._language = language
        self._lines: list[str] = []
        self._nodes: list[str] = []

    def markup(self) -> str:
        """Return lines, and nodes over them."""
        return "".join((*self._lines, *self._nodes))

    def rows(self, first: Path) -> int:
        """Draw everything; return the number of rows."""
        after = self._comparison.after
        point = labels.PATH_POINT.read(self._language)
        self._node(0, "start", point, "", is_right=False)
        last_row = 0
        for number in range(1, _length(first) + 1):
            is_apart = self._parts_at is not None and number >= self._parts_at
            css = "was" if is_apart else "both"
            self._hop(first.hop(number), number, css, is_right=False)
            last_row = number
        if first.is_reached and first.last:
            last_row += 1
            self._node(last_row, "goal", self._comparison.target, "", is_right=False)
        css = "was" if self._parts_at is not None else "both"
        self._down(_y(last_row), css)
        if after is not None and first is after and not after.is_reached:
            last_row += 1
            self._end(after, last_row, is_right=False)
        if self._parts_at is not None and after is not None:
            last_row = max(last_row, self._branch(after, self._parts_at))
        return last_row + 1

    def _branch(self, after: Path, parts_at: int) -> int:
        """Draw the diverging path beside the common one; return its last row."""
        elbow_y = _y(parts_at - 1) + _ELBOW
        self._lines.append(
            f'<line class="now" x1="{_LEFT}" x2="{_RIGHT}%" y1="{elbow_y}" y2="{elbow_y}"/>'
        )
        row = parts_at - 1
        for number in range(parts_at, _length(after) + 1):
            hop = after.hop(number)
            if hop is not None and hop.refusal:
                continue
            row = number
            self._hop(hop, number, "now", is_right=True)
        if after.is_reached:
            row += 1
            self._node(row, "goal", self._comparison.target, "", is_right=True)
        else:
            row += 1
            self._end(after, row, is_right=True)
        self._line(f"{_RIGHT}%", elbow_y, _y(row), "now")
        return row

    def _end(self, after: Path, row: int, *, is_right: bool) -> None:
        refusal = after.refusal
        about = "" if refusal is None else refusal.refusal
        self._node(row, "end", labels.PATH_ENDS.read(self._language), about, is_right=is_right)

    def _hop(self, hop: Hop | None, number: int, css: str, *, is_right: bool) -> None:
        if hop is None or not hop.routers:
            silent = labels.PATH_SILENT.read(self._language)
            self._node(number, f"{css} silent", f"{number} · {silent}", "", is_right=is_right)
            return
        about = [self._comparison.networks.get(hop.address, "")]
        if hop.rtt_s is not None:
            about.append(milliseconds(hop.rtt_s, self._language))
        self._node(
            number,
            css,
            f"{number} · {_short(hop.address)}",
            " · ".join(filter(None, about)),
            is_right=is_right,
            whole=hop.address,
        )

    def _node(
        self, row: int, css: str, text: str, about: str, *, is_right: bool, whole: str = ""
    ) -> None:
        y = _y(row)
        x = f"{_RIGHT}%" if is_right else str(_LEFT)
        title = f"<title>{escape(whole)}</title>" if whole and whole not in text else ""
        mark = (
            f'<path transform="translate(0 {y})" class="cross" d="M-6-6L6 6M6-6L-6 6"/>'
            if css == "end"
            else f'<circle r="6" cy="{y}"/>'
        )
        words = f'<text x="{_TEXT}" y="{y + 5}">{escape(text)}</text>'
        second = f'<text class="axis" x="{_TEXT}" y="{y + 20}">{escape(about)}</text>'
        self._nodes.append(
            f'<svg x="{x}" overflow="visible"><g class="{css}">{title}{mark}'
            f"{words}{second if about else ''}</g></svg>"
        )

    def _down(self, to_y: int, css: str) -> None:
        """Draw the first line, in two parts if the other path branches off."""
        from_y = _TOP
        if css == "was" and self._parts_at is not None:
            elbow_y = _y(self._parts_at - 1) + _ELBOW
            self._line(str(_LEFT), from_y, min(elbow_y, to_y), "both")
            from_y = elbow_y
        self._line(str(_LEFT), from_y, to_y, css)

    def _line(self, x: str, from_y: int, to_y: int, css: str) -> None:
        if to_y > from_y:
            self._lines.append(f'<line class="{css}" x1="{x}" x2="{x}" y1="{from_y}" y2="{to_y}"/>')


def _y(row: int) -> int:
    return _TOP + row * _ROW


def _length(path: Path) -> int:
    """Return the number of hops to draw, without a refusal or silence at the end."""
    return path.last


def _routers(path: Path, number: int) -> set[str]:
    hop = path.hop(number)
    return set() if hop is None else set(hop.routers)


def _short(address: str) -> str:
    """Return an address shortened to fit: for a long one of IPv6 its end, by which hops differ."""
    if len(address) <= _LONG:
        return address
    text = ip_address(address).compressed
    if len(text) <= _LONG:
        return text
    return f"…{text[-_LONG + 2 :]}"


def _sentence(comparison: PathComparison, parts_at: int | None, language: Language) -> str:
    """Return the picture's description in words."""
    return " ".join(_sentences(comparison, parts_at, language))


def _sentences(
    comparison: PathComparison, parts_at: int | None, language: Language
) -> Iterator[str]:
    before, after = comparison.before, comparison.after
    if before is not None:
        yield labels.PATH_BEFORE.read(language, hops=before.last)
    if after is None:
        yield labels.PATH_NOT_SINCE.read(language)
        return
    if before is not None and parts_at is None:
        yield labels.PATH_SAME.read(language)
    elif parts_at is not None and after.is_reached:
        yield labels.PATH_PARTS.read(language, hop=parts_at)
    if not after.is_reached:
        yield describe_end(after, language)
