"""
What is wrong in a file, or on a device, is told in the language of the terminal: every sentence
that code makes has its message, and no message is of a sentence that nobody makes.
"""

import ast
from collections.abc import Iterator

from tools import catalogues

from tests.contract.house import ROOT, modules
from thongsuot_schema.localizable import Localizable
from thongsuot_schema.words.language import in_language

BY_TABLE = frozenset(
    {
        *("link", "target", "carrier", "owner", "probe", "circuit", "contract", "commune", "site"),
        *("sink", "channel", "text", "a whole number", "a number", "true or false", "an array"),
        *("a date and time", "a date", "a time of day"),
        (
            "{first} is more than {last}: told after {least} s at the earliest and after {most} s "
            "at the latest"
        ),
        "{first} is more than {last}: updates are {least} s apart at first, {most} s at most",
    }
)
"""What is not written out where it is said: the names of tables and types, two of a loop."""

ONLY_PLACES = frozenset(
    {
        *("{sentence}", "{place}: {sentence}", "{text}\n{line}", "{first}; {rest}"),
        *("{first}, {rest}", "{field} {value}", "{field} {before} -> {after}"),
        *("{first} {rest}", "{before} -> {after}", "{segment} ({party})", " {family}"),
        "{indent}{text}",
    }
)
"""What has no words of its own: messages, of this or another catalogue, behind each other."""


def templates() -> Iterator[str]:
    """Yield every template that is written out in code."""
    for module in modules(ROOT, ("schema", "agent", "collector")):
        if "Localizable(" not in module.text:
            continue
        for node in ast.walk(module.tree):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
                continue
            first = next(iter(node.args), None)
            if node.func.id == "Localizable" and isinstance(first, ast.Constant):
                yield str(first.value)


def english() -> dict[str, str]:
    """Return the Vietnamese of each sentence by its English."""
    path = catalogues.locales("schema") / "en" / f"{catalogues.MISTAKES}.po"
    return {
        catalogues.texts(message)[0]: catalogues.originals(message)[0]
        for message in catalogues.messages(catalogues.read(path))
    }


def test_every_sentence_about_a_file_has_its_message_and_none_is_left_over() -> None:
    made = set(templates())
    assert len(made) > 150
    assert (made | BY_TABLE) - ONLY_PLACES == set(english())


def test_a_sentence_reads_in_vietnamese_with_all_that_it_is_made_of() -> None:
    for template, vietnamese in english().items():
        places = {name: f"<{name}>" for name in catalogues.places(template)}
        said = Localizable(template, **places)
        assert in_language(said, "vi") == vietnamese.format_map(places)
        assert in_language(said, "en") == str(said) == template.format_map(places)
