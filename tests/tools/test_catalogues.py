"""What a translator finds after the reference has changed, and what is compiled of it."""

import gettext
import io
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from tools import catalogues

HEADER = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n'

POT = """
#. What a link is called.
#, python-brace-format
msgctxt "line"
msgid "đường {name}"
msgstr ""

#, python-brace-format
msgctxt "lines"
msgid "{count} đường"
msgid_plural "{count} đường"
msgstr[0] ""
"""

PO = """
# Asked the carrier.
#, python-brace-format
msgctxt "line"
msgid "đường {name}"
msgstr "line {name}"

#, python-brace-format
msgctxt "lines"
msgid "{count} đường"
msgid_plural "{count} đường"
msgstr[0] "{count} line"
msgstr[1] "{count} lines"

msgctxt "gone"
msgid "không còn"
msgstr "gone"
"""

PLURALS = HEADER[:-2] + 'Plural-Forms: nplurals=2; plural=(n != 1);\\n"\n'


@pytest.fixture
def locales(tmp_path: Path) -> Path:
    """A folder with one reference and its English."""
    folder = tmp_path / "thongsuot_demo" / "locales"
    (folder / "en").mkdir(parents=True)
    (folder / "demo.pot").write_text(HEADER + POT, encoding="utf-8")
    (folder / "en" / "demo.po").write_text(PLURALS + PO, encoding="utf-8")
    return folder


def made(folder: Path, added: str = "") -> dict[str, bytes]:
    """Return what the command writes, by path in the folder."""
    return {
        path.relative_to(folder).as_posix(): content
        for path, content in catalogues.files(folder, added)
    }


def compiled(content: bytes) -> gettext.GNUTranslations:
    """Return a compiled catalogue as the programs read it."""
    return gettext.GNUTranslations(io.BytesIO(content))


def test_messages_are_found_by_name_in_the_reference_and_in_a_translation(locales: Path) -> None:
    files = made(locales)
    assert compiled(files["vi/demo.mo"]).gettext("line") == "đường {name}"
    english = compiled(files["en/demo.mo"])
    assert english.gettext("line") == "line {name}"
    assert english.ngettext("lines", "lines", 1) == "{count} line"
    assert english.ngettext("lines", "lines", 2) == "{count} lines"
    assert compiled(files["vi/demo.mo"]).ngettext("lines", "lines", 2) == "{count} đường"


def test_a_message_that_is_gone_is_gone_from_the_translation_and_comments_stay(
    locales: Path,
) -> None:
    text = made(locales)["en/demo.po"].decode()
    assert "gone" not in text
    assert "# Asked the carrier." in text
    assert "#. What a link is called." in text


def test_a_translation_whose_vietnamese_has_changed_is_in_doubt_and_not_used(
    locales: Path,
) -> None:
    pot = (locales / "demo.pot").read_text("utf-8")
    (locales / "demo.pot").write_text(pot.replace("đường {name}", "tuyến {name}"), "utf-8")
    files = made(locales)
    text = files["en/demo.po"].decode()
    assert '#, fuzzy, python-brace-format\nmsgctxt "line"\nmsgid "tuyến {name}"' in text
    assert 'msgstr "line {name}"' in text
    assert compiled(files["en/demo.mo"]).gettext("line") == "line"  # its name: it is not there


def test_a_translation_stays_in_doubt_until_somebody_has_looked_at_it(locales: Path) -> None:
    pot = (locales / "demo.pot").read_text("utf-8")
    (locales / "demo.pot").write_text(pot.replace("đường {name}", "tuyến {name}"), "utf-8")
    (locales / "en" / "demo.po").write_bytes(made(locales)["en/demo.po"])
    again = made(locales)["en/demo.po"].decode()
    assert "fuzzy" in again
    (locales / "en" / "demo.po").write_text(again.replace("fuzzy, ", ""), "utf-8")
    files = made(locales)
    assert "fuzzy" not in files["en/demo.po"].decode()
    assert compiled(files["en/demo.mo"]).gettext("line") == "line {name}"


def test_a_language_begins_with_every_message_empty(locales: Path) -> None:
    files = made(locales, "lo")
    (path, po) = next(item for item in files.items() if item[0] == "lo/demo.po")
    assert "nplurals=1; plural=0" in po.decode()
    (locales / "lo").mkdir()
    (locales / path).write_bytes(po)
    messages = catalogues.messages(catalogues.read(locales / path))
    assert [message.context for message in messages] == ["line", "lines"]
    assert not any(catalogues.is_translated(message) for message in messages)
    assert list(catalogues.faults(locales)) == []


def test_counts_take_the_forms_of_the_file_whatever_the_tables_say(locales: Path) -> None:
    path = locales / "en" / "demo.po"
    rule = "nplurals=2; plural=(n > 1);"
    path.write_text(PLURALS.replace("nplurals=2; plural=(n != 1);", rule) + PO, "utf-8")
    assert compiled(made(locales)["en/demo.mo"]).ngettext("lines", "lines", 0) == "{count} line"


def test_a_code_that_is_not_a_language_begins_none(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        catalogues.main(["--add", "xx"])
    assert "no language has the code 'xx'" in capsys.readouterr().err


def test_writing_again_changes_nothing(locales: Path) -> None:
    for name, content in made(locales, "fr").items():
        (locales / name).parent.mkdir(exist_ok=True)
        (locales / name).write_bytes(content)
    assert made(locales) == {
        path.relative_to(locales).as_posix(): path.read_bytes()
        for path in locales.rglob("*")
        if path.suffix in {".po", ".mo"}
    }


def test_header_fields_written_by_a_translator_stay(locales: Path) -> None:
    path = locales / "en" / "demo.po"
    path.write_text(PLURALS.replace('"Content', '"Last-Translator: An\\n"\n"Content') + PO, "utf-8")
    assert "Last-Translator: An" in made(locales)["en/demo.po"].decode()


def test_a_placeholder_may_be_left_out_where_the_reference_allows_it() -> None:
    catalogue = Catalog()
    comment = ["optional: at, by"]
    catalogue.add("lúc {at}, {by}", "now", context="said", auto_comments=comment)
    catalogue.add("lúc {at}", "now", context="strict")
    by_name, strict = catalogues.messages(catalogue)
    assert list(catalogues.mistakes(by_name)) == []
    (mistake,) = catalogues.mistakes(strict)
    assert mistake.startswith("strict: has the placeholders [], the reference ['at']")
