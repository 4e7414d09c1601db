"""The nearest known word to one that is not known."""

from collections.abc import Iterable, Sequence

from thongsuot_schema.localizable import Localizable

_SHOWN = 16
"""Longer lists help nobody in an error message; the kinds of probes are thirteen (2026-11)."""


def suggest(word: str, known: Iterable[str]) -> str:
    """
    Return how to end a sentence about an unknown word.

    ``; did you mean "carrier"?`` where a known word is near, else ``; known: …`` with all of them
    when they are few, else nothing.
    """
    words = sorted(set(known))
    near = nearest(word, words)
    if near:
        return Localizable('; did you mean "{word}"?', word=near)
    listed = shown(words)
    return Localizable("; known: {words}", words=listed) if listed else ""


def nearest(word: str, words: Sequence[str]) -> str:
    """Return the known word nearest to an unknown one; nothing if none is near."""
    # Half a megabyte, and an agent whose configuration is right never needs it.
    from difflib import get_close_matches  # noqa: PLC0415

    close = get_close_matches(word, words, n=1, cutoff=0.6)
    alike = [known_word for known_word in words if known_word.lower() == word.lower()]
    return next(iter(close or alike), "")


def shown(words: Sequence[str]) -> str:
    """Return all words as a list when they are few; nothing else."""
    return ", ".join(words) if len(words) <= _SHOWN else ""
