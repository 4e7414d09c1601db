"""Layouts of the record's batches: created when series appear, kept until the end of the boot."""

import logging
from collections.abc import Iterable
from pathlib import Path

from thongsuot_schema.batch.encode import LayoutIndex, encode_layout, index_layout
from thongsuot_schema.batch.layout import sorted_layout
from thongsuot_schema.batch.model import Layout
from thongsuot_schema.errors import BatchError
from thongsuot_schema.result import Series

_HALF_WRITTEN = ".tmp"

_log = logging.getLogger(__name__)


class Layouts:
    """
    Layouts by their id; files named after it in the runtime directory.

    If the directory accepts no files, operation continues: unwritten layouts are retried with the
    next batch, rebuilt from the schedule, and written to the disk with the batches that need them.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._bodies: dict[bytes, bytes] = {}
        self._unwritten: set[bytes] = set()
        self._current: LayoutIndex | None = None

    def load(self) -> None:
        """Read the layouts of earlier processes; unreadable ones are logged."""
        try:
            files = sorted(self._directory.iterdir()) if self._directory.is_dir() else []
        except OSError as error:
            _log.error("cannot read layouts directory=%s: %s", self._directory, error)
            return
        for file in files:
            try:
                body = file.read_bytes()
                if file.name.endswith(_HALF_WRITTEN):  # left by a killed process
                    file.unlink()
                else:
                    self._bodies[bytes.fromhex(file.name)] = body
            except (OSError, ValueError) as error:
                _log.error("cannot read layout file=%s: %s; continuing without it", file, error)

    def index_with(self, series: Iterable[Series]) -> LayoutIndex:
        """
        Return the newest layout, extended by series that it does not have yet.

        Raises:
            ValueError: the catalogue does not know a series' kind or revision.
        """
        for name in tuple(self._unwritten):
            self._write(name)
        current = self._current
        known = {} if current is None else current.positions
        new = {wanted for wanted in series if wanted not in known}
        if current is None or new:
            current = index_layout(sorted_layout([*known, *new]))
            self.add(current.layout_id, encode_layout(current.layout))
            self._current = current
        return current

    def add(self, name: bytes, body: bytes) -> None:
        """Add an encoded layout."""
        if name in self._bodies:
            return
        self._bodies[name] = body
        self._write(name)

    def _write(self, name: bytes) -> None:
        path = self._directory / name.hex()
        half = path.with_name(path.name + _HALF_WRITTEN)
        try:
            self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            half.write_bytes(self._bodies[name])
            half.rename(path)
        except OSError as error:
            if name not in self._unwritten:
                _log.warning("cannot keep layout file=%s: %s; it stays in memory", path, error)
            self._unwritten.add(name)
        else:
            self._unwritten.discard(name)

    def encoded(self, name: bytes) -> bytes | None:
        """Return an encoded layout."""
        return self._bodies.get(name)

    def layout(self, name: bytes) -> Layout | None:
        """Return a layout, ``None`` if it is unknown or cannot be read."""
        body = self._bodies.get(name)
        return None if body is None else decode_layout(body)


def decode_layout(body: bytes) -> Layout | None:
    """Return a decoded layout, ``None`` if it cannot be read."""
    from thongsuot_schema.batch.decode import decode_layout  # noqa: PLC0415 - see ``thin``

    try:
        return decode_layout(body)[1]
    except BatchError as error:
        _log.warning("cannot read layout: %s", error)
        return None
