"""
Every word that a person reads stands in a message catalogue, and code names no message in vain.

The reference is Vietnamese (``locales/*.pot``); each language beside it is whole, fills the same
places and is compiled. A language more is files more: one is planted here and its pages are read.
"""

import ast
import os
import re
import shutil
import subprocess
import sys
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from tools import catalogues

from tests.contract.house import ROOT, modules, plant
from tests.contract.message_uses import mistakes, uses
from thongsuot_schema.words.translations import REFERENCE, languages


def folders(root: Path = ROOT) -> list[Path]:
    """Return the folders of catalogues."""
    return [catalogues.locales(room, root) for room in catalogues.ROOMS]


def translated(root: Path = ROOT) -> Iterator[tuple[Path, Catalog, Catalog]]:
    """Yield each translation with its path and its reference."""
    for folder in folders(root):
        for template in folder.glob("*.pot"):
            for language in languages():
                path = folder / language / f"{template.stem}.po"
                if language != REFERENCE:
                    yield path, catalogues.read(path), catalogues.read(template)


def test_code_and_catalogues_name_the_same_messages_and_places() -> None:
    assert list(mistakes(ROOT)) == []


def test_places_are_held_against_what_they_are_given() -> None:
    filled = [use for use in uses(ROOT) if use.values]
    assert len(filled) > 80


def test_every_text_fills_the_places_of_its_reference() -> None:
    assert [fault for folder in folders() for fault in catalogues.faults(folder)] == []


def test_every_language_says_all_that_the_reference_says() -> None:
    for path, translation, reference in translated():
        texts = {
            (message.context, message.id): message for message in catalogues.messages(translation)
        }
        assert texts.keys() == {
            (message.context, message.id) for message in catalogues.messages(reference)
        }, path
        missing = [name for name, message in texts.items() if not catalogues.is_translated(message)]
        assert missing == [], path


def test_the_compiled_catalogue_is_the_written_one() -> None:
    for folder in folders():
        made = dict(catalogues.files(folder))
        stale = [path for path, content in made.items() if path.read_bytes() != content]
        assert stale == [], "./run catalogues"
        shipped = {path for path in folder.rglob("*") if path.suffix in {".mo", ".po", ".txt"}}
        assert shipped == set(made), "a file that nothing is made from"


def test_code_does_not_ask_which_language_it_is() -> None:
    branches = [
        f"{module.name}:{node.lineno}"
        for module in modules(ROOT, ("schema", "agent", "collector"))
        if "lang" in module.text
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Compare) and is_about_a_language(node)
    ]
    assert branches == []


WRITTEN_IN_CODE = {
    "thongsuot_agent.config.profile": "titles of the targets of a device without an inventory",
    "thongsuot_collector.notify.render.names": "how the names of communes begin",
    "thongsuot_collector.reflector.speedtest_mini": "the product's name",
    "thongsuot_collector.notify.channels.sms.short_text": "the letters that an alphabet has",
    "thongsuot_collector.notify.channels.tmf621.ticket": "the product's name",
    "thongsuot_collector.statements.document": "the product's name",
    "thongsuot_collector.typesetting.pdf": "the letters that a font has",
    "thongsuot_collector.web.api.openapi": "the product's name",
    "thongsuot_collector.web.feeds.atom": "the product's name",
    "thongsuot_collector.web.mcp.server": "the product's name",
    "thongsuot_collector.web.offline.routes": "the product's name",
    "thongsuot_collector.web.search": "a letter",
    "thongsuot_schema.inventory.communes": "the alphabet, and how the names of communes begin",
    "thongsuot_schema.page.commissioning": "the product's name",
    "thongsuot_schema.page.render": "the product's name",
    "thongsuot_schema.words.sentence": "an example, for whoever writes a sentence",
}
"""Modules in which Vietnamese may stand, and why; beside them the catalogue of metrics."""


def modules_with_vietnamese(root: Path) -> set[str]:
    """Return the modules that have a text in Vietnamese, docstrings and comments apart."""
    vietnamese = set()
    for module in modules(root, ("schema", "agent", "collector")):
        nodes = list(ast.walk(module.tree))
        notes = {node.value for node in nodes if isinstance(node, ast.Expr)}
        texts = [
            node.value
            for node in nodes
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in notes
        ]
        if any(_has_marks(text) for text in texts):
            vietnamese.add(module.name)
    return vietnamese


def _has_marks(text: str) -> bool:
    marks = set(unicodedata.normalize("NFD", text)) & set(
        "\u0300\u0301\u0302\u0303\u0306\u0309\u031b\u0323"
    )
    return bool(marks) or "đ" in text.lower()


def test_no_word_that_people_read_stands_in_code() -> None:
    metrics = "thongsuot_schema.catalogue."
    vietnamese = {name for name in modules_with_vietnamese(ROOT) if not name.startswith(metrics)}
    assert vietnamese == set(WRITTEN_IN_CODE)


def test_a_sentence_in_code_is_found(tmp_path: Path) -> None:
    code = '"""Đường truyền."""\n\ndef f(n):\n    return f"{n} đường truyền"\n'
    plant(tmp_path, "agent/src/thongsuot_agent/said.py", code)
    plant(tmp_path, "agent/src/thongsuot_agent/quiet.py", '"""Đường truyền."""\n')
    assert modules_with_vietnamese(tmp_path) == {"thongsuot_agent.said"}


def is_about_a_language(node: ast.Compare) -> bool:
    """Return whether a comparison is of something called a language with a fixed one."""
    sides = (node.left, *node.comparators)
    names = {ast.unparse(side).rpartition(".")[2].lower() for side in sides}
    return bool(names & {"language", "lang"}) and any(
        isinstance(part, ast.Constant) and isinstance(part.value, str)
        for side in sides
        for part in ast.walk(side)
    )


@pytest.mark.parametrize(
    "code", ['language == "vi"', '"en" != place.language', 'language in {"vi", "km"}']
)
def test_a_branch_on_the_language_is_found(code: str) -> None:
    node = ast.parse(code, mode="eval").body
    assert isinstance(node, ast.Compare)
    assert is_about_a_language(node)


POT = r"""
msgid ""
msgstr "Content-Type: text/plain; charset=utf-8\n"

msgctxt "hello"
msgid "Chào {name}"
msgstr ""

msgctxt "lines"
msgid "{count} đường"
msgid_plural "{count} đường"
msgstr[0] ""

msgctxt "bye"
msgid "Tạm biệt"
msgstr ""
"""

CODE = """
from thongsuot_schema.words.language import CountedText, Text

HELLO = Text("schema.demo.hello")
LINES = Text("schema.demo.lines")

def said(language, key):
    yield HELLO.read(language, nam="An")
    yield Text("schema.demo.hello").read(language)
    yield Text("schema.demo.hello", name="An")
    yield Text("schema.demo.hallo", name="An")
    yield Text(f"schema.demo.{key}")
"""


def test_a_message_that_code_gets_wrong_is_found(tmp_path: Path) -> None:
    plant(tmp_path, "schema/src/thongsuot_schema/demo.py", CODE)
    plant(tmp_path, "schema/src/thongsuot_schema/locales/demo.pot", POT)
    assert sorted(mistakes(tmp_path)) == [
        "nothing says schema.demo.bye",
        "thongsuot_schema.demo:11: there is no message schema.demo.hallo",
        "thongsuot_schema.demo:12: there is no message (a name that is computed)",
        "thongsuot_schema.demo:5: schema.demo.lines is counted",
        "thongsuot_schema.demo:8: schema.demo.hello has ['name'], given ['nam']",
        "thongsuot_schema.demo:9: schema.demo.hello has ['name'], given []",
    ]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("Hello {nam}", "has the placeholders ['nam'], the reference ['name']"),
        ("Hello", "has the placeholders [], the reference ['name']"),
        ("Hello {name:10}", "is not a plain name"),
        ("Hello {name.__class__}", "is not a plain name"),
        ("<b>Hello</b> {name}", "contains HTML markup"),
        (unicodedata.normalize("NFD", "Chào") + " {name}", "not in normal form (NFC)"),
    ],
)
def test_a_translation_that_would_break_a_page_is_found(text: str, fault: str) -> None:
    message = Message("Chào {name}", text, context="hello")
    (mistake,) = catalogues.mistakes(message)
    assert fault in mistake


THIRD = "fr"
"""A language that nobody has translated: what stands in it here is no French."""

READ_PAGES = """
import sys
from pathlib import Path

import msgspec
from tests.schema.page.scenes import SCENES
from thongsuot_collector.web.sites_page import site_row, sites_page
from thongsuot_schema.page.render import site_page

language, folder = sys.argv[1], Path(sys.argv[2])
for name, scene in SCENES.items():
    (folder / f"{name}.html").write_text(site_page(scene(), language=language))
    (folder / f"{name}.json").write_bytes(msgspec.json.encode(scene()))
rows = [site_row(scene(), language, has_duplicate_devices=True) for scene in SCENES.values()]
(folder / "sites.html").write_text(sites_page(rows, language=language, query=""))
"""


def pseudo(text: str) -> str:
    """Return a text whose letters are all ¤, and whose places are as they are."""
    parts = re.split(r"(\{\w+\})", text)
    return "".join(part if part.startswith("{") else re.sub(r"\w", "¤", part) for part in parts)


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the rooms with one more language, made by the command that a translator uses."""
    root = tmp_path_factory.mktemp("third")
    for room in catalogues.ROOMS:
        shutil.copytree(
            ROOT / room / "src", root / room / "src", ignore=shutil.ignore_patterns("__pycache__")
        )
    for folder in folders(root):
        _write(folder)
        for path in folder.glob(f"{THIRD}/*.po"):
            catalogue = catalogues.read(path)
            for message in catalogues.messages(catalogue):
                original = pseudo(catalogues.originals(message)[0])
                forms = len(catalogues.texts(message))
                message.string = (original,) * forms if message.pluralizable else original
            path.write_text(catalogues.written(path, catalogue, THIRD), encoding="utf-8")
        _write(folder)
    return root


def _write(folder: Path) -> None:
    for path, content in [*catalogues.files(folder, THIRD)]:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def _pages(root: Path, language: str, folder: Path) -> dict[str, str]:
    sources = [str(root / room / "src") for room in catalogues.ROOMS]
    subprocess.run(
        [sys.executable, "-c", READ_PAGES, language, str(folder)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sources)},
        check=True,
    )
    return {path.stem: path.read_text("utf-8") for path in folder.glob("*.html")}


def _vietnamese(text: str) -> set[str]:
    """Return the words of a text that have marks of Vietnamese."""
    words = set(re.findall(r"\w+", text))
    return {word for word in words if unicodedata.normalize("NFD", word) != word or "đ" in word}


def _shown(page: str) -> str:
    """Return a page without its script, its style and what it calls itself and other languages."""
    page = re.sub(r"<style>.*?</style>|<script.*?</script>", "", page, flags=re.DOTALL)
    return re.sub(r"Thông Suốt|Tiếng Việt", "", page)


def test_a_third_language_needs_files_alone(copy: Path, tmp_path: Path) -> None:
    (tmp_path / THIRD).mkdir()
    (tmp_path / "en").mkdir()
    pages = _pages(copy, THIRD, tmp_path / THIRD)
    english = _pages(copy, "en", tmp_path / "en")
    names = _vietnamese(
        "".join(path.read_text("utf-8") for path in (tmp_path / THIRD).glob("*.json"))
    )
    assert len(pages) > 5
    for name, page in pages.items():
        assert f'<html lang="{THIRD}">' in page
        for other in (REFERENCE, "en"):
            assert f'lang="{other}" hreflang="{other}">' in page
        assert f'hreflang="{THIRD}">¤¤¤¤¤ ¤¤¤¤</a>' in english[name].replace("\n", "")
        # What is left in Vietnamese are the names of sites, services and people.
        assert _vietnamese(_shown(page)) - names == set(), name
        assert page.count("¤") > 200
