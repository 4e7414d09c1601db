"""Colours that can be told from their ground (WCAG 2.2, 1.4.3 and 1.4.11)."""

import re

import pytest

from thongsuot_schema.page.style import STYLE

SCHEMES: dict[str, str] = dict(
    zip(
        ("light", "dark"),
        re.findall(r":root\{([^}]*--paper[^}]*--track[^}]*)\}", STYLE),
        strict=True,
    )
)

TEXT = [
    (ink, ground)
    for ink in ("ink", "soft", "accent", "up", "degraded", "down", "unknown")
    for ground in ("card", "paper")
] + [(state, f"{state}-tint") for state in ("up", "degraded", "down", "unknown")]

BARS = [(f"{state}-bar", "track") for state in ("up", "degraded", "down")]


def luminance(colour: str) -> float:
    """Return the relative luminance of ``#rgb`` or ``#rrggbb`` (WCAG 2.2, definition)."""
    digits = colour.removeprefix("#")
    if len(digits) == 3:
        digits = "".join(digit * 2 for digit in digits)
    channels = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    linear = [
        channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4
        for channel in channels
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(scheme: str, first: str, other: str) -> float:
    """Return the contrast ratio of two colours of a scheme, by their names."""
    colours = dict(re.findall(r"--([\w-]+):(#\w+)", SCHEMES[scheme]))
    lighter, darker = sorted((luminance(colours[first]), luminance(colours[other])), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize(("ink", "ground"), TEXT)
def test_text_can_be_read_on_its_ground(scheme: str, ink: str, ground: str) -> None:
    assert contrast(scheme, ink, ground) >= 4.5


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize(("bar", "ground"), BARS)
def test_bars_can_be_told_from_their_ground(scheme: str, bar: str, ground: str) -> None:
    assert contrast(scheme, bar, ground) >= 3


def test_no_rule_was_lost_to_an_unclosed_brace_or_string() -> None:
    assert STYLE.count("{") == STYLE.count("}")
    assert all(line.count('"') % 2 == 0 for line in STYLE.splitlines())
