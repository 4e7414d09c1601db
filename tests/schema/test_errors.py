"""Errors say where and what."""

import pytest

from thongsuot_schema import errors


def test_a_mistake_in_a_document_reads_file_line_sentence() -> None:
    assert str(errors.DocumentError("a.toml", 3, "is wrong")) == "a.toml:3: is wrong"
    assert str(errors.DocumentError("a.toml", 0, "is wrong")) == "a.toml: is wrong"


def test_an_unknown_layout_is_named() -> None:
    error = errors.LayoutUnknown(bytes(range(16)))
    assert error.layout_id == bytes(range(16))
    assert "000102030405060708090a0b0c0d0e0f" in str(error)


@pytest.mark.parametrize(
    "kind",
    [
        errors.BatchTooLarge,
        errors.BatchMalformed,
        errors.BatchVersionUnknown,
        errors.LayoutUnknown,
    ],
)
def test_every_error_in_a_body_is_a_batch_error(kind: type[Exception]) -> None:
    assert issubclass(kind, errors.BatchError)
    assert issubclass(kind, errors.SchemaError)
    assert kind.__name__ in str(errors.__doc__)
