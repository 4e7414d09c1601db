"""Suggestions: the end of a sentence about an unknown word, in the reader's language."""

from collections.abc import Iterable

from thongsuot_schema.localizable import Readable
from thongsuot_schema.suggestion import nearest, shown
from thongsuot_schema.words.language import Text, Verbatim


def suggested(word: str, known: Iterable[str]) -> Readable:
    """Return the nearest known word; otherwise all of them if they are few, else nothing."""
    words = sorted(set(known))
    near = nearest(word, words)
    if near:
        return Text("schema.words.suggestion.near", word=near)
    listed = shown(words)
    return Text("schema.words.suggestion.known", words=listed) if listed else Verbatim("")
