"""Batches that the collector has finally refused: set aside as JSON, for a person to read."""

import base64
import logging
import os
from dataclasses import dataclass
from pathlib import Path

import msgspec

from thongsuot_agent.kept_file import flush_folder
from thongsuot_agent.spool.eviction import DroppedCounts, Layouts
from thongsuot_agent.spool.stream import BatchKey, PendingBatch
from thongsuot_schema.batch.model import Batch
from thongsuot_schema.errors import BatchError

_log = logging.getLogger(__name__)

MAX_FILES = 200
MAX_BYTES = 16 << 20
"""
A collector that refuses everything must not fill the card; the newest are kept, and removed ones
are counted as dropped.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """The collector's refusal."""

    status: int
    error: str


class RejectedBatch(msgspec.Struct, frozen=True, kw_only=True):
    """
    The content of such a file.

    ``batch`` is ``None`` if even this device cannot read it. ``body`` is the pushed body in base64,
    so that nothing is lost and it can be pushed again by hand.
    """

    status: int
    error: str
    batch: Batch | None
    body: str
    results: int = 0
    news: int = 0


def write_rejected(
    directory: Path, pending: PendingBatch, rejection: Rejection, layouts: Layouts
) -> tuple[str, DroppedCounts]:
    """
    Write a refused batch into a directory; return the file's name, and the removed ones.

    Raises:
        OSError: the directory is not writable.
    """
    from thongsuot_schema.batch.decode import decode_batch  # noqa: PLC0415 - see ``thin``

    try:
        batch = decode_batch(pending.body, layouts)
    except BatchError as error:
        _log.warning("cannot read rejected batch key=%s: %s", pending.key, error)
        batch = None
    name = f"{pending.key.ordinal:06d}-{pending.key.number:08d}.json"
    rejected = RejectedBatch(
        status=rejection.status,
        error=rejection.error,
        batch=batch,
        body=base64.b64encode(pending.body).decode(),
        results=pending.results,
        news=int(pending.has_news),
    )
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    half = directory / f"{name}.tmp"
    with half.open("wb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(rejected), indent=1))
        file.flush()
        os.fsync(file.fileno())
    half.rename(directory / name)
    flush_folder(directory)  # durable before the record forgets the batch, in case of a power cut
    return name, _make_room(directory, keep=directory / name)


def _make_room(directory: Path, keep: Path) -> DroppedCounts:
    """Remove the oldest files until the rest is within both bounds; ``keep`` stays."""
    files = [path for path in sorted(directory.glob("*.json")) if path != keep]
    sizes = {path: path.stat().st_size for path in (*files, keep)}
    dropped = DroppedCounts()
    for path in files:
        if len(sizes) <= MAX_FILES and sum(sizes.values()) <= MAX_BYTES:
            break
        dropped += _counts_of(path)
        path.unlink()
        del sizes[path]
    return dropped


def _counts_of(path: Path) -> DroppedCounts:
    ordinal, _, number = path.stem.partition("-")
    key = BatchKey(int(ordinal), int(number))
    try:
        rejected = msgspec.json.decode(path.read_bytes(), type=RejectedBatch)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        _log.warning("cannot read rejected batch file=%s: %s; it is not counted", path.name, error)
        return DroppedCounts(batches=1, first=key, last=key, keys=(key,))
    return DroppedCounts(
        results=rejected.results,
        batches=1,
        news=rejected.news,
        first=key,
        last=key,
        keys=(key,),
    )
