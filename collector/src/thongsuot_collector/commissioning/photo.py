"""
Photo: a picture of a label, in the form stored beside the report. Pure.

JPEG and PNG are accepted, by their content and not by their name. Metadata of the camera (place,
time, name of its owner) is removed; the orientation is kept, so that the picture is upright.
"""

import struct
from enum import Enum, auto
from typing import Final

import msgspec

BYTES_LIMIT: Final = 6 * 1024 * 1024
"""A photo of 12 megapixels takes 2 to 5 MB."""
PIXELS_LIMIT: Final = 50_000_000
"""Typst decodes a picture into 4 bytes per pixel."""

_JPEG, _PNG = b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"
_START_OF_SCAN, _END = 0xDA, 0xD9
_APP0, _APP1, _APP14, _APP15, _COMMENT = 0xE0, 0xE1, 0xEE, 0xEF, 0xFE
_KEPT: Final = frozenset({_APP0, _APP14})
"""The application segments that are kept: the JFIF marker, and the colour encoding."""
_SIZES: Final = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
"""Markers of a frame (ITU-T T.81, table B.1), which has height and width."""
_ORIENTATION: Final = 0x0112
_PNG_KEPT: Final = frozenset(
    {b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"sBIT", b"bKGD"}
)


class Refusal(Enum):
    """The reason for which a picture is refused."""

    TOO_LARGE = auto()
    NO_PICTURE = auto()


class PhotoRefused(Exception):
    """A picture is refused."""

    def __init__(self, why: Refusal) -> None:
        self.why = why
        super().__init__(why.name)


class Photo(msgspec.Struct, frozen=True, kw_only=True):
    """A picture without the metadata of its camera."""

    media_type: str
    body: bytes


def photo_from(body: bytes) -> Photo:
    """
    Return a picture in the form in which it is stored.

    Raises:
        PhotoRefused: it is too large, or not a JPEG or PNG.
    """
    if len(body) > BYTES_LIMIT:
        raise PhotoRefused(Refusal.TOO_LARGE)
    try:
        if body.startswith(_JPEG):
            return Photo(media_type="image/jpeg", body=_bare_jpeg(body))
        if body.startswith(_PNG):
            return Photo(media_type="image/png", body=_bare_png(body))
    except (struct.error, IndexError) as error:
        raise PhotoRefused(Refusal.NO_PICTURE) from error
    raise PhotoRefused(Refusal.NO_PICTURE)


def _bare_jpeg(body: bytes) -> bytes:
    kept, orientation, is_sized, at = [], 1, False, 2
    while True:
        mark, marker, length = struct.unpack_from(">BBH", body, at)
        if mark != 0xFF or length < 2 or at + 2 + length > len(body):
            raise PhotoRefused(Refusal.NO_PICTURE)
        segment = body[at : at + 2 + length]
        if marker == _START_OF_SCAN:
            break
        if marker in _SIZES:
            height, width = struct.unpack_from(">HH", segment, 5)
            _check_pixels(width, height)
            is_sized = True
        if marker == _APP1:
            orientation = _orientation(segment) or orientation
        is_added = _APP0 <= marker <= _APP15 or marker == _COMMENT
        if marker in _KEPT or not is_added:
            kept.append(segment)
        at += 2 + length
    end = body.rfind(bytes((0xFF, _END)))
    if not is_sized or end < at:
        raise PhotoRefused(Refusal.NO_PICTURE)
    held = [_exif(orientation)] if orientation != 1 else []
    # Data that some cameras append after the end of the picture is also removed.
    return b"".join((body[:2], *held, *kept, body[at : end + 2]))


def _orientation(segment: bytes) -> int | None:
    """Return the orientation of the camera (TIFF tag 274); ``None`` if it is not recorded."""
    if segment[4:10] != b"Exif\0\0":
        return None
    tiff = segment[10:]
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if order is None:
        return None
    (directory,) = struct.unpack_from(f"{order}I", tiff, 4)
    (count,) = struct.unpack_from(f"{order}H", tiff, directory)
    for entry in range(count):
        tag, _, _, value = struct.unpack_from(f"{order}HHIH", tiff, directory + 2 + 12 * entry)
        if tag == _ORIENTATION:
            return int(value) if 1 <= value <= 8 else None
    return None


def _exif(orientation: int) -> bytes:
    """Return an APP1 segment that only contains the orientation of the camera."""
    entry = struct.pack(">HHIHH", _ORIENTATION, 3, 1, orientation, 0)
    tiff = struct.pack(">2sHIH", b"MM", 42, 8, 1) + entry + struct.pack(">I", 0)
    content = b"Exif\0\0" + tiff
    return struct.pack(">BBH", 0xFF, _APP1, 2 + len(content)) + content


def _bare_png(body: bytes) -> bytes:
    kept: list[bytes] = []
    at = len(_PNG)
    while not kept or kept[-1][4:8] != b"IEND":
        (length,) = struct.unpack_from(">I", body, at)
        chunk = body[at : at + 12 + length]
        name = chunk[4:8]
        if len(chunk) != 12 + length or (not kept and name != b"IHDR"):
            raise PhotoRefused(Refusal.NO_PICTURE)
        if name == b"IHDR":
            _check_pixels(*struct.unpack_from(">II", chunk, 8))
        if name in _PNG_KEPT:
            kept.append(chunk)
        at += 12 + length
    return _PNG + b"".join(kept)


def _check_pixels(width: int, height: int) -> None:
    if not 0 < width * height <= PIXELS_LIMIT:
        raise PhotoRefused(Refusal.TOO_LARGE if width * height else Refusal.NO_PICTURE)
