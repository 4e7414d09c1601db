"""Batch and Layout: an agent's push before it is encoded."""

from enum import StrEnum

import msgspec

from thongsuot_schema.result import Result, Series
from thongsuot_schema.verdict import VerdictChange

VERSION = 1
"""Version of the batch format that is written. Every released version stays readable."""

GENERATED_STREAM_PREFIX = b"demo".hex()
"""
A stream whose name begins with this prefix was generated for a demonstration: nothing in it was
measured, and every page that shows it is marked. One in four thousand million of the random names
of agents begins with it.
"""


def is_generated(stream: str) -> bool:
    """Return whether a stream was made up for a demonstration."""
    return stream.startswith(GENERATED_STREAM_PREFIX)


class MetricColumn(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """
    One metric of a kind as it travels: whole numbers ``n`` that mean ``n * numerator /
    denominator``.

    Read from the metric's resolution when a layout is made, and kept in the layout: so a receiver
    whose catalogue is older or newer than the sender's still reads the right numbers.
    """

    metric: str
    numerator: int = 1
    denominator: int = 1


class KindColumns(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """The columns of one revision of a kind, in the order in which they travel."""

    kind: str
    revision: int
    columns: tuple[MetricColumn, ...]


class Layout(msgspec.Struct, frozen=True, kw_only=True):
    """
    The series that batches refer to by position, sorted and without repetition.

    A stream's layouts only grow. A layout is named by the first 16 bytes of the SHA-256 of its
    canonical encoding (``encode.index_layout``), so it is stored once and can always be asked for
    again. ``kinds`` describes the columns of each kind and revision among the series, sorted; if
    empty, the catalogue's columns are used (``layout.layout_of`` fills it in).
    """

    series: tuple[Series, ...]
    kinds: tuple[KindColumns, ...] = ()


class ClockReading(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """
    The device's clocks, read together when the batch was sealed.

    ``wall_ns`` is Unix time by the device's wall clock, right or wrong. ``error_s`` is the kernel's
    own estimate of its maximum error, ``None`` while the clock is not synchronised. A result's time
    is ``wall_ns + (result.boottime_ns - boottime_ns)``, plus the correction the collector finds.
    """

    boottime_ns: int
    wall_ns: int
    error_s: float | None = None


class NoticeCode(StrEnum):
    """Reports of an agent about itself and its record."""

    STARTED = "started"
    """The agent started; ``text`` holds its version."""

    GAP = "gap"
    """Results may be missing: from ``from_boottime_ns`` on, or before this boot (``text`` says)."""

    DROPPED = "dropped"
    """``count`` results were dropped to stay inside the spool's bounds."""

    SPOOL_TRUNCATED = "spool_truncated"
    """A damaged spool file was set aside under the name in ``text``; a new one was started."""

    SPOOL_FULL = "spool_full"
    """The disk refused a write; the spool continues in memory."""

    CLOCK_STEPPED = "clock_stepped"
    """The wall clock stepped by ``value`` seconds."""

    LINKS_CHANGED = "links_changed"
    """A link appeared, disappeared or changed its address; ``text`` has the details."""

    ROUTE_CHANGED = "route_changed"
    """The path to a target has changed; ``text`` says over which link, and how."""

    EGRESS_CHANGED = "egress_changed"
    """A link's packets leave by another carrier, or by its own again; ``text`` says which."""

    OLD_FLOW_DEAD = "old_flow_dead"
    """
    Only echoes of an old flow stay unanswered: a stale entry in the NAT of the site's box, not a
    fault of the line; ``text`` has the target and the link.
    """

    ECHOES_LIMITED = "echoes_limited"
    """
    Beyond the site only a limited number of echoes per second is answered, however many are sent,
    and nothing else is lost: not a fault of the line; ``text`` has the link, ``value`` the number.
    """

    COMMISSIONING = "commissioning"
    """A step of a commissioning run: ``text`` is a ``commissioning.events`` as JSON."""

    CONFIG_REJECTED = "config_rejected"
    """A site configuration is not run, or no longer: ``text`` is its version and the reason."""

    CONFIG_APPLIED = "config_applied"
    """
    A site configuration has proved itself: a push under it was acknowledged; ``text`` is its
    version.
    """

    PROBE_BROKEN = "probe_broken"
    """A probe raised an error that is our own bug; ``text`` names it."""

    TEST_REQUESTED_LOCALLY = "test_requested_locally"
    """
    Somebody at the point wants a test, by the device's own page: ``text`` is its id, the kind, the
    link or nothing; ``count`` how many seconds ago. Said before ``test_accepted`` and, as batches
    may arrive in another order, again before the end.
    """

    TEST_ACCEPTED = "test_accepted"
    """A requested test is running: ``text`` is its id, ``count`` the number of series."""

    TEST_COMPLETED = "test_completed"
    """All of it was run, well or not; the results are in the record before this. As above."""

    TEST_REFUSED = "test_refused"
    """It is not run, or did not end: ``text`` is its id, a ``TestRefusal``, details."""

    PROBLEM_REPORTED = "problem_reported"
    """
    Somebody at the point reports a problem on the device's own page; ``text`` is a ``ProblemKind``.
    """

    NUMBER_TAKEN = "number_taken"
    """
    The collector has other bytes under a batch's number: another device pushes with this identity.
    ``text`` has the stream and number under which the batch is pushed instead.
    """

    BATCHES_LOST = "batches_lost"
    """Batches that will never be pushed: ``text`` is a ``LostBatches`` (``record_report``)."""

    OTHER = "other"
    """
    A notice with a code of a newer agent that is unknown here; ``text`` begins with that code.
    """


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """One report of an agent about itself; see ``NoticeCode`` for the meaning of the fields."""

    code: NoticeCode
    boottime_ns: int
    text: str = ""
    count: int = 0
    value: float | None = None
    from_boottime_ns: int | None = None


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """
    One sealed, numbered, immutable piece of an agent's record.

    ``site`` is the site the agent runs at. ``stream`` is a random name (16 hex digits) made when
    the agent starts a new record (but see ``GENERATED_STREAM_PREFIX``); ``number`` counts from 1
    without gaps inside a stream, so (site, stream, number) identifies a batch permanently.
    ``boot_id`` is the kernel's. ``previous`` is the first 16 bytes of the SHA-256 of the batch
    before it in the stream as it was encoded (empty in the first), which chains a stream's batches.
    Results are ordered by ``boottime_ns``.
    """

    site: str
    stream: str
    number: int
    boot_id: str
    clock: ClockReading
    previous: bytes = b""
    results: tuple[Result, ...] = ()
    changes: tuple[VerdictChange, ...] = ()
    notices: tuple[Notice, ...] = ()
