"""Searches names as typed by people: without diacritics, in any case. Pure."""

import unicodedata


def folded(text: str) -> str:
    """Return a text normalised for comparison: ``Hoàn Kiếm`` equals ``hoan kiem``."""
    decomposed = unicodedata.normalize("NFD", text.casefold().replace("đ", "d"))
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def matches(wanted: str, *texts: str) -> bool:
    """Return a matcher of texts that contain every wanted word."""
    hay = " ".join(folded(text) for text in texts)
    return all(word in hay for word in folded(wanted).split())
