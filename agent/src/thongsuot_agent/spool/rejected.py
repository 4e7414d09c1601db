"""Batches that the collector will never take: set aside as JSON, for a person to read."""

import base64
import logging
from dataclasses import dataclass
from pathlib import Path

import msgspec

from thongsuot_agent.spool.eviction import Layouts
from thongsuot_agent.spool.pending_batch import PendingBatch
from thongsuot_schema.batch.model import Batch
from thongsuot_schema.errors import BatchError

_log = logging.getLogger(__name__)

MAX_FILES = 200
"""A collector that refuses everything must not fill the card; the newest are kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """What the collector said."""

    status: int
    error: str


class RejectedBatch(msgspec.Struct, frozen=True, kw_only=True):
    """
    What such a file holds.

    ``batch`` is ``None`` where even this device cannot read it. ``body`` is what was pushed, in
    base64, so that nothing is lost and it can be pushed again by hand.
    """

    status: int
    error: str
    batch: Batch | None
    body: str


def write_rejected(
    directory: Path, pending: PendingBatch, rejection: Rejection, layouts: Layouts
) -> str:
    """
    Write a refused batch into a directory; return the file's name.

    Raises:
        OSError: the directory takes no file.
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
    )
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    half = directory / f"{name}.tmp"
    half.write_bytes(msgspec.json.format(msgspec.json.encode(rejected), indent=1))
    half.rename(directory / name)
    for old in sorted(directory.glob("*.json"))[:-MAX_FILES]:
        old.unlink()
    return name
