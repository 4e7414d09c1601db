"""
Checkpoint of volatile state, restored after a restart within the same boot.

One small file in the runtime directory: the judge's memory, the history behind the page, what
metered links have used, which address families the links have had. It is of this boot and this
configuration, or it is not used; the record (``spool``) does not depend on it.
"""

from pathlib import Path

import msgspec

from thongsuot_agent.judge.memory import Memory
from thongsuot_agent.kept_file import KeptFile
from thongsuot_agent.page.history import PastState
from thongsuot_schema.result import Family


class Checkpoint(msgspec.Struct, frozen=True, kw_only=True):
    """
    ``fingerprint`` identifies version and configuration; ``boot_id`` the clock of all times.
    """

    boot_id: str
    fingerprint: str
    memory: Memory
    history: list[tuple[str, str, list[PastState]]] = []
    data_budget: str = ""
    families: dict[str, set[Family]] = {}


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(Checkpoint)


class CheckpointFile:
    """Its place in the runtime directory."""

    def __init__(self, path: Path) -> None:
        self._file = KeptFile(path)

    def save(self, checkpoint: Checkpoint) -> None:
        """Write it, whole or not at all. A directory that takes no files is no reason to stop."""
        self._file.replace(_ENCODER.encode(checkpoint))

    def load(self, *, boot_id: str, fingerprint: str) -> Checkpoint | None:
        """Return the state saved in this boot under this configuration, else ``None``."""
        checkpoint = self._file.read(_DECODER.decode)
        if checkpoint is None:
            return None
        if (checkpoint.boot_id, checkpoint.fingerprint) != (boot_id, fingerprint):
            return None
        return checkpoint
