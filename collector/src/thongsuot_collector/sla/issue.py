"""
Issue: a statement as it was handed out, its revision, and what changed from the one before.
"""

from collections.abc import Iterator
from hashlib import sha256

import msgspec

from thongsuot_collector.sla.statement import Interruption, Names, Statement
from thongsuot_collector.sla.tiles import Account

_NOBODY = Names(site="", commune="", carrier="")


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """
    One thing that a revision says otherwise than the one before.

    ``what`` is an account, ``told`` (the downtime that the carrier knew of), ``begun`` (how many
    interruptions), ``interruption`` (the downtime of the one that began at ``at_ms``), ``terms``,
    ``circuit`` or ``rows``. Times are milliseconds; ``None``: there is, or was, no such thing.
    """

    what: str
    before: int | None = None
    after: int | None = None
    at_ms: int | None = None


class Issue(msgspec.Struct, frozen=True, kw_only=True):
    """
    A statement as it was issued. ``revision`` counts from 1; 0: not issued, a draft of the present.

    ``issued_ms`` is Unix time; of a draft, up to when it holds. ``digest`` names what it says.
    """

    statement: Statement
    revision: int
    issued_ms: int
    digest: str
    changes: tuple[Change, ...] = ()

    @property
    def number(self) -> str:
        """What the statement is called, for ever: "2026-11/FTTH-0042/1"."""
        made = self.statement
        tail = str(self.revision) if self.revision else "draft"
        return f"{made.month}/{made.circuit.name}/{tail}"

    @property
    def is_draft(self) -> bool:
        """Whether it may yet change without a new number."""
        return not self.revision


def digest_of(statement: Statement) -> str:
    """Return what names all that a statement says, what people call things left out."""
    bare = msgspec.structs.replace(statement, names=_NOBODY)
    return sha256(msgspec.msgpack.encode(bare, order="deterministic")).hexdigest()


def draft(statement: Statement) -> Issue:
    """Return a statement that is not issued."""
    until_ms = statement.tally.until_ms
    return Issue(statement=statement, revision=0, issued_ms=until_ms, digest=digest_of(statement))


def issue(statement: Statement, before: Issue | None, now_ms: int) -> Issue | None:
    """Return a statement's next revision; ``None`` where the last one says the same already."""
    digest = digest_of(statement)
    if before is not None and before.digest == digest:
        return None
    return Issue(
        statement=statement,
        revision=1 if before is None else before.revision + 1,
        issued_ms=now_ms,
        digest=digest,
        changes=() if before is None else tuple(changes(before.statement, statement)),
    )


def changes(before: Statement, after: Statement) -> Iterator[Change]:
    """
    Yield what differs between two statements of one circuit and month; where no figure does, that
    the rows do.
    """
    found = list(_figures(before, after))
    if not found and before.tiles != after.tiles:
        found = [Change(what="rows", before=len(before.tiles), after=len(after.tiles))]
    yield from found


def _figures(before: Statement, after: Statement) -> Iterator[Change]:
    if before.circuit != after.circuit:
        yield Change(what="circuit")
    if before.terms != after.terms:
        yield Change(what="terms")
    for account in Account:
        was, now = before.tally.accounts[account], after.tally.accounts[account]
        if was != now:
            yield Change(what=account.value, before=was, after=now)
    if before.tally.down_told_ms != after.tally.down_told_ms:
        yield Change(what="told", before=before.tally.down_told_ms, after=after.tally.down_told_ms)
    if before.begun != after.begun:
        yield Change(what="begun", before=before.begun, after=after.begun)
    yield from _interruptions(before, after)


def _interruptions(before: Statement, after: Statement) -> Iterator[Change]:
    was, now = _by_begin(before), _by_begin(after)
    for at_ms in sorted(was.keys() | now.keys()):
        one, other = was.get(at_ms), now.get(at_ms)
        if one is None or other is None or one.down_ms != other.down_ms:
            yield Change(
                what="interruption",
                before=None if one is None else one.down_ms,
                after=None if other is None else other.down_ms,
                at_ms=at_ms,
            )


def _by_begin(statement: Statement) -> dict[int, Interruption]:
    return {one.from_ms: one for one in statement.interruptions}
