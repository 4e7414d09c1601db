"""
Unbroken: texts in which a line is never broken, on every page: times, telephone numbers, circuit
ids.

Words themselves are broken only if one is longer than its whole column (the style sheet's
``overflow-wrap``); these texts contain spaces and hyphens. Half of a circuit id is forgotten on the
telephone if it is broken across two lines.
"""

import re
from typing import Final

_TIME: Final = r"\d{1,2}:\d{2}(?::\d{2})?(?![\d:])"
_DATE: Final = r"\d{1,2}/\d{1,2}/\d{4}"
_TELEPHONE: Final = r"(?:\+84|0|1[89]00)[ .-]?\d{2,4}(?:[ .-]?\d{2,4}){1,3}(?!\d)"
_CIRCUIT: Final = r"[A-Z]{2,}(?=[A-Z-]*\d)(?:-[A-Z0-9]+)+(?![\w-])"

_UNBROKEN: Final = re.compile(rf"(?<![\w&#;:/+.-])(?:{_DATE} {_TIME}|{_CIRCUIT}|{_TELEPHONE})")

# A page is text between tags; the content of these elements is not text of the page.
_PIECES: Final = re.compile(
    r"(<(?:style|script|title|svg|option|textarea|time)\b.*?"
    r"</(?:style|script|title|svg|option|textarea|time)>|<[^>]*>)",
    re.DOTALL,
)


def keep_unbroken(page: str) -> str:
    """Return a page with elements that do not wrap around texts that must not be broken."""
    pieces = _PIECES.split(page)
    # Text is at the even places.
    for at in range(0, len(pieces), 2):
        pieces[at] = _UNBROKEN.sub(r"<span class=nb>\g<0></span>", pieces[at])
    return "".join(pieces)
