"""The language of a command, argparse's own words in it, and what is printed of text of others."""

import argparse
import ast
import inspect
import json
import sys

import pytest
from tools import catalogues

from thongsuot_runtime.terminal import (
    escape_controls,
    escaped_output,
    localize_argparse,
    localized,
    terminal_language,
)
from thongsuot_schema.words.language import Text


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, "en"),
        ({"LANG": "C"}, "en"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LANG": "POSIX"}, "en"),
        ({"LANG": "vi_VN.UTF-8"}, "vi"),
        ({"LANG": "vi_VN"}, "vi"),
        ({"LANG": "vi"}, "vi"),
        ({"LANG": "en_GB.UTF-8"}, "en"),
        ({"LANG": "fr_FR.UTF-8@euro"}, "en"),
        ({"LANG": "vi_VN.UTF-8", "LC_MESSAGES": "en_US.UTF-8"}, "en"),
        ({"LANG": "en_US.UTF-8", "LC_MESSAGES": "vi_VN.UTF-8"}, "vi"),
        ({"LC_MESSAGES": "vi_VN.UTF-8", "LC_ALL": "C"}, "en"),
        ({"LANG": "en_US.UTF-8", "LC_ALL": "", "LC_MESSAGES": "", "LANGUAGE": ""}, "en"),
        ({"LANG": "en_US.UTF-8", "LANGUAGE": "fr:vi:en"}, "vi"),
        ({"LANG": "vi_VN.UTF-8", "LANGUAGE": "C"}, "en"),
    ],
)
def test_the_language_is_the_one_that_other_programs_would_speak(
    environment: dict[str, str], language: str
) -> None:
    assert terminal_language(environment) == language


def test_a_text_is_read_in_the_language_of_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    text = Text("schema.words.states.link.up")
    monkeypatch.setenv("LC_ALL", "vi_VN.UTF-8")
    assert localized(text) == text.read("vi")
    monkeypatch.setenv("LC_ALL", "C")
    assert localized(text) == text.read("en")


def _asked_by_argparse() -> set[str]:
    """Return every text that this Python's argparse asks gettext for."""
    return {
        str(call.args[0].value)
        for call in ast.walk(ast.parse(inspect.getsource(argparse)))
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Name)
        and call.func.id == "_"
        and isinstance(call.args[0], ast.Constant)
    }


def test_every_translated_message_exists_in_argparse() -> None:
    english = catalogues.read(catalogues.locales("schema") / "en" / "argparse.po")
    english_texts = {catalogues.texts(message)[0] for message in catalogues.messages(english)}
    assert english_texts <= _asked_by_argparse()


def _parser() -> argparse.ArgumentParser:
    localize_argparse()
    parser = argparse.ArgumentParser(prog="program")
    parser.add_argument("--version", action="version", version="1")
    parser.add_argument("name")
    parser.add_argument("--port", type=int)
    parser.add_argument("--from", choices=("a", "b"))
    either = parser.add_mutually_exclusive_group()
    either.add_argument("--json", action="store_true")
    either.add_argument("--csv", action="store_true")
    return parser


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ([], "lỗi: còn thiếu các tham số: name"),
        (["x", "--port", "y"], "lỗi: tham số --port: 'y' không phải là int hợp lệ"),
        (["x", "--port"], "lỗi: tham số --port: cần một giá trị"),
        (["x", "y"], "lỗi: không có các tham số này: y"),
        (["x", "--json", "--csv"], "lỗi: tham số --csv: không dùng chung với tham số --json"),
        (["x", "--json=1"], "lỗi: tham số --json: tuỳ chọn này không nhận giá trị '1'"),
    ],
)
def test_refusals_of_argparse_are_in_vietnamese(
    words: list[str],
    sentence: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("LC_ALL", "vi_VN.UTF-8")
    with pytest.raises(SystemExit):
        _parser().parse_args(words)
    printed = capsys.readouterr().err
    assert printed.startswith("cách dùng: program")
    assert printed.endswith(f"program: {sentence}\n")


def test_a_choice_that_is_none_is_refused_in_vietnamese(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LC_ALL", "vi_VN.UTF-8")
    with pytest.raises(SystemExit):
        _parser().parse_args(["x", "--from", "c"])
    assert "tham số --from: không có lựa chọn 'c' (chọn một trong: " in capsys.readouterr().err


def test_characters_that_control_a_terminal_are_written_as_in_json() -> None:
    for said in ("\x1b[2J", "\r\x07\x7f", "\x9b31m", "\u202e\u2066", "\u2028", "\U000e0041", "\0"):
        printed = escape_controls(f'["{said}"]')
        assert printed.isprintable()
        assert json.loads(printed) == [said]


def test_words_of_any_language_lines_and_tables_are_printed_as_they_are() -> None:
    text = "Trần Thị Lan\t5\u00a0%\n████ ▄ 中文 👍\n"
    assert escape_controls(text) == text


def test_both_streams_are_escaped_and_bytes_are_not(
    capfdbinary: pytest.CaptureFixture[bytes],
) -> None:
    with escaped_output():
        sys.stdout.write("out\x1b\n")
        sys.stderr.writelines(["err\x1b\n", "\x9b\n"])
        sys.stdout.flush()
        sys.stdout.buffer.write(b"\x1b")
    sys.stdout.write("\x1b\n")
    captured = capfdbinary.readouterr()
    assert captured == (b"out\\u001b\n\x1b\x1b\n", b"err\\u001b\n\\u009b\n")
