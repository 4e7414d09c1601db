"""
Bytes of a file or of another machine may be anything: msgspec raises ``UnicodeDecodeError`` for a
text in them that is no UTF-8, and that is no ``msgspec.DecodeError``.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from tests.contract.house import ROOT, modules, plant

_OF_TEXT = re.compile(r"\bUnicode(?:Decode)?Error\b")


def narrow_handlers(root: Path) -> Iterator[str]:
    """Yield the places that expect damaged bytes, but not damaged text in them."""
    for module in modules(root):
        for node in ast.walk(module.tree):
            if isinstance(node, ast.ExceptHandler) and node.type is not None:
                caught = ast.unparse(node.type)
                if "msgspec.DecodeError" in caught and not _OF_TEXT.search(caught):
                    yield f"{module.name}:{node.lineno}"


def test_whoever_expects_damaged_bytes_expects_damaged_text() -> None:
    assert list(narrow_handlers(ROOT)) == []


def test_a_handler_that_is_too_narrow_is_found(tmp_path: Path) -> None:
    text = "try:\n    read()\nexcept (OSError, msgspec.DecodeError):\n    raise\n"
    plant(tmp_path, "agent/src/thongsuot_agent/new.py", text)
    assert len(list(narrow_handlers(tmp_path))) == 1


def test_msgspec_does_raise_it() -> None:
    with pytest.raises(UnicodeDecodeError):
        msgspec.msgpack.decode(b"\xa2\xff\xfe", type=str)
    assert not issubclass(UnicodeDecodeError, msgspec.DecodeError)
