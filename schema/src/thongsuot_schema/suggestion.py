"""The nearest known word to one that is not known."""

from collections.abc import Iterable
from difflib import get_close_matches

_SHOWN = 16
"""Longer lists help nobody in an error message; the kinds of probes are thirteen (2026-11)."""


def suggest(word: str, known: Iterable[str]) -> str:
    """
    Return how to end a sentence about an unknown word.

    ``; did you mean "carrier"?`` where a known word is near, else ``; known: …`` with all of them
    when they are few, else nothing.
    """
    words = sorted(set(known))
    close = get_close_matches(word, words, n=1, cutoff=0.6) or [
        known_word for known_word in words if known_word.lower() == word.lower()
    ]
    if close:
        return f'; did you mean "{close[0]}"?'
    return f"; known: {', '.join(words)}" if 0 < len(words) <= _SHOWN else ""
