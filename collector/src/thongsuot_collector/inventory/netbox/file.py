"""The inventory file generated from a NetBox: its validation, and its installation."""

import os
import stat
import tempfile
from collections.abc import Iterable
from functools import reduce
from pathlib import Path

from thongsuot_collector.errors import NetboxError
from thongsuot_collector.inventory.netbox.toml import origin
from thongsuot_runtime.file_errors import describe
from thongsuot_schema.document import decode
from thongsuot_schema.errors import DocumentError
from thongsuot_schema.inventory.model import Inventory
from thongsuot_schema.inventory.read import find_mistakes
from thongsuot_schema.localizable import Localizable


def other_files(path: Path) -> dict[str, str]:
    """
    Return the texts of the other files of the inventory, by their names.

    Raises:
        NetboxError: one cannot be read.
    """
    texts = {}
    for other in sorted(path.parent.glob("*.toml")):
        if other.name != path.name:
            texts[str(other)] = _text(other)
    return texts


def declared_names(texts: dict[str, str]) -> frozenset[tuple[str, str]]:
    """
    Return the carriers and owners in files, by table and name.

    Raises:
        NetboxError: one is not a valid inventory.
    """
    names = set()
    for name, text in texts.items():
        try:
            part = decode(text, Inventory, file=name)
        except DocumentError as error:
            raise NetboxError(_with_place(error)) from error
        names |= {("carriers", carrier.name) for carrier in part.carriers}
        names |= {("owners", owner.name) for owner in part.owners}
    return frozenset(names)


def read_current(path: Path) -> Inventory:
    """
    Return the current content of the file; empty if there is none.

    Raises:
        NetboxError: it cannot be read, or is not a valid inventory: a person has edited it.
    """
    if not path.exists():
        return Inventory()
    try:
        return decode(_text(path), Inventory, file=str(path))
    except DocumentError as error:
        edited = Localizable("{sentence}; mend it or remove it", sentence=_with_place(error))
        raise NetboxError(edited) from error


def check_text(path: Path, text: str, others: dict[str, str]) -> None:
    """
    Check whether a text is valid beside the other files.

    Raises:
        NetboxError: it has every error, one per line; one in the text names its place in NetBox.
    """
    lines = []
    for wrong in find_mistakes({**others, str(path): text}):
        source = origin(text, wrong.line) if wrong.file == str(path) else ""
        lines.append(
            Localizable("{place}: {sentence}", place=source, sentence=wrong.message)
            if source
            else _with_place(wrong)
        )
    if lines:
        raise NetboxError(joined(lines))


def joined(lines: Iterable[str]) -> str:
    """Return sentences as lines of a single text."""
    return reduce(lambda text, line: Localizable("{text}\n{line}", text=text, line=line), lines)


def _with_place(mistake: DocumentError) -> str:
    where = f"{mistake.file}:{mistake.line}" if mistake.line else mistake.file
    return Localizable("{place}: {sentence}", place=where, sentence=mistake.message)


def replace_file(path: Path, text: str) -> None:
    """
    Replace a file atomically and durably.

    It keeps the permissions of the previous one; a new one is for its owner and group, because it
    contains people's numbers.
    """
    path = path.resolve()
    mode = stat.S_IMODE(path.stat().st_mode) if path.exists() else 0o640
    # Does not end in .toml: anyone who reads the folder meanwhile does not see it.
    handle, name = tempfile.mkstemp(prefix=f"{path.name}.", suffix=".part", dir=path.parent)
    part = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        unread = Localizable("cannot read {path}: {reason}", path=str(path), reason=describe(error))
        raise NetboxError(unread) from error
