"""
The names of the streams on the disk and how far each has come, in a file beside the spool.

A spool file that comes back empty, or of which nothing can be read, cannot say what was in it. The
collector is told at least which batches are gone, so that its account closes with a reason.
"""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Annotated

import msgspec

from thongsuot_agent.clock import NS_PER_S
from thongsuot_agent.kept_file import KeptFile
from thongsuot_agent.spool.rows import KnownStream

_NAMES_KEPT = 32
"""The newest ones: a stream is of one boot, and is drained long before so many others."""

_EVERY_NS = 3600 * NS_PER_S
"""A write costs the card two pages; what was made since the last one is gone without a number."""

_Name = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{16}$")]
_Number = Annotated[int, msgspec.Meta(ge=0, lt=10**12)]
_DECODER = msgspec.msgpack.Decoder(dict[_Name, _Number])


class StreamNames:
    """Written when a stream is added, at the end, and every hour in which the disk gets batches."""

    def __init__(self, path: Path) -> None:
        self._file = KeptFile(path)
        self._written: Mapping[str, int] = {}
        self._written_ns = 0

    def lost(self, on_disk: Collection[KnownStream] | None) -> dict[str, int]:
        """
        Return the streams that the spool has lost, each with a number that it had reached.

        ``on_disk`` are those that it has, ``None``: it cannot be read now. The newest is always
        there, so a spool without any has lost all of them.
        """
        return {} if on_disk is None or on_disk else self._file.read(_DECODER.decode) or {}

    def lack(self, reached: Mapping[str, int], now_ns: int, *, is_last: bool) -> bool:
        """Return whether the file has to be written; ``is_last``: the process ends."""
        if reached.keys() - self._written.keys():
            return True
        is_due = is_last or now_ns - self._written_ns >= _EVERY_NS
        return is_due and reached != self._written

    def write(self, reached: Mapping[str, int], now_ns: int) -> None:
        """Write the streams, oldest first; tried again with the next batches if that fails."""
        newest = dict(list(reached.items())[-_NAMES_KEPT:])
        if self._file.replace(msgspec.msgpack.encode(newest)):
            self._written, self._written_ns = reached, now_ns
