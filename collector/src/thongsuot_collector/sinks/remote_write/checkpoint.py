"""What a sink has to know to go on after a restart, in a file beside the journal."""

import logging
from pathlib import Path

import msgspec

from thongsuot_collector.sinks.remote_write.staleness import LiveSeriesBySite

_log = logging.getLogger(__name__)


def load_checkpoint(path: Path) -> LiveSeriesBySite:
    """
    Return what was kept; nothing, when there is none or it cannot be read.

    It is worth five minutes of series that should have ended, not a start that fails.
    """
    try:
        return msgspec.msgpack.decode(path.read_bytes(), type=LiveSeriesBySite)
    except FileNotFoundError:
        return {}
    except (OSError, msgspec.MsgspecError) as error:
        _log.warning("cannot read what a sink knew file=%s: %s; it begins anew", path, error)
        return {}


def save_checkpoint(path: Path, memory: LiveSeriesBySite) -> None:
    """Keep it; a file is either the old one or the new one."""
    part = path.with_name(path.name + ".part")
    try:
        part.write_bytes(msgspec.msgpack.encode(memory))
        part.replace(path)
    except OSError as error:
        _log.warning("cannot keep what a sink knows file=%s: %s; it begins anew", path, error)
