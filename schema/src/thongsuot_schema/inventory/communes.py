"""
The 126 communes and wards of Hanoi since 2025-07-01, in Vietnamese order.

Shipped as ``communes.csv`` beside this module; its source is documented in ``communes.NOTICE``.
"""

import csv
import unicodedata
from functools import cache
from importlib.resources import files

from thongsuot_schema.inventory.model import Commune

NOWHERE = "00000"
"""The code of a site whose commune is not known."""

_ALPHABET = "aăâbcdđeêfghijklmnoôơpqrstuưvwxyz"
_TONES = {"\u0300": 1, "\u0309": 2, "\u0303": 3, "\u0301": 4, "\u0323": 5}
"""Grave, hook above, tilde, acute, dot below: the order of Vietnamese dictionaries."""

_KINDS = ("Phường ", "Xã ")


@cache
def bundled_communes() -> tuple[Commune, ...]:
    """Return the communes that are shipped, sorted by their own name, ward or commune."""
    text = files("thongsuot_schema.inventory").joinpath("communes.csv").read_text("utf-8")
    rows = csv.DictReader(text.splitlines())
    communes = (
        Commune(code=row["code"], name=row["name"], kind=row["kind"], slug=row["slug"])
        for row in rows
    )
    return tuple(sorted(communes, key=lambda commune: sort_key(own_name(commune))))


def own_name(commune: Commune) -> str:
    """Return the name without the word for its kind: ``Ba Đình``, not ``Phường Ba Đình``."""
    for kind in _KINDS:
        if commune.name.startswith(kind):
            return commune.name.removeprefix(kind)
    return commune.name


def sort_key(text: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """
    Return a key that sorts as Vietnamese does: by letters, then by tones.

    ``ă`` and ``â`` are letters of their own after ``a``, ``đ`` after ``d``; tones only decide
    between words of the same letters. Other characters come before all letters.
    """
    letters: list[int] = []
    tones: list[int] = []
    for letter in unicodedata.normalize("NFC", text).lower():
        tone = 0
        bare = letter
        for mark in unicodedata.normalize("NFD", letter):
            if mark in _TONES:
                tone = _TONES[mark]
                bare = _without(letter, mark)
        letters.append(_ALPHABET.find(bare) + 1)
        tones.append(tone)
    return tuple(letters), tuple(tones)


def fold(text: str) -> str:
    """Return a text as typed without diacritics: small Latin letters, digits, single spaces."""
    decomposed = unicodedata.normalize("NFD", text.lower().replace("đ", "d"))
    kept = (letter if letter.isalnum() else " " for letter in decomposed if not _is_mark(letter))
    return " ".join("".join(kept).split())


def _without(letter: str, mark: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", letter).replace(mark, ""))


def _is_mark(letter: str) -> bool:
    return unicodedata.combining(letter) != 0
