"""
The file that holds a recording: what a collector in the lab took, as it came.

One zstd frame around msgpack: the inventory as TOML, the scenes that were played, the layouts, and
the batches in the order in which the collector had them. Bodies are unpacked first: together they
pack to a third of what they are one by one.
"""

from pathlib import Path

import msgspec
import zstandard

from thongsuot_schema.batch import frame
from thongsuot_schema.batch.limits import DEFAULT_LIMITS

FILE = Path(__file__).parents[2] / "golden" / "lab" / "city.msgpack.zst"
MAX_BYTES = 2_000_000
"""A recording is part of the repository."""


class PlayedScene(msgspec.Struct, frozen=True, kw_only=True):
    """One scene: a fault and its arguments, from when until when, on CLOCK_BOOTTIME."""

    title: str
    fault: str
    arguments: dict[str, str]
    began_ns: int
    ended_ns: int


class RecordedBatch(msgspec.Struct, frozen=True, kw_only=True):
    """One batch: whose, of which boot, and the text of its body."""

    site: str
    boot_id: str
    text: bytes


class LabRecording(msgspec.Struct, frozen=True, kw_only=True):
    """
    All of it. ``ended_ns`` is the end on CLOCK_BOOTTIME, which the devices of a lab share; the
    beginning is when the last agent was ready.
    """

    inventory: str
    began_ns: int
    ended_ns: int
    played: list[PlayedScene]
    layouts: list[bytes]
    batches: list[RecordedBatch]

    @property
    def length_s(self) -> float:
        """How long it is."""
        return (self.ended_ns - self.began_ns) / 1e9

    def scene(self, fault: str) -> PlayedScene:
        """Return the scene in which a fault was played."""
        return next(scene for scene in self.played if scene.fault == fault)


def text_of(body: bytes) -> bytes:
    """Return what the frame of a body holds."""
    return frame.unpack(body, DEFAULT_LIMITS)


def write(recording: LabRecording, file: Path = FILE) -> int:
    """
    Write a recording; returns its size.

    Raises:
        ValueError: it is too large to be kept in a repository.
    """
    packed = zstandard.ZstdCompressor(level=22).compress(msgspec.msgpack.encode(recording))
    if len(packed) > MAX_BYTES:
        raise ValueError(f"the recording has {len(packed)} bytes; at most {MAX_BYTES} are kept")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(packed)
    return len(packed)


def read(file: Path = FILE) -> LabRecording:
    """Return the recording that is kept."""
    text = zstandard.ZstdDecompressor().decompress(file.read_bytes())
    return msgspec.msgpack.decode(text, type=LabRecording)
