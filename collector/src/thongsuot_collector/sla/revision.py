"""Revision: an issued statement, its revision number, and its changes from the previous one."""

from collections.abc import Iterator
from hashlib import sha256

import msgspec

from thongsuot_collector.sla.periods import TimeClass
from thongsuot_collector.sla.statement import DisplayNames, Interruption, Statement

_NOBODY = DisplayNames(site="", commune="", carrier="")


class RevisionChange(msgspec.Struct, frozen=True, kw_only=True):
    """
    One difference between a revision and the previous one.

    ``subject`` is a time class, ``told`` (the downtime since the carrier's notification), ``begun``
    (the number of interruptions), ``interruption`` (the downtime of the one that began at
    ``at_ms``), ``terms``, ``circuit``, ``disputes`` and ``switch_overs`` (their number; their
    content may be new) or ``rows``. Times are milliseconds; ``None``: not present before, or now.
    """

    subject: str
    before: int | None = None
    after: int | None = None
    at_ms: int | None = None


class IssuedStatement(msgspec.Struct, frozen=True, kw_only=True):
    """
    A statement as it was issued. ``revision`` counts from 1; 0: not issued, a draft of the present.

    ``issued_ms`` is Unix time; of a draft, the end of the data. ``digest`` identifies its content.
    """

    statement: Statement
    revision: int
    issued_ms: int
    digest: str
    changes: tuple[RevisionChange, ...] = ()

    @property
    def number(self) -> str:
        """The statement's permanent number: "2026-11/FTTH-0042/1"."""
        statement = self.statement
        tail = str(self.revision) if self.revision else "draft"
        return f"{statement.month}/{statement.circuit.name}/{tail}"

    @property
    def is_draft(self) -> bool:
        """Whether it may still change without a new number."""
        return not self.revision


def digest_of(statement: Statement) -> str:
    """Return the digest of a statement's content, without display names."""
    bare = msgspec.structs.replace(statement, names=_NOBODY)
    return sha256(msgspec.msgpack.encode(bare, order="deterministic")).hexdigest()


def draft_of(statement: Statement) -> IssuedStatement:
    """Return a statement that is not issued."""
    until_ms = statement.totals.until_ms
    return IssuedStatement(
        statement=statement, revision=0, issued_ms=until_ms, digest=digest_of(statement)
    )


def next_revision(
    statement: Statement, before: IssuedStatement | None, now_ms: int
) -> IssuedStatement | None:
    """Return a statement's next revision; ``None`` if the last one has the same content."""
    digest = digest_of(statement)
    if before is not None and before.digest == digest:
        return None
    return IssuedStatement(
        statement=statement,
        revision=1 if before is None else before.revision + 1,
        issued_ms=now_ms,
        digest=digest,
        changes=() if before is None else tuple(revision_changes(before.statement, statement)),
    )


def revision_changes(before: Statement, after: Statement) -> Iterator[RevisionChange]:
    """
    Yield the differences between two statements of one circuit and month; if no figure differs, one
    for the rows.
    """
    changes = list(_figure_changes(before, after))
    if before.disputes != after.disputes:
        count = len(before.disputes), len(after.disputes)
        changes.append(RevisionChange(subject="disputes", before=count[0], after=count[1]))
    if before.switch_overs != after.switch_overs:
        count = len(before.switch_overs), len(after.switch_overs)
        changes.append(RevisionChange(subject="switch_overs", before=count[0], after=count[1]))
    if not changes and before.periods != after.periods:
        changes = [
            RevisionChange(subject="rows", before=len(before.periods), after=len(after.periods))
        ]
    yield from changes


def _figure_changes(before: Statement, after: Statement) -> Iterator[RevisionChange]:
    if before.circuit != after.circuit:
        yield RevisionChange(subject="circuit")
    if before.terms != after.terms:
        yield RevisionChange(subject="terms")
    for time_class in TimeClass:
        was, now = before.totals.by_class[time_class], after.totals.by_class[time_class]
        if was != now:
            yield RevisionChange(subject=time_class.value, before=was, after=now)
    if before.totals.down_notified_ms != after.totals.down_notified_ms:
        yield RevisionChange(
            subject="told",
            before=before.totals.down_notified_ms,
            after=after.totals.down_notified_ms,
        )
    if before.begun != after.begun:
        yield RevisionChange(subject="begun", before=before.begun, after=after.begun)
    yield from _interruption_changes(before, after)


def _interruption_changes(before: Statement, after: Statement) -> Iterator[RevisionChange]:
    was, now = _by_begin(before), _by_begin(after)
    for at_ms in sorted(was.keys() | now.keys()):
        old, new = was.get(at_ms), now.get(at_ms)
        if old is None or new is None or old.down_ms != new.down_ms:
            yield RevisionChange(
                subject="interruption",
                before=None if old is None else old.down_ms,
                after=None if new is None else new.down_ms,
                at_ms=at_ms,
            )


def _by_begin(statement: Statement) -> dict[int, Interruption]:
    return {interruption.from_ms: interruption for interruption in statement.interruptions}
