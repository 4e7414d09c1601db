"""
Unbroken: what a line never ends inside, on every page: moments, telephone numbers, circuit ids.

Words themselves are broken only where one is longer than its whole column (the style sheet's
``overflow-wrap``); these have spaces and hyphens in them. Of a circuit id that somebody reads out
on the telephone half is forgotten when it stands on two lines.
"""

import re
from typing import Final

_TIME: Final = r"\d{1,2}:\d{2}(?::\d{2})?(?![\d:])"
_DATE: Final = r"\d{1,2}/\d{1,2}/\d{4}"
_TELEPHONE: Final = r"(?:\+84|0|1[89]00)[ .-]?\d{2,4}(?:[ .-]?\d{2,4}){1,3}(?!\d)"
_CIRCUIT: Final = r"[A-Z]{2,}(?:-[A-Z0-9]+)*-\d{2,}[A-Z0-9]*"

_UNBROKEN: Final = re.compile(rf"(?<![\w&#;:/+.-])(?:{_DATE} {_TIME}|{_CIRCUIT}|{_TELEPHONE})")

# A page is text between tags; what stands in these elements is no text of its own.
_PIECES: Final = re.compile(
    r"(<(?:style|script|title|svg|option|textarea|time)\b.*?"
    r"</(?:style|script|title|svg|option|textarea|time)>|<[^>]*>)",
    re.DOTALL,
)


def keep_unbroken(page: str) -> str:
    """Return a page with an element that does not wrap around what a line must not end inside."""
    pieces = _PIECES.split(page)
    # Text stands at the even places.
    for at in range(0, len(pieces), 2):
        pieces[at] = _UNBROKEN.sub(r"<span class=nb>\g<0></span>", pieces[at])
    return "".join(pieces)
