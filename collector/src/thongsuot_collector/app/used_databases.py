"""
Remembers that a collector has used a database: if that is empty later, its data is lost.

Otherwise a collector that is started, or that is running, while an administrator restores the
database would make its tables first: the restore fails on them, and every agent's token is unknown.
"""

import logging
from pathlib import Path

_log = logging.getLogger(__name__)


def was_used(state_dir: Path, content: str) -> bool:
    """Return whether this collector has used a database, of the journal or the store."""
    return _file(state_dir, content).exists()


def note_used(state_dir: Path, content: str, shown: str) -> None:
    """Remember that this collector uses a database; ``shown`` is its URL, for people."""
    file = _file(state_dir, content)
    if file.exists():
        return
    try:
        state_dir.mkdir(parents=True, exist_ok=True)
        file.write_text(f"{shown}\n", "utf-8")
    except OSError as error:
        # On a full disk the collector starts all the same.
        _log.warning("cannot remember the database of the %s: %s", content, error)


def _file(state_dir: Path, content: str) -> Path:
    return state_dir / f"{content}.database"
