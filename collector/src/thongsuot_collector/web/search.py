"""Finding names as people type them: without diacritics, in any case. Pure."""

import unicodedata


def folded(text: str) -> str:
    """Return a text as it is compared: ``Hoàn Kiếm`` and ``hoan kiem`` are the same."""
    decomposed = unicodedata.normalize("NFD", text.casefold().replace("đ", "d"))
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def matches(wanted: str, *texts: str) -> bool:
    """Whether every word that is wanted stands in one of the texts."""
    hay = " ".join(folded(text) for text in texts)
    return all(word in hay for word in folded(wanted).split())
