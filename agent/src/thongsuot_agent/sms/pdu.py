"""
PDU: the modem's format of a short message (3GPP TS 23.040, 9.2.2.2; TS 23.038, 6.1.2). Pure.

Seven-bit letters, 160 to a message, or UCS-2, 70 of them. Text mode is not used: its alphabets
differ between makes.
"""

import unicodedata
from dataclasses import dataclass
from typing import Final

ONE_7: Final = 160
ONE_16: Final = 70

_SAFE: Final = frozenset(
    " !\"#%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
)
"""Characters of the default alphabet with the same code in ASCII."""
_LETTERS: Final = {0x111: "d", 0x110: "D", 0x2013: "-", 0x2014: "-", 0x2026: "..."}
"""The letter d with a stroke is one letter, not a d with a mark; and typographic signs."""

_SUBMIT: Final = 0x01
_DCS_7, _DCS_UCS2 = 0x00, 0x08
_INTERNATIONAL, _UNKNOWN_TYPE = 0x91, 0x81


@dataclass(frozen=True, slots=True)
class Pdu:
    """
    The data for ``AT+CMGS=<length>``: hex digits, and the number of octets that count as its
    length.
    """

    text: str
    length: int


def without_marks(text: str) -> str:
    """Return a text in letters of the default alphabet; any other becomes a space."""
    apart = unicodedata.normalize("NFD", text.translate(_LETTERS))
    kept = (letter for letter in apart if not unicodedata.combining(letter))
    return "".join(letter if letter in _SAFE else " " for letter in kept)


def submit(number: str, text: str, *, is_ucs2: bool) -> Pdu:
    """
    Return the PDU that sends a text to a number; the service centre is the SIM's own.

    Raises:
        ValueError: the text does not fit into one message, or has an unsupported letter.
    """
    digits = number.removeprefix("+")
    kind = _INTERNATIONAL if number.startswith("+") else _UNKNOWN_TYPE
    if is_ucs2:
        body = text.encode("utf-16-be")
        size, limit = len(body), 2 * ONE_16
    else:
        if not set(text) <= _SAFE:
            raise ValueError("the text has letters that seven bits cannot hold")
        body, size, limit = _packed(text.encode("ascii")), len(text), ONE_7
    if size > limit:
        raise ValueError(f"the text takes {size} of {limit}")
    octets = (
        bytes((_SUBMIT, 0, len(digits), kind))
        + _swapped(digits)
        + bytes((0, _DCS_UCS2 if is_ucs2 else _DCS_7, size))
        + body
    )
    return Pdu(text=f"00{octets.hex().upper()}", length=len(octets))


def _swapped(digits: str) -> bytes:
    """Return digits two to an octet, the first in its low half; F fills the last."""
    padded = digits + ("F" if len(digits) % 2 else "")
    return bytes.fromhex("".join(padded[at + 1] + padded[at] for at in range(0, len(padded), 2)))


def _packed(septets: bytes) -> bytes:
    """Return seven-bit codes without gaps, the first in the lowest bits."""
    bits = 0
    for place, code in enumerate(septets):
        bits |= code << (7 * place)
    return bits.to_bytes((7 * len(septets) + 7) // 8, "little")
