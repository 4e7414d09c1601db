"""Bytes that were written once are read forever, and written again as they were."""

import json

import pytest

from tests.schema.batch.vectors import FOLDER, NEWER, described, vectors
from thongsuot_schema.batch import frame
from thongsuot_schema.batch.decode import decode_batch, decode_layout, read_header
from thongsuot_schema.batch.encode import encode_batch, encode_layout, index_layout
from thongsuot_schema.batch.limits import DEFAULT_LIMITS

NAMES = sorted(path.stem for path in FOLDER.glob("v*.json"))


def read(name: str) -> tuple[bytes, bytes]:
    path = FOLDER / f"{name}.bin"
    return path.with_suffix(".layout.bin").read_bytes(), path.read_bytes()


def assert_holds(actual: object, pinned: object) -> None:
    """Check that all that was meant is meant still; fields that came later may stand beside it."""
    if isinstance(pinned, dict):
        assert isinstance(actual, dict)
        for key, value in pinned.items():
            assert_holds(actual[key], value)
    elif isinstance(pinned, list):
        assert isinstance(actual, list)
        assert len(actual) == len(pinned)
        for actual_value, value in zip(actual, pinned, strict=True):
            assert_holds(actual_value, value)
    else:
        assert actual == pinned


def test_every_vector_is_in_the_folder() -> None:
    assert set(NAMES) >= set(vectors())


@pytest.mark.parametrize("name", NAMES)
def test_a_vector_means_what_it_meant(name: str) -> None:
    pinned = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    assert_holds(described(*read(name)), pinned)
    head = read_header(read(name)[1])
    assert head.results == len(pinned["batch"].get("results", []))


@pytest.mark.parametrize("name", [name for name in NAMES if name != NEWER])
def test_a_vector_is_written_as_it_was_written(name: str) -> None:
    layout_body, body = read(name)
    _, layout = decode_layout(layout_body)
    batch = decode_batch(body, lambda _: layout)
    again = encode_batch(batch, index_layout(layout))
    # zstd may pack tighter one day; what it packs must not change.
    assert frame.unpack(again, DEFAULT_LIMITS) == frame.unpack(body, DEFAULT_LIMITS)
    text = frame.unpack(layout_body, DEFAULT_LIMITS)
    assert frame.unpack(encode_layout(layout), DEFAULT_LIMITS) == text
    assert index_layout(layout).layout_id == decode_layout(layout_body)[0]
