"""
The position of each key of a TOML document (TOML 1.0.0); ``tomllib`` provides values but not
positions.

Reads documents that ``tomllib`` has already accepted: it only has to find things, not to judge.
"""

import re
import tomllib
from bisect import bisect_right
from itertools import count

Path = tuple[str | int, ...]
"""Keys and positions from the root: ``("links", 1, "interface")``."""

_BLANK = re.compile(r"(?:[ \t\n]+|#[^\n]*)*")
_SPACE = re.compile(r"[ \t]*")
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_SCALAR = re.compile(r"[^,\]}#\n]*")
_BASIC = re.compile(r'"(?:\\.|[^"\\])*"')
_LITERAL = re.compile(r"'[^']*'")
# Up to two quotes may stand directly before the closing three and belong to the text.
_LONG_BASIC = re.compile(r'"""(?:\\.|[^\\])*?"{3,5}', re.DOTALL)
_LONG_LITERAL = re.compile(r"'''.*?'{3,5}", re.DOTALL)


def lines_of(text: str) -> dict[Path, int]:
    """
    Return the line (1-based) of every key, table and array element of a valid document.

    A table is at its header, or at the first dotted key that mentions it; an element of an array of
    tables at its ``[[header]]``.
    """
    return _Scan(text).document()


class _Scan:
    """One pass over one document; ``at`` is the offset of the next character."""

    def __init__(self, text: str) -> None:
        # As tomllib does; the number of a line does not change by it.
        self.text = text.removeprefix("\ufeff").replace("\r\n", "\n")
        self.at = 0
        self.lines: dict[Path, int] = {}
        self.elements: dict[Path, int] = {}
        self.newlines = [newline.start() for newline in re.finditer("\n", self.text)]

    def document(self) -> dict[Path, int]:
        table: Path = ()
        self._skip(_BLANK)
        while self.at < len(self.text):
            if self.text.startswith("[[", self.at):
                table = self._array_header()
            elif self.text[self.at] == "[":
                table = self._header()
            else:
                self._pair(table)
            self._skip(_BLANK)
        return self.lines

    def _skip(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self.text, self.at)
        if match is None:
            raise AssertionError(f"offset {self.at} of a valid document is not {pattern.pattern}")
        self.at = match.end()
        return match.group()

    def _note(self, path: Path, offset: int) -> None:
        self.lines.setdefault(path, bisect_right(self.newlines, offset) + 1)

    def _header(self) -> Path:
        start = self.at
        self.at += 1
        keys = self._dotted_key()
        self.at += 1
        table = self._entered(keys, start)
        # Overrides the place that a deeper header, standing earlier, implied.
        self.lines.pop(table, None)
        self._note(table, start)
        return table

    def _array_header(self) -> Path:
        start = self.at
        self.at += 2
        keys = self._dotted_key()
        self.at += 2
        array = (*self._entered(keys[:-1], start), keys[-1])
        position = self.elements.get(array, 0)
        self.elements[array] = position + 1
        self._note(array, start)
        self._note((*array, position), start)
        return (*array, position)

    def _entered(self, keys: list[str], offset: int) -> Path:
        """Follow keys from the root, entering the latest element of each array of tables."""
        path: Path = ()
        for key in keys:
            path = (*path, key)
            self._note(path, offset)
            if path in self.elements:
                path = (*path, self.elements[path] - 1)
        return path

    def _pair(self, table: Path) -> None:
        start = self.at
        path = table
        for key in self._dotted_key():
            path = (*path, key)
            self._note(path, start)
        self.at += 1  # the equals sign
        self._value(path)

    def _dotted_key(self) -> list[str]:
        keys = []
        while True:
            self._skip(_SPACE)
            keys.append(self._key())
            self._skip(_SPACE)
            if self.text[self.at] != ".":
                return keys
            self.at += 1

    def _key(self) -> str:
        if self.text[self.at] == '"':
            # Escapes are decoded by the standard library.
            return str(tomllib.loads(f"key = {self._skip(_BASIC)}")["key"])
        if self.text[self.at] == "'":
            return self._skip(_LITERAL)[1:-1]
        return self._skip(_BARE_KEY)

    def _value(self, path: Path) -> None:
        self._skip(_SPACE)
        rest = self.text[self.at : self.at + 3]
        if rest == '"""':
            self._skip(_LONG_BASIC)
        elif rest == "'''":
            self._skip(_LONG_LITERAL)
        elif rest.startswith('"'):
            self._skip(_BASIC)
        elif rest.startswith("'"):
            self._skip(_LITERAL)
        elif rest.startswith("["):
            self._array(path)
        elif rest.startswith("{"):
            self._inline_table(path)
        else:
            self._skip(_SCALAR)

    def _array(self, path: Path) -> None:
        self.at += 1
        for position in count():
            self._skip(_BLANK)
            if self.text[self.at] == "]":
                break
            self._note((*path, position), self.at)
            self._value((*path, position))
            self._skip(_BLANK)
            if self.text[self.at] == ",":
                self.at += 1
        self.at += 1

    def _inline_table(self, path: Path) -> None:
        self.at += 1
        self._skip(_BLANK)
        while self.text[self.at] != "}":
            self._pair(path)
            self._skip(_BLANK)
            if self.text[self.at] == ",":
                self.at += 1
                self._skip(_BLANK)
        self.at += 1
