"""
Pictures of lamps, sockets and cables, drawn beside the steps that mention them.

Somebody who has never opened the box recognises a lamp or a plug more easily by its look than by
its name. The only letters in a picture are those on the equipment itself.
"""

from collections.abc import Iterable
from typing import Final

from thongsuot_schema.page.escape import escape
from thongsuot_schema.words.language import Language, Text
from thongsuot_schema.words.sentence import Step, StepPicture

_ALTERNATIVES: Final[dict[StepPicture, Text]] = {
    StepPicture.CABLE: Text("schema.page.picture.cable"),
    StepPicture.POWER: Text("schema.page.picture.power"),
    StepPicture.PORT_LAMP: Text("schema.page.picture.port_lamp"),
    StepPicture.LOS_LAMP: Text("schema.page.picture.los_lamp"),
    StepPicture.FIBRE: Text("schema.page.picture.fibre"),
    StepPicture.SIM: Text("schema.page.picture.sim"),
    StepPicture.WINDOW: Text("schema.page.picture.window"),
    StepPicture.RESTART: Text("schema.page.picture.restart"),
    StepPicture.USB: Text("schema.page.picture.usb"),
    StepPicture.BREAKER: Text("schema.page.picture.breaker"),
    StepPicture.UPS: Text("schema.page.picture.ups"),
    StepPicture.BACKUP: Text("schema.page.picture.backup"),
    StepPicture.OTHER_PORT: Text("schema.page.picture.other_port"),
    StepPicture.UNPLUG: Text("schema.page.picture.unplug"),
}

# A plug of a network cable from the side, with its clip and contacts, in front of its socket.
_LAN_PLUG: Final = (
    '<path d="M0 31h18" stroke="var(--accent)" stroke-width="9"/>'
    '<path d="M17 23h11v17H17z" fill="var(--accent)" stroke="none"/>'
    '<path d="M28 18h27v26H28z" fill="var(--card)"/>'
    '<path d="M47 23h6M47 28.5h6M47 34h6M47 39h6" stroke="var(--degraded-bar)" stroke-width="2.5"/>'
    '<path d="M53 17L33 9" stroke-width="3"/>'
)
_LAN_SOCKET: Final = (
    '<path d="M68 4h27v56H68z" fill="var(--card)"/>'
    '<path d="M68 15h19v32H68z" fill="currentColor" stroke="none"/>'
)
_RIGHT: Final = (
    '<path d="M34 56h22M50 50.5l7 5.5-7 5.5" stroke="var(--accent)" stroke-width="3.5"/>'
)
_LEFT: Final = (
    '<path d="M34 56h22M40 50.5l-7 5.5 7 5.5" stroke="var(--down-bar)" stroke-width="3.5"/>'
)
_WALL_SOCKET: Final = (
    '<rect x="2" y="12" width="27" height="34" rx="4" fill="var(--card)"/>'
    '<circle cx="15.5" cy="23" r="2.5" fill="currentColor" stroke="none"/>'
    '<circle cx="15.5" cy="35" r="2.5" fill="currentColor" stroke="none"/>'
)
_POWER_PLUG: Final = (
    '<path d="M29.5 23h8M29.5 35h8" stroke-width="3"/>'
    '<path d="M37 18h6c6 0 8 5 8 11s-2 11-8 11h-6z" fill="currentColor" stroke="none"/>'
)


def _power_button(x: float, y: float, colour: str) -> str:
    """Return the sign of a power button around a point."""
    return (
        f'<circle cx="{x}" cy="{y}" r="15" fill="var(--card)" stroke="{colour}"/>'
        f'<path d="M{x - 5} {y - 5}a7.5 7.5 0 1 0 10 0M{x} {y - 9}v8" stroke="{colour}" '
        'stroke-width="3"/>'
    )


def _lamp(x: float, y: float, colour: str) -> str:
    """Return a lamp that is lit."""
    return (
        f'<circle cx="{x}" cy="{y}" r="5.5" fill="{colour}" stroke="none"/>'
        f'<path d="M{x - 12} {y}h4M{x + 8} {y}h4M{x - 8} {y - 8}l2.5 2.5M{x + 8} {y - 8}l-2.5 '
        f'2.5M{x - 8} {y + 8}l2.5-2.5M{x + 8} {y + 8}l-2.5-2.5M{x} {y + 8}v4" '
        f'stroke="{colour}"/>'
    )


_GOOD, _BAD = "var(--up-bar)", "var(--down-bar)"

_DRAWINGS: Final[dict[StepPicture, str]] = {
    StepPicture.CABLE: (
        f"{_LAN_PLUG}{_LAN_SOCKET}{_RIGHT}"
        '<path d="M60 13l-2-8M64 20l-7-3M56 50l6-3" stroke="var(--accent)"/>'
    ),
    StepPicture.UNPLUG: f"{_LAN_PLUG}{_LAN_SOCKET}{_LEFT}",
    StepPicture.POWER: (
        f"{_WALL_SOCKET}{_POWER_PLUG}"
        '<path d="M45 29c8 0 0 20 9 20" stroke-width="3"/>'
        '<path d="M61 34l-3-16M87 34l3-16" stroke-width="3"/>'
        '<rect x="53" y="34" width="41" height="27" rx="4" fill="var(--card)"/>'
        f"{_lamp(74, 47, _GOOD)}"
    ),
    StepPicture.PORT_LAMP: (
        '<rect x="14" y="2" width="68" height="60" rx="4" fill="var(--card)"/>'
        '<path d="M32 31h32v16h-7v6h-5v6h-8v-6h-5v-6h-7z" fill="currentColor" stroke="none"/>'
        '<path d="M37 32v6M42.5 32v6M48 32v6M53.5 32v6M59 32v6" stroke="var(--degraded-bar)"/>'
        f"{_lamp(31, 16, _GOOD)}"
        '<circle cx="65" cy="16" r="4.5"/>'
    ),
    StepPicture.LOS_LAMP: (
        '<path d="M14 18L9 2M82 18l5-16" stroke-width="3"/>'
        '<rect x="2" y="17" width="92" height="45" rx="5" fill="var(--card)"/>'
        '<text x="17" y="31" font-size="10">PON</text><text x="79" y="31" font-size="10">LAN</text>'
        f'<text x="48" y="31" font-size="12" color="{_BAD}">LOS</text><circle cx="17" cy="46" '
        f'r="4.5"/><circle cx="79" cy="46" r="5" fill="{_GOOD}" stroke="none"/>'
        f"{_lamp(48, 46, _BAD)}"
    ),
    StepPicture.FIBRE: (
        '<path d="M0 48c14 0 12-14 25-14" stroke="var(--degraded-bar)" stroke-width="3.5"/>'
        f'<path d="M25 27h25v14H25z" fill="{_GOOD}"/><path d="M50 31h8v6h-8z" fill="var(--card)"/>'
        '<path d="M69 7h26v50H69z" fill="var(--card)"/>'
        '<path d="M69 25h15v18H69z" fill="currentColor" stroke="none"/>'
        f'<text x="82" y="19" font-size="9.5">PON</text>{_RIGHT}'
    ),
    StepPicture.SIM: (
        '<path d="M6 12h26l9 9v28H6z" fill="var(--card)"/>'
        '<rect x="13" y="25" width="18" height="16" rx="3" fill="var(--degraded-bar)"/>'
        '<path d="M13 33h18M22 25v16"/>'
        '<rect x="62" y="4" width="32" height="56" rx="4" fill="var(--card)"/>'
        '<path d="M62 17h8v28h-8z" fill="currentColor" stroke="none"/>'
        '<path d="M45 31h11M52 25.5l6 5.5-6 5.5" stroke="var(--accent)" stroke-width="3.5"/>'
    ),
    StepPicture.WINDOW: (
        '<rect x="3" y="5" width="38" height="48" fill="var(--card)"/><path d="M22 5v48M3 29h38"/>'
        '<path d="M0 57h44" stroke-width="4"/>'
        '<rect x="72" y="20" width="20" height="40" rx="5" fill="var(--card)"/>'
        f'<circle cx="82" cy="50" r="3" fill="{_GOOD}" stroke="none"/>'
        '<path d="M77 14a7 7 0 0 1 10 0M73 9a13 13 0 0 1 18 0"/>'
        '<path d="M66 40H50M56 34.5l-6 5.5 6 5.5" stroke="var(--accent)" stroke-width="3.5"/>'
    ),
    StepPicture.RESTART: (
        f"{_power_button(17, 38, 'currentColor')}{_power_button(79, 38, _GOOD)}"
        '<path d="M38 38h18M50 32.5l6.5 5.5-6.5 5.5" stroke="var(--accent)" '
        'stroke-width="3.5"/>'
        '<circle cx="48" cy="14" r="11" fill="var(--card)"/><path d="M48 7v7l5 3"/>'
    ),
    StepPicture.USB: (
        '<path d="M0 32h8" stroke="currentColor" stroke-width="7"/>'
        '<rect x="8" y="20" width="24" height="24" rx="4" fill="currentColor"/>'
        '<path d="M32 23h22v18H32z" fill="var(--card)"/>'
        '<path d="M43 27h5v3h-5zM43 34h5v3h-5z" fill="currentColor" stroke="none"/>'
        '<path d="M69 7h26v50H69z" fill="var(--card)"/>'
        '<path d="M69 21h17v22H69z" fill="currentColor" stroke="none"/>'
        f'<path d="M69 32h13" stroke="var(--card)" stroke-width="4"/>{_RIGHT}'
    ),
    StepPicture.BREAKER: (
        '<rect x="24" y="2" width="40" height="60" rx="3" fill="var(--card)"/>'
        '<rect x="35" y="20" width="18" height="26" fill="currentColor" stroke="none"/>'
        f'<rect x="33" y="18" width="22" height="11" rx="2" fill="{_GOOD}"/>'
        '<text x="44" y="14" font-size="10">ON</text><text x="44" y="57" font-size="10">OFF</text>'
        '<path d="M76 46V20M70 26.5l6-7 6 7" stroke="var(--accent)" stroke-width="3.5"/>'
    ),
    StepPicture.UPS: (
        '<rect x="54" y="2" width="40" height="60" rx="4" fill="var(--card)"/>'
        '<path d="M61 9h24v11H61zM85 12h3v5h-3" stroke-width="2"/>'
        f'<path d="M63.5 11.5h8v6h-8zM73.5 11.5h8v6h-8z" fill="{_GOOD}" stroke="none"/>'
        '<circle cx="62" cy="35" r="2.5" fill="currentColor" stroke="none"/>'
        '<circle cx="62" cy="47" r="2.5" fill="currentColor" stroke="none"/>'
        '<text x="80" y="46" font-size="10">UPS</text>'
        '<path d="M0 41h20" stroke-width="3"/><path d="M34 35h7M34 47h7" stroke-width="3"/>'
        '<path d="M34 30h-6c-6 0-8 5-8 11s2 11 8 11h6z" fill="currentColor" stroke="none"/>'
        '<path d="M22 18h20M36 12.5l7 5.5-7 5.5" stroke="var(--accent)" stroke-width="3.5"/>'
    ),
    StepPicture.BACKUP: (
        '<rect x="7" y="20" width="36" height="26" rx="2" fill="var(--card)"/>'
        '<path d="M2 52h46" stroke-width="5"/>'
        '<rect x="74" y="14" width="20" height="46" rx="5" fill="var(--card)"/>'
        f'<circle cx="84" cy="50" r="3" fill="{_GOOD}" stroke="none"/>'
        '<path d="M66 24a14 14 0 0 0 0 16M60 19a23 23 0 0 0 0 26M54 14a32 32 0 0 0 0 36" '
        'stroke="var(--accent)" stroke-width="3"/>'
    ),
    StepPicture.OTHER_PORT: (
        '<rect x="2" y="4" width="92" height="30" rx="4" fill="var(--card)"/>'
        '<path d="M9 11h18v16H9zM39 11h18v16H39zM69 11h18v16H69z" fill="currentColor" '
        'stroke="none"/>'
        '<path d="M18 62V44" stroke="var(--accent)" stroke-width="6"/>'
        '<path d="M12 36h12v11H12z" fill="var(--card)"/>'
        '<path d="M30 52c12 0 18-2 18-11M42 46l6-7 6 7" stroke="var(--accent)" '
        'stroke-width="3.5"/>'
    ),
}


def picture_parts(page: str) -> str:
    """Return the pictures that a page uses, each drawn once; their strokes are in its style."""
    return "".join(
        f'<symbol id="p-{picture}" viewBox="0 0 96 64">{_DRAWINGS[picture]}</symbol>'
        for picture in StepPicture
        if f'"#p-{picture}"' in page
    )


def step_picture(picture: StepPicture, language: Language) -> str:
    """Return a use of a picture, with its alternative text."""
    label = escape(_ALTERNATIVES[picture].read(language))
    return f'<svg class="pic" role="img" aria-label="{label}"><use href="#p-{picture}"/></svg>'


def steps_part(steps: Iterable[Step], language: Language) -> str:
    """Return steps in their order: those with pictures side by side, numbered; the rest as text."""
    listed = list(steps)
    pictured = [step for step in listed if step.picture is not None]
    rest = " ".join(step.text for step in listed if step.picture is None)
    rows = "".join(
        f"<li>{step_picture(step.picture, language)}<p>{escape(step.text)}</p></li>"
        for step in pictured
        if step.picture is not None
    )
    shown = f'<ol class="steps">{rows}</ol>' if rows else ""
    return shown + (f"<p>{escape(rest)}</p>" if rest else "")


_STROKES: Final = (
    'fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" '
    'stroke-linejoin="round"'
)
_LETTERS: Final = (
    'font-family="Noto Sans" font-weight="700" text-anchor="middle" fill="currentColor" '
    'stroke="none"'
)
_ON_PAPER: Final = {
    "currentColor": "#1b1f24",
    "var(--card)": "#ffffff",
    "var(--accent)": "#0b5a63",
    "var(--up-bar)": "#3c9366",
    "var(--degraded-bar)": "#b87503",
    "var(--down-bar)": "#c8362e",
}


def picture_on_paper(picture: StepPicture) -> str:
    """Return a picture as a separate SVG with the colours of print: for a sheet, not a page."""
    drawn = _DRAWINGS[picture].replace("<text ", f"<text {_LETTERS} ")
    drawn = f"<g {_STROKES}>{drawn}</g>"
    for name, colour in _ON_PAPER.items():
        drawn = drawn.replace(name, colour)
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 96 64">{drawn}</svg>'


def picture_alternative(picture: StepPicture, language: Language) -> str:
    """Return the alternative text of a picture."""
    return _ALTERNATIVES[picture].read(language)
