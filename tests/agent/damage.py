"""Damage of kept data, generated: of bytes as a memory card leaves them, and of values inside."""

from collections.abc import Iterator

STRANGE: tuple[object, ...] = (None, -1, 0, 2**62, -1.5, 1e300, "", "x\n\x1b[2J", b"\xc1", [], {})
"""Values of other types, or of none that a clock or a counter can have."""


def damaged_bytes(whole: bytes) -> Iterator[bytes]:
    """Yield a file's content with each byte changed, cut at each place, zeroed, and continued."""
    for at in range(len(whole)):
        yield whole[:at] + bytes((whole[at] ^ 1 << at % 8,)) + whole[at + 1 :]
        yield whole[:at]
        yield whole[:at].ljust(len(whole), b"\0")
    yield bytes(len(whole))
    yield whole + b"\0"
    yield whole + whole


def damaged_values(value: object, strange: tuple[object, ...] = STRANGE) -> Iterator[object]:
    """Yield a value of lists and maps with one part of it, at any depth, replaced or missing."""
    yield from strange
    match value:
        case list():
            for at, part in enumerate(value):
                yield value[:at] + value[at + 1 :]
                for damaged in damaged_values(part, strange):
                    yield [*value[:at], damaged, *value[at + 1 :]]
        case dict():
            for key, part in value.items():
                rest = {other: kept for other, kept in value.items() if other != key}
                yield rest
                for name in ("", "x", "9999-12", -1, 2**62):
                    yield rest | {name: part}
                for damaged in damaged_values(part, strange):
                    yield value | {key: damaged}
