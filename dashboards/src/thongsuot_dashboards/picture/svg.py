"""SVG: the few elements that the pictures are made of, and the colours."""

from html import escape

NAMED = {
    "green": "#56a64b",
    "yellow": "#e0b400",
    "orange": "#ff780a",
    "red": "#e02f44",
    "blue": "#3274d9",
    "purple": "#a352cc",
    "dark-red": "#a1121f",
    "dark-orange": "#c25400",
    "text": "#24292e",
    "transparent": "none",
}
"""Grafana's names of colours, as its light theme shows them."""

SERIES = (
    "#3274d9", "#e0752d", "#56a64b", "#a352cc", "#c15c17", "#0a9396", "#bf1b00", "#705da0",
    "#806eb7", "#447ebc", "#b7880f", "#508642",
)  # fmt: skip
"""By the place of a series in its panel."""

INK, FAINT, RULE, GROUND, PAPER = "#24292e", "#6e7681", "#e3e6ea", "#f4f5f7", "#ffffff"

_WIDTH = {"i": 0.3, "l": 0.3, "j": 0.3, ".": 0.32, ",": 0.32, " ": 0.32, "m": 0.95, "w": 0.82}


def color_of(name: str) -> str:
    """Return a colour by Grafana's name; what is no name is a colour already."""
    return NAMED.get(name, name)


def wide(text: str, size: float) -> float:
    """Return about how wide a text is."""
    return sum(_WIDTH.get(letter, 0.7 if letter.isupper() else 0.57) for letter in text) * size


def cut(text: str, size: float, room: float) -> str:
    """Return a text that fits in a room, with an ellipsis where it was cut."""
    if wide(text, size) <= room:
        return text
    while text and wide(text + "…", size) > room:
        text = text[:-1]
    return text + "…"


def rect(x: float, y: float, w: float, h: float, fill: str, *, more: str = "") -> str:
    """Return a rectangle."""
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{w:.1f}" height="{h:.1f}" fill="{fill}"{more}/>'


def line(x1: float, y1: float, x2: float, y2: float, stroke: str, *, more: str = "") -> str:
    """Return a straight line."""
    return (
        f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{stroke}"{more}/>'
    )


def words(
    text: str, x: float, y: float, *, size: float = 11, fill: str = INK, more: str = ""
) -> str:
    """Return a text whose base line begins at a place."""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size:g}" fill="{fill}"{more}>'
        f"{escape(text)}</text>"
    )
