"""A picture of a label: taken by what is in it, without what its camera knew, and upright."""

import base64
import struct
import zlib

import pytest

from thongsuot_collector.commissioning.photo import BYTES_LIMIT, PhotoRefused, Refusal, photo_from

JPEG = base64.b64decode(
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAFA3PEY8MlBGQUZaVVBfeMiCeG5uePWvuZHI////////////////////"
    "////////////////////////////////2wBDAVVaWnhpeOuCguv/////////////////////////////////////"
    "////////////////////////////////////wAARCAAQACADASIAAhEBAxEB/8QAFQABAQAAAAAAAAAAAAAAAAAA"
    "AAH/xAAUEAEAAAAAAAAAAAAAAAAAAAAA/8QAFAEBAAAAAAAAAAAAAAAAAAAAAP/EABQRAQAAAAAAAAAAAAAAAAAA"
    "AAD/2gAMAwEAAhEDEQA/AKAAAD//2Q=="
)
"""32 by 16 pixels, grey."""
PLACE = b"21 deg 1.5 min N, 105 deg 51 min E"


def taken_upright(orientation: int, order: str = ">") -> bytes:
    """Return the picture as a camera writes it: how it was held, where it was, and a comment."""
    mark = b"MM" if order == ">" else b"II"
    tiff = struct.pack(f"{order}2sHIH", mark, 42, 8, 2)
    tiff += struct.pack(f"{order}HHIHH", 0x0112, 3, 1, orientation, 0)
    tiff += struct.pack(f"{order}HHII", 0x9286, 7, len(PLACE), 38) + bytes(4) + PLACE
    exif = b"Exif\0\0" + tiff
    segment = struct.pack(">BBH", 0xFF, 0xE1, 2 + len(exif)) + exif
    comment = struct.pack(">BBH", 0xFF, 0xFE, 2 + len(PLACE)) + PLACE
    return JPEG[:2] + segment + comment + JPEG[2:] + PLACE


def chunk(name: bytes, content: bytes) -> bytes:
    return (
        struct.pack(">I", len(content))
        + name
        + content
        + struct.pack(">I", zlib.crc32(name + content))
    )


def png(width: int = 4, height: int = 4) -> bytes:
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = zlib.compress(b"".join(b"\0" + bytes(4) for _ in range(4)))
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"tEXt", b"place\0" + PLACE)
        + chunk(b"IDAT", rows)
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("order", [">", "<"])
def test_metadata_of_the_camera_is_removed_and_the_orientation_kept(order: str) -> None:
    photo = photo_from(taken_upright(6, order))
    assert photo.media_type == "image/jpeg"
    assert PLACE not in photo.body
    assert photo.body.count(b"Exif") == 1
    # Taken once more it stays as it is.
    assert photo_from(photo.body) == photo
    assert len(photo.body) == len(JPEG) + 36


def test_an_upright_picture_is_stored_without_an_orientation() -> None:
    assert photo_from(taken_upright(1)).body == JPEG
    assert photo_from(JPEG).body == JPEG


def test_only_the_picture_data_of_a_png_is_kept() -> None:
    photo = photo_from(png())
    assert photo.media_type == "image/png"
    assert PLACE not in photo.body
    assert b"IDAT" in photo.body


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", Refusal.NO_PICTURE),
        (b"<svg onload='x'/>", Refusal.NO_PICTURE),
        (b"GIF89a" + bytes(40), Refusal.NO_PICTURE),
        (JPEG[:30], Refusal.NO_PICTURE),
        (JPEG[:-2], Refusal.NO_PICTURE),
        (b"\xff\xd8\xff" + bytes(100), Refusal.NO_PICTURE),
        (png()[:-5], Refusal.NO_PICTURE),
        (b"\x89PNG\r\n\x1a\n" + chunk(b"IDAT", b""), Refusal.NO_PICTURE),
        (png(0, 4), Refusal.NO_PICTURE),
        (png(60_000, 60_000), Refusal.TOO_LARGE),
        (JPEG + bytes(BYTES_LIMIT), Refusal.TOO_LARGE),
    ],
)
def test_an_invalid_or_oversized_picture_is_refused(body: bytes, why: Refusal) -> None:
    with pytest.raises(PhotoRefused) as refused:
        photo_from(body)
    assert refused.value.why is why


def test_no_cut_of_a_picture_raises_anything_else() -> None:
    for whole in (taken_upright(6), png()):
        for end in range(len(whole)):
            try:
                photo_from(whole[:end])
            except PhotoRefused:
                continue
