"""A refused command as a document for programs."""

import msgspec

from thongsuot_runtime.refusal import error_report
from thongsuot_schema.errors import DocumentError


def test_a_mistake_is_reported_with_its_line_or_without_one_for_a_whole_file() -> None:
    mistakes = [DocumentError("a.toml", 3, "wrong"), DocumentError("b.toml", 0, "not there")]
    assert msgspec.to_builtins(error_report("a.toml:3: wrong", 2, mistakes)) == {
        "error": {
            "message": "a.toml:3: wrong",
            "exit_code": 2,
            "mistakes": [
                {"file": "a.toml", "line": 3, "message": "wrong"},
                {"file": "b.toml", "line": None, "message": "not there"},
            ],
        }
    }


def test_a_refusal_that_is_of_no_file_has_no_mistakes() -> None:
    assert error_report("no such site", 1).error.mistakes == []
