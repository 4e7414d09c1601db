"""
Spelling in both languages: mistakes known to codespell, and syllables that are not Vietnamese.

English is checked against a list of mistakes, so names and terms pass. Vietnamese is written in
syllables, of which there are a few thousand: one with Vietnamese letters that is missing from
Debian's hunspell-vi is a mistake or a name. Exceptions of both are in ``spelling-words.txt``. Exits
with 75 if one of the two tools is not installed.
"""

import os
import re
import shutil
import subprocess
import sys
import unicodedata
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WORDS = ROOT / "tools" / "spelling-words.txt"
DICTIONARY = Path("/usr/share/hunspell/vi_VN.dic")
SUFFIXES = (
    *(".md", ".py", ".po", ".pot", ".toml", ".html", ".js", ".yml", ".yaml", ".sh", ".typ"),
    *(".service", ".css"),
)
LEFT_OUT = (
    "dashboards/grafana/",
    "tests/",
    "schema/src/thongsuot_schema/inventory/data/",
    "tools/spelling",
)
"""
Texts of others, tests (they contain deliberate mistakes), place names, and the letters in this
file.
"""

_TOKEN = re.compile(r"[^\W\d_]+")
_VIETNAMESE = re.compile("[ăâđêôơưàảãáạằẳẵắặầẩẫấậèẻẽéẹềểễếệìỉĩíịòỏõóọồổỗốộờởỡớợùủũúụừửữứựỳỷỹýỵ]")


def texts(root: Path) -> Iterator[str]:
    """Yield the path of every tracked file that people read."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=root, check=True, capture_output=True)
    for name in filter(None, listed.stdout.decode().split("\0")):
        if name.endswith(SUFFIXES) and not name.startswith(LEFT_OUT) and (root / name).is_file():
            yield name


def exceptions(file: Path = WORDS) -> set[str]:
    """Return the exceptions in lower case; the reason follows a ``#``."""
    lines = file.read_text(encoding="utf-8").splitlines()
    return {word.lower() for line in lines for word in line.partition("#")[0].split()}


def syllables(dictionary: Path) -> set[str]:
    """Return the syllables of a hunspell dictionary, in lower case and composed form."""
    entries = dictionary.read_text(encoding="utf-8").splitlines()[1:]
    return {
        syllable.lower()
        for entry in entries
        for syllable in _TOKEN.findall(unicodedata.normalize("NFC", entry.partition("/")[0]))
    }


def vietnamese_mistakes(text: str, known: set[str]) -> Iterator[tuple[int, str]]:
    """Yield line and syllable of unknown syllables with Vietnamese letters."""
    for number, line in enumerate(text.splitlines(), 1):
        # An escaped line break is not a letter.
        plain = unicodedata.normalize("NFC", line).replace("\\n", " ")
        for token in _TOKEN.findall(plain):
            if _VIETNAMESE.search(token.lower()) and token.lower() not in known:
                yield number, token


def english_mistakes(root: Path, names: list[str], ignored: set[str]) -> list[str]:
    """Return codespell's lines."""
    command = ["codespell", "--builtin", "clear,rare,informal"]
    command += ["--ignore-words-list", ",".join(sorted(ignored)), *names]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    return done.stdout.splitlines()


def main() -> int:
    """Run the checks that can run here."""
    names, ignored = list(texts(ROOT)), exceptions()
    mistakes: list[str] = []
    missing: list[str] = []
    if shutil.which("codespell"):
        mistakes += english_mistakes(ROOT, names, ignored)
    else:
        missing.append("codespell")
    if DICTIONARY.exists():
        known = syllables(DICTIONARY) | ignored
        for name in names:
            text = (ROOT / name).read_text(encoding="utf-8")
            mistakes += [
                f"{name}:{number}: {syllable}: not a Vietnamese syllable"
                for number, syllable in vietnamese_mistakes(text, known)
            ]
    else:
        missing.append("hunspell-vi")
    for mistake in mistakes:
        print(mistake)
    if mistakes:
        print(f"correct them, or add a word that is right to {WORDS.relative_to(ROOT)}")
        return 1
    if missing:
        print(f"not installed: {', '.join(missing)}")
        return os.EX_TEMPFAIL
    return 0


if __name__ == "__main__":
    sys.exit(main())
