"""
Plain words: what stands in a text that its reader does not know, by the glossary.

A Vietnamese text is made of syllables, which have few forms: whatever has another form is a term of
the glossary, a name, or a mistake. In every language a word in the form of a program's name is one.
"""

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Final

from tools.glossary import TERMS_FILE

_GLOSSARY: Final = tomllib.loads(TERMS_FILE.read_text(encoding="utf-8"))
_TERMS: Final = (*_GLOSSARY["terms"], *_GLOSSARY["others"]["words"])

_SYLLABLE: Final = re.compile(
    "(ngh|ng|nh|ch|tr|th|ph|kh|gh|gi|qu|[bcdghklmnpqrstvx])?[aeiouy]{1,3}(ch|ng|nh|[cmnpt])?"
)
_WORD: Final = re.compile(r"[^\W\d_]+")
_MACHINE: Final = re.compile(
    r"\b[^\W_]+(?:_[^\W_]+)+"  # timed_out
    r"|\b[a-z]+[A-Z]\w*"  # inProgress
    r"|\b[a-z]\w*(?:\.[a-z]\w*){2,}"  # net.ipv4.conf
    r"|[{}]|\b(?:None|True|False|NaN|null|undefined)\b(?!\.)"
)
_ACRONYM: Final = re.compile(r"\b[A-Z]{2,}\w*")
_PLACE: Final = re.compile(r"\{[^{}]*\}")
_ADDRESS: Final = re.compile(r"https?://\S+|\b[\w-]+(?:\.[\w-]+)+\b|\b[0-9a-f:]*:[0-9a-f:]+\b")
_FOR_ADMINISTRATORS: Final = re.compile(
    r"(?:Người quản trị|[Qq]uản trị viên|[Aa]dministrator|(?:chạy|bằng) lệnh)\b.*"
)


def unknown_words(text: str, language: str, *, known: Iterable[str] = ()) -> list[str]:
    """
    Return what a reader does not know, in the order of the text.

    ``known`` are names that stand in it: of points, carriers, circuits. Advice to administrators,
    addresses and the places of a message are left out.
    """
    plain = _PLACE.sub(" ", text)
    for name in sorted({*known, *_TERMS}, key=len, reverse=True):
        plain = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", " ", plain, flags=re.IGNORECASE)
    plain = _FOR_ADMINISTRATORS.sub(" ", plain)
    # A name with dots is a machine's word; one that leads somewhere is an address.
    machine = _MACHINE.findall(_ADDRESS.sub(" ", plain))
    plain = _ADDRESS.sub(" ", plain)
    words = [word for word in _WORD.findall(plain) if len(word) > 1]
    if language == "vi":
        unknown = [word for word in words if not _is_syllable(word)]
    else:
        # A whole text in capitals is emphasis.
        acronyms = () if text.isupper() else _ACRONYM.findall(plain)
        unknown = [*acronyms, *filter(_has_vietnamese_letters, words)]
    return list(dict.fromkeys([*machine, *unknown]))


def avoided_words(text: str, language: str) -> Iterator[str]:
    """Yield what the glossary says otherwise, and how it says it."""
    lowered = text.lower()
    for words, better in _GLOSSARY["avoided"].get(language, {}).items():
        if re.search(rf"(?<!\w){re.escape(words.lower())}(?!\w)", lowered):
            yield f"{words} → {better}"


def _is_syllable(word: str) -> bool:
    return _SYLLABLE.fullmatch(_without_marks(word.lower())) is not None


def _without_marks(word: str) -> str:
    decomposed = unicodedata.normalize("NFD", word.replace("đ", "d"))
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def _has_vietnamese_letters(word: str) -> bool:
    return _without_marks(word.lower()) != word.lower()
