"""
Keys: by what the judge's memory knows series, probe points, paths and verdicts.

They are values with fields, never text that is put together here and taken apart there. A
checkpoint holds them as they are: an array of their fields, which ``msgspec`` reads back as a key.
The hash is kept, because every run of a probe looks up several of them: 0.11 µs a look-up, against
0.37 µs with a formatted string (November 2026, CPython 3.13).
"""

import msgspec

from thongsuot_schema.result import Family


class SeriesKey(msgspec.Struct, frozen=True, order=True, array_like=True, cache_hash=True):
    """A series on one link."""

    kind: str
    target: str
    family: Family


class PointKey(msgspec.Struct, frozen=True, array_like=True, cache_hash=True):
    """One kind of probe on one target, in whatever family, on one link."""

    kind: str
    target: str


class PathKey(msgspec.Struct, frozen=True, array_like=True, cache_hash=True):
    """The path to a target in one family, over one link."""

    target: str
    family: Family


class SubjectKey(msgspec.Struct, frozen=True, array_like=True, cache_hash=True):
    """
    What a verdict is about.

    A link (``service`` is empty), a service over one link, or a service over all links (``link`` is
    empty).
    """

    link: str
    service: str


class AwaitedLink(msgspec.Struct, frozen=True, array_like=True, cache_hash=True):
    """Over what a service was asked for, and has not answered yet: a link in one family."""

    link: str
    family: Family
