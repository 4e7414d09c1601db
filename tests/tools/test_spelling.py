"""Spelling mistakes found in either language, and the exceptions."""

import shutil
import subprocess
from pathlib import Path

import pytest
from tools import spelling

KNOWN = {"điểm", "phục", "vụ", "hành", "chính", "công"}


def test_a_syllable_that_vietnamese_has_not_is_found_with_its_line() -> None:
    text = "Điểm phục vụ\nhành chínhh công\n"
    assert list(spelling.vietnamese_mistakes(text, KNOWN)) == [(2, "chínhh")]


def test_english_words_names_of_code_and_escaped_line_breaks_are_no_syllables() -> None:
    text = r'title = "phục vụ\nĐiểm" # the counter of hanh_chinh'
    assert list(spelling.vietnamese_mistakes(text, KNOWN)) == []


def test_a_decomposed_letter_is_the_same_letter() -> None:
    assert list(spelling.vietnamese_mistakes("vu\u0323", KNOWN)) == []


def test_exceptions_are_words_without_their_reasons(tmp_path: Path) -> None:
    file = tmp_path / "words.txt"
    file.write_text("# head\nHĐ nđ  # contract, decree\niif\n", encoding="utf-8")
    assert spelling.exceptions(file) == {"hđ", "nđ", "iif"}


def test_a_dictionary_of_hunspell_is_read_by_syllable(tmp_path: Path) -> None:
    file = tmp_path / "vi.dic"
    file.write_text("2\nbưu điện/AB\nCông\n", encoding="utf-8")
    assert spelling.syllables(file) == {"bưu", "điện", "công"}


def test_codespell_finds_a_mistake_and_lets_an_exception_be(tmp_path: Path) -> None:
    if shutil.which("codespell") is None:
        pytest.skip("codespell is not installed")
    (tmp_path / "page.md").write_text("recieve the fpt\n", encoding="utf-8")
    lines = spelling.english_mistakes(tmp_path, ["page.md"], {"fpt"})
    assert len(lines) == 1
    assert lines[0].endswith("page.md:1: recieve ==> receive")


def test_only_what_git_tracks_and_people_read_is_looked_at(tmp_path: Path) -> None:
    for name in ("page.md", "picture.png", "tests/golden/recording.md", "new.md"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    tracked = ["page.md", "picture.png", "tests/golden/recording.md"]
    subprocess.run(["git", "add", *tracked], cwd=tmp_path, check=True)
    assert list(spelling.texts(tmp_path)) == ["page.md"]
