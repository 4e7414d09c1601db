"""The head of a batch: its origin and content summary; and how a body becomes its arrays."""

from typing import TypeVar

import msgspec

from thongsuot_schema.batch import frame
from thongsuot_schema.batch.conversion import boot_id_from_wire, clock_from_wire
from thongsuot_schema.batch.digest import DIGEST_BYTES
from thongsuot_schema.batch.limits import BatchLimits
from thongsuot_schema.batch.model import VERSION, ClockReading
from thongsuot_schema.batch.wire import BatchWire, HeadWire, LayoutWire, VersionWire
from thongsuot_schema.errors import BatchMalformed, BatchTooLarge, BatchVersionUnknown

ArraysT = TypeVar("ArraysT", HeadWire, BatchWire, LayoutWire)

_VERSION_DECODER = msgspec.msgpack.Decoder(VersionWire)


class BatchHeader(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """
    The description of a batch; the fields are those of ``Batch``.

    ``layout`` names the layout that the batch refers to, empty when it has no results. ``results``,
    ``changes`` and ``notices`` say how many there are.
    """

    site: str
    stream: str
    number: int
    boot_id: str
    clock: ClockReading
    previous: bytes
    layout: bytes
    results: int
    changes: int
    notices: int


def read_arrays(
    body: bytes, decoder: msgspec.msgpack.Decoder[ArraysT], limits: BatchLimits
) -> ArraysT:
    """
    Return the arrays of a body.

    Raises:
        BatchTooLarge: the body is over a limit.
        BatchVersionUnknown: it is of another version.
        BatchMalformed: it is not a zstd frame, not msgpack, or not of that form.
    """
    text = frame.unpack(body, limits)
    try:
        decoded = decoder.decode(text)
    except RecursionError as error:
        raise BatchMalformed("body is nested too deeply") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        _check_version(_version(text))
        raise BatchMalformed(f"body does not follow version {VERSION}: {error}") from error
    _check_version(decoded.version)
    return decoded


def _version(text: bytes) -> int:
    """Return the version of a body that is not of this one; this one where it is not even that."""
    try:
        return _VERSION_DECODER.decode(text).version
    except (msgspec.DecodeError, UnicodeDecodeError):
        return VERSION


def _check_version(version: int) -> None:
    if version != VERSION:
        message = f"body is of version {version}; version {VERSION} is read here"
        raise BatchVersionUnknown(message)


def header_from_wire(wire: HeadWire | BatchWire, limits: BatchLimits) -> BatchHeader:
    """
    Return the header of a batch.

    Raises:
        BatchTooLarge: it counts more than the limits allow.
        BatchMalformed: a digest has an impossible length.
    """
    results = sum(wire.counts)
    if (
        len(wire.counts) > limits.series
        or results > limits.results
        or len(wire.changes) > limits.changes
        or len(wire.notices) > limits.notices
    ):
        raise _too_large(wire, results, limits)
    if len(wire.previous) not in {0, DIGEST_BYTES}:
        raise BatchMalformed(f"digest of the batch before has {len(wire.previous)} bytes, not 16")
    if len(wire.layout) != (DIGEST_BYTES if results else 0):
        raise BatchMalformed(f"{results} results refer to a layout by {len(wire.layout)} bytes")
    return BatchHeader(
        site=wire.site,
        stream=wire.stream.hex(),
        number=wire.number,
        boot_id=boot_id_from_wire(wire.boot_id),
        clock=clock_from_wire(wire.clock),
        previous=wire.previous,
        layout=wire.layout,
        results=results,
        changes=len(wire.changes),
        notices=len(wire.notices),
    )


def _too_large(wire: HeadWire | BatchWire, results: int, limits: BatchLimits) -> BatchTooLarge:
    counted = (
        ("series", len(wire.counts), limits.series),
        ("results", results, limits.results),
        ("verdict changes", len(wire.changes), limits.changes),
        ("notices", len(wire.notices), limits.notices),
    )
    noun, count, limit = next(over for over in counted if over[1] > over[2])
    return BatchTooLarge(f"batch has {count} {noun}; at most {limit} are taken")
