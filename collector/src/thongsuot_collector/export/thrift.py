"""
The little of Thrift's compact protocol that the head and foot of a Parquet file need. Pure.

Source: Apache Thrift, "Thrift compact protocol encoding".
"""

from collections.abc import Sequence

_TRUE, _FALSE, _I32, _I64, _BINARY, _LIST, _STRUCT = 1, 2, 5, 6, 8, 9, 12
_STOP = b"\x00"

Field = tuple[int, int, bytes]
"""Number, type and content of a field of a struct."""


def varint(number: int) -> bytes:
    """Return a number from 0 on, seven bits an octet, the lowest first."""
    parts = bytearray()
    while number > 127:
        parts.append(number & 127 | 128)
        number >>= 7
    parts.append(number)
    return bytes(parts)


def i32(number: int, value: int) -> Field:
    """Return a field of 32 bits."""
    return number, _I32, _zigzag(value)


def i64(number: int, value: int) -> Field:
    """Return a field of 64 bits."""
    return number, _I64, _zigzag(value)


def truth(number: int, *, value: bool) -> Field:
    """Return a field that is true or false."""
    return number, _TRUE if value else _FALSE, b""


def text(number: int, value: str) -> Field:
    """Return a field of text."""
    return number, _BINARY, _text(value)


def inner(number: int, *fields: Field) -> Field:
    """Return a field that is a struct."""
    return number, _STRUCT, struct(*fields)


def texts(number: int, values: Sequence[str]) -> Field:
    """Return a field that is a list of texts."""
    return number, _LIST, _list_head(len(values), _BINARY) + b"".join(map(_text, values))


def numbers(number: int, values: Sequence[int]) -> Field:
    """Return a field that is a list of numbers of 32 bits."""
    return number, _LIST, _list_head(len(values), _I32) + b"".join(map(_zigzag, values))


def structs(number: int, values: Sequence[bytes]) -> Field:
    """Return a field that is a list of structs, each as ``struct`` returns it."""
    return number, _LIST, _list_head(len(values), _STRUCT) + b"".join(values)


def struct(*fields: Field) -> bytes:
    """Return a struct; ``fields`` in the order of their numbers, which may grow by at most 15."""
    parts: list[bytes] = []
    before = 0
    for number, kind, content in fields:
        assert 0 < number - before <= 15
        parts += (bytes(((number - before) << 4 | kind,)), content)
        before = number
    return b"".join((*parts, _STOP))


def _text(value: str) -> bytes:
    encoded = value.encode()
    return varint(len(encoded)) + encoded


def _zigzag(value: int) -> bytes:
    return varint(value << 1 if value >= 0 else (-value << 1) - 1)


def _list_head(size: int, kind: int) -> bytes:
    return bytes((size << 4 | kind,)) if size < 15 else bytes((0xF0 | kind,)) + varint(size)
