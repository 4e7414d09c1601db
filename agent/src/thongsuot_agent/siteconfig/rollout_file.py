"""
The rollout state on the disk; after a power cut at any point it is either the old or the new one.

Written to a temporary file, flushed, renamed over the old one, and the folder flushed. A digest
detects corruption by a failing card: such a file is set aside, and the agent starts with its
settings file.
"""

import logging
import os
from collections.abc import Generator
from pathlib import Path

import msgspec

from thongsuot_agent.kept_file import flush_folder
from thongsuot_agent.siteconfig.rollout import RolloutState
from thongsuot_schema.batch.digest import digest_of

_log = logging.getLogger(__name__)

MAX_BYTES = 512 * 1024
"""
Two site configurations and the refusals are 90 KB at most; a larger file was not written here.
"""


class _StoredRollout(msgspec.Struct, frozen=True, kw_only=True):
    digest: str
    rollout: msgspec.Raw


_ENCODER = msgspec.json.Encoder()
_STORED = msgspec.json.Decoder(_StoredRollout)
_ROLLOUT = msgspec.json.Decoder(RolloutState)


def save_rollout(path: Path, rollout: RolloutState) -> None:
    """
    Write the rollout state; returns when it is on the disk.

    Raises:
        OSError: the write failed; the file is unchanged.
    """
    for _ in save_steps(path, rollout):
        pass


def save_steps(path: Path, rollout: RolloutState) -> Generator[str, None, None]:
    """Yield the name of each step of writing after it, so that tests can stop after any of them."""
    body = _ENCODER.encode(rollout)
    page = _ENCODER.encode(_StoredRollout(digest=digest_of(body).hex(), rollout=msgspec.Raw(body)))
    half = path.with_name(f"{path.name}.new")
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(half, os.O_CREAT | os.O_TRUNC | os.O_WRONLY | os.O_NOFOLLOW, 0o600)
    try:
        yield "made"
        written = 0
        while written < len(page):
            written += os.write(handle, page[written:])
        yield "written"
        os.fsync(handle)
        yield "flushed"
    finally:
        os.close(handle)
    half.replace(path)
    yield "renamed"
    flush_folder(path.parent)
    yield "done"


def load_rollout(path: Path) -> RolloutState:
    """Return the saved rollout state, an empty one if there is none or it is damaged."""
    try:
        return read_rollout(path)
    except FileNotFoundError:
        return RolloutState()
    except (OSError, ValueError) as error:
        aside = path.with_name(f"{path.name}.damaged")
        _log.error(
            "cannot read rollout file=%s: %s; it was set aside as %s; only the "
            "settings file applies",
            path,
            error,
            aside.name,
        )
        try:
            path.replace(aside)
        except OSError as refusing:
            _log.warning("cannot set aside file=%s: %s; it will be overwritten", path, refusing)
        return RolloutState()


def read_rollout(path: Path) -> RolloutState:
    """
    Return the rollout state in a file.

    Raises:
        OSError: it cannot be read.
        ValueError: it is damaged.
    """
    with path.open("rb") as file:
        data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise ValueError(f"more than {MAX_BYTES} bytes")
    try:
        page = _STORED.decode(data)
        if digest_of(bytes(page.rollout)).hex() != page.digest:
            raise ValueError("its digest does not fit")
        return _ROLLOUT.decode(page.rollout)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ValueError(str(error)) from error
