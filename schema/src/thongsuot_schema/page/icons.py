"""Icons: one shape per state, so that nobody has to distinguish colours."""

from typing import Final

from thongsuot_schema.state import State

# A disc with a tick, a triangle with a mark, an octagon with a cross, a dashed ring with a query.
_GLYPHS: Final[dict[State, str]] = {
    State.UP: (
        '<circle cx="12" cy="12" r="11" fill="currentColor"/>'
        '<path d="M7 12.5l3.5 3.5L17.5 8.5" fill="none" stroke="{inner}" stroke-width="2.6" '
        'stroke-linecap="round" stroke-linejoin="round"/>'
    ),
    State.DEGRADED: (
        '<path d="M12 2L23 21.5H1z" fill="currentColor" stroke="currentColor" stroke-width="1.5" '
        'stroke-linejoin="round"/>'
        '<path d="M12 9v5.5M12 18v.1" stroke="{inner}" stroke-width="2.6" stroke-linecap="round"/>'
    ),
    State.DOWN: (
        '<path d="M7.5 1h9L23 7.5v9L16.5 23h-9L1 16.5v-9z" fill="currentColor"/>'
        '<path d="M8 8l8 8M16 8l-8 8" stroke="{inner}" stroke-width="2.8" stroke-linecap="round"/>'
    ),
    State.UNKNOWN: (
        '<circle cx="12" cy="12" r="10" fill="none" stroke="currentColor" stroke-width="2" '
        'stroke-dasharray="4.28 2"/>'
        '<path d="M9.2 9.5a2.9 2.9 0 1 1 4.3 2.5c-1 .6-1.5 1-1.5 2M12 17v.1" fill="none" '
        'stroke="currentColor" stroke-width="2.2" stroke-linecap="round"/>'
    ),
}

_TAB_COLOURS: Final[dict[State, str]] = {
    State.UP: "#187447",
    State.DEGRADED: "#b06f00",
    State.DOWN: "#c8362e",
    State.UNKNOWN: "#6c7a73",
}


def icon_parts() -> str:
    """Return the icons as symbols, drawn once per page."""
    return "".join(
        f'<symbol id="i-{state}" viewBox="0 0 24 24">{glyph.format(inner="var(--card)")}</symbol>'
        for state, glyph in _GLYPHS.items()
    )


def icon(state: State) -> str:
    """Return a use of the icon of a state; decoration, because the word is always beside it."""
    return f'<svg class="icon" aria-hidden="true"><use href="#i-{state}"/></svg>'


def tab_icon(state: State) -> str:
    """Return the icon of the browser's tab as a ``data:`` address: the state seen from afar."""
    glyph = _GLYPHS[state].format(inner="#fff")
    colour = _TAB_COLOURS[state]
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" color="{colour}">'
    return "data:image/svg+xml," + f"{head}{glyph}</svg>".translate(_URL_MARKS)


_URL_MARKS: Final = str.maketrans({'"': "'", "<": "%3C", ">": "%3E", "#": "%23", " ": "%20"})
"""Characters that must not be part of a ``data:`` address inside a quoted attribute."""


BRAND: Final = (
    '<svg viewBox="0 0 28 20" aria-hidden="true"><path d="M2 6c5-5 8-5 12 0s7 5 12 0'
    'M2 14c5-5 8-5 12 0s7 5 12 0"/></svg>'
)
"""Two streams that flow: thông suốt."""
