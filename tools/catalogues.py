"""
The message catalogues: updates translations from their reference, checks and compiles them.

``<room>/src/thongsuot_<room>/locales`` has the reference of each domain, in Vietnamese
(``<domain>.pot``), and one folder for each other language (``<language>/<domain>.po``). Every
message has a name (``msgctxt``), which the code refers to. ``./run catalogues`` applies a change of
the reference to the translations: new messages are added, removed messages are dropped, and a
translation whose Vietnamese has changed is marked ``fuzzy``. Then it compiles (``.mo``, by name).
``./run catalogues --add xx`` begins a language.

A message without a translation, or with a fuzzy one, is omitted from the compiled catalogue, so
readers see it in Vietnamese.
"""

import argparse
import io
import re
import string
import sys
import unicodedata
from collections.abc import Iterator
from pathlib import Path

from babel import Locale, localedata
from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.plurals import get_plural
from babel.messages.pofile import read_po, write_po

from thongsuot_schema.words.translations import REFERENCE

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("schema", "agent", "collector")
"""The rooms that have catalogues."""
ARGPARSE, MISTAKES = "argparse", "mistakes"
BY_ENGLISH = frozenset({ARGPARSE, MISTAKES})
"""
The domains that are compiled by their English texts: what argparse says itself, laid where gettext
looks, since the standard library asks it and knows no names; and what is wrong in a file or on a
device, which is logged in English by code that knows no catalogue (``Localizable``).
"""

_LINE_WIDTH = 100
_MARKUP = frozenset('<>&"')
_PLACE = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_HEADER = """\
msgid ""
msgstr ""
"Language: {language}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: {plural_forms}\\n"

"""


class LanguageCatalogue(Catalog):
    """
    A catalogue of a language, by its code alone, with no dates in its header.

    Its counted messages have the plural forms of ``like``, an existing file, or else those that
    Unicode's tables give for the language.
    """

    def __init__(self, language: str, like: Catalog | None = None) -> None:
        super().__init__(fuzzy=False)
        self.language = language
        tables = get_plural(language)
        self.forms = tables.num_plurals if like is None else like.num_plurals
        self.rule = tables.plural_forms if like is None else like.plural_forms

    # Babel's property can also be set from a file's header; this catalogue is never read from one.
    @property  # type: ignore[misc]
    def mime_headers(  # pyright: ignore[reportIncompatibleMethodOverride]
        self,
    ) -> list[tuple[str, str]]:
        """The header that reading it requires: the encoding, and the plural rule."""
        return [
            ("Language", self.language),
            ("Content-Type", "text/plain; charset=utf-8"),
            ("Plural-Forms", self.plural_forms),
        ]

    @property
    def num_plurals(self) -> int:
        """The number of forms of a counted message."""
        return self.forms

    @property
    def plural_forms(self) -> str:
        """The plural rule as the header has it."""
        return self.rule


def locales(room: str, root: Path = ROOT) -> Path:
    """Return the folder of a room's catalogues."""
    return root / room / "src" / f"thongsuot_{room}" / "locales"


def languages(folder: Path) -> list[str]:
    """Return the languages of a folder of catalogues, the reference first."""
    return [REFERENCE, *sorted({path.parent.name for path in folder.glob("*/*.po")})]


def read(path: Path) -> Catalog:
    """Return a reference or a translation."""
    with path.open("rb") as file:
        return read_po(file, abort_invalid=True)


def messages(catalogue: Catalog) -> list[Message]:
    """Return the messages of a catalogue, without its header."""
    return [message for message in catalogue if message.id]


def texts(message: Message) -> tuple[str, ...]:
    """Return the translation of a message in all of its forms; empty texts if it has none."""
    forms = message.string if isinstance(message.string, tuple | list) else (message.string,)
    return tuple(form or "" for form in forms)


def originals(message: Message) -> tuple[str, ...]:
    """Return the reference of a message: one text, or the two that name a counted message."""
    return tuple(message.id) if isinstance(message.id, tuple | list) else (str(message.id),)


def is_translated(message: Message) -> bool:
    """Return whether a message has a text in all of its forms and is not fuzzy."""
    return all(texts(message)) and not message.fuzzy


def places(text: str) -> frozenset[str]:
    """
    Return the names of the placeholders of a text, at the beginning of a sentence or not (``Line``,
    ``line``).

    A placeholder is a name in braces and nothing else; anything else in braces raises
    ``ValueError``.
    """
    names = set()
    for _, name, layout, conversion in string.Formatter().parse(text):
        if name is None:
            continue
        if not _PLACE.fullmatch(name) or layout or conversion:
            raise ValueError(f"{{{name}}} is not a plain name")
        names.add(name.lower())
    return frozenset(names)


def _optional(message: Message) -> frozenset[str]:
    """
    Return the placeholders that a translation may omit.

    The count of a counted message ("1 dịch vụ" may be "one service"), and those of a comment
    ``optional: a, b`` in the reference.
    """
    names = {"count"} if message.pluralizable else set[str]()
    for comment in message.auto_comments:
        kind, _, listed = comment.partition(": ")
        if kind == "optional":
            names.update(listed.split(", "))
    return frozenset(names)


def mistakes(message: Message, *, is_of_pages: bool = True) -> Iterator[str]:
    """
    Yield the errors of a message or its translation; a missing translation is not an error.

    ``is_of_pages``: it may stand on one, and so has no markup.
    """
    expected = frozenset[str]().union(*map(places, originals(message)))
    for text in filter(None, (*originals(message), *texts(message))):
        if is_of_pages and _MARKUP.intersection(text):
            # Pages write their own texts unescaped, and escape those of others.
            yield f"{message.context}: contains HTML markup: {text}"
        if not unicodedata.is_normalized("NFC", text):
            yield f"{message.context}: not in normal form (NFC): {text}"
        try:
            used = places(text)
        except ValueError as error:
            yield f"{message.context}: {error}: {text}"
            continue
        optional = _optional(message)
        if used - expected or expected - used - optional:
            yield (
                f"{message.context}: has the placeholders {sorted(used)}, "
                f"the reference {sorted(expected)}: {text}"
            )


def updated(template: Catalog, old: Catalog | None, language: str) -> LanguageCatalogue:
    """Return a translation with the messages of its reference, in the reference's order."""
    known = {} if old is None else {message.context: message for message in messages(old)}
    new = LanguageCatalogue(language, old)
    for message in messages(template):
        forms: str | tuple[str, ...] = ""
        if message.pluralizable:
            forms = ("",) * new.num_plurals
        before = known.get(message.context)
        flags = set(message.flags)
        comments: tuple[str, ...] = ()
        if before is not None and before.pluralizable == message.pluralizable:
            forms = texts(before) if before.pluralizable else texts(before)[0]
            comments = tuple(before.user_comments)
            flags |= before.flags & {"fuzzy"}
            if before.id != message.id and any(texts(before)):
                flags.add("fuzzy")
        new.add(
            message.id,
            forms,
            context=message.context,
            flags=flags,
            auto_comments=message.auto_comments,
            user_comments=comments,
        )
    return new


def compiled(language: str, source: Catalog) -> bytes:
    """Return a catalogue as the programs read it; for a reference, its own texts."""
    catalogue = LanguageCatalogue(language, None if language == REFERENCE else source)
    for message in messages(source):
        name = str(message.context)
        if language == REFERENCE:
            text: str | tuple[str, ...] = originals(message)[:1]
        elif is_translated(message):
            text = texts(message)
        else:
            continue
        if message.pluralizable:
            catalogue.add((name, name), text)
        else:
            catalogue.add(name, text[0])
    file = io.BytesIO()
    write_mo(file, catalogue)
    return file.getvalue()


def compiled_by_english(language: str, source: Catalog, english: Catalog) -> bytes:
    """Return a catalogue as the standard library reads it: by the English text of each message."""
    catalogue = LanguageCatalogue(language, None if language == REFERENCE else source)
    asked = {message.context: texts(message)[0] for message in messages(english)}
    for message in messages(source):
        if language == REFERENCE:
            catalogue.add(asked[message.context], originals(message)[0])
        elif is_translated(message):
            catalogue.add(asked[message.context], texts(message)[0])
    file = io.BytesIO()
    write_mo(file, catalogue)
    return file.getvalue()


def written(path: Path, catalogue: Catalog, language: str) -> str:
    """Return the text of a translation; an existing header stays unchanged."""
    header = _HEADER.format(language=language, plural_forms=catalogue.plural_forms)
    if path.exists():
        before = path.read_text(encoding="utf-8")
        header = before[: before.index("\n\n") + 2] if "\n\n" in before else header
    file = io.BytesIO()
    write_po(file, catalogue, width=_LINE_WIDTH, omit_header=True, no_location=True)
    return header + file.getvalue().decode().lstrip("\n")


def files(folder: Path, added: str = "") -> Iterator[tuple[Path, bytes]]:
    """
    Yield the required content of every file that is made from a folder's references and
    translations.
    """
    known = languages(folder)
    if added and added not in known:
        known.append(added)
    for template_path in sorted(folder.glob("*.pot")):
        template, domain = read(template_path), template_path.stem
        for language in known:
            catalogue = template
            if language != REFERENCE:
                path = folder / language / f"{domain}.po"
                catalogue = updated(template, read(path) if path.exists() else None, language)
                yield path, written(path, catalogue, language).encode()
            if domain in BY_ENGLISH:
                english = read(folder / "en" / f"{domain}.po")
                content = compiled_by_english(language, catalogue, english)
                place = folder / language
                place = place / "LC_MESSAGES" if domain == ARGPARSE else place
                yield place / f"{domain}.mo", content
                continue
            yield folder / language / f"{domain}.mo", compiled(language, catalogue)
    if folder.parent.name == "thongsuot_schema":
        listed = "".join(f"{language}\n" for language in known)
        yield folder / "languages.txt", listed.encode()


def faults(folder: Path) -> Iterator[str]:
    """
    Yield the errors in a folder's references and translations; missing translations are not errors.
    """
    for path in (*folder.glob("*.pot"), *folder.glob("*/*.po")):
        for message in messages(read(path)):
            if not message.context:
                yield f"{path}: a message has no name (msgctxt): {message.id}"
                continue
            try:
                is_of_pages = path.stem != MISTAKES
                found = mistakes(message, is_of_pages=is_of_pages)
                yield from (f"{path}: {mistake}" for mistake in found)
            except ValueError as error:
                yield f"{path}: {message.context}: the reference: {error}"


def main(arguments: list[str] | None = None) -> int:
    """Bring every catalogue up to date; return 1 if one has an error, and then write nothing."""
    parser = argparse.ArgumentParser(description="bring message catalogues up to date, compile")
    parser.add_argument("--add", metavar="xx", default="", help="begin a language, by its code")
    options = parser.parse_args(arguments)
    if options.add and not Locale.negotiate([options.add], localedata.locale_identifiers()):
        parser.error(f"no language has the code {options.add!r}")
    folders = [locales(room) for room in ROOMS]
    wrong = [fault for folder in folders for fault in faults(folder)]
    for fault in wrong:
        print(fault, file=sys.stderr)
    if wrong:
        return 1
    for folder in folders:
        for path, content in [*files(folder, options.add)]:
            path.parent.mkdir(parents=True, exist_ok=True)
            if not path.exists() or path.read_bytes() != content:
                path.write_bytes(content)
                print(f"wrote {path.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
