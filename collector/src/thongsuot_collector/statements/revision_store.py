"""Revision store: every issued statement, in the store. Rows are never changed."""

import msgspec
from sqlalchemy import ColumnElement, Engine, and_, func, insert, select

from thongsuot_collector.sla.revision import IssuedStatement
from thongsuot_collector.statements.summary import StatementSummary, summarize_statement
from thongsuot_collector.store.tables import STATEMENTS


def save_revision(engine: Engine, issue: IssuedStatement) -> None:
    """
    Store an issue; durable when it returns.

    Raises:
        IntegrityError: another process has just issued that revision.
    """
    circuit = issue.statement.circuit
    with engine.begin() as connection:
        connection.execute(
            insert(STATEMENTS).values(
                month=issue.statement.month,
                site=circuit.site,
                link=circuit.link,
                revision=issue.revision,
                circuit=circuit.name,
                carrier=circuit.carrier,
                issued_ms=issue.issued_ms,
                digest=issue.digest,
                summary=msgspec.msgpack.encode(summarize_statement(issue)),
                body=msgspec.msgpack.encode(issue),
            )
        )


def latest(engine: Engine, month: str, site: str, link: str) -> IssuedStatement | None:
    """Return the newest revision of a statement."""
    wanted = (
        select(STATEMENTS.c.body)
        .where(_is_of(month, site, link))
        .order_by(STATEMENTS.c.revision.desc())
        .limit(1)
    )
    with engine.connect() as connection:
        return _decoded(connection.execute(wanted).scalar())


def revision(
    engine: Engine, month: str, site: str, link: str, number: int
) -> IssuedStatement | None:
    """Return one revision of a statement."""
    wanted = select(STATEMENTS.c.body).where(
        _is_of(month, site, link), STATEMENTS.c.revision == number
    )
    with engine.connect() as connection:
        return _decoded(connection.execute(wanted).scalar())


def revisions(engine: Engine, month: str, site: str, link: str) -> list[tuple[int, int]]:
    """Return the revisions of a statement and when each was issued (Unix ms), oldest first."""
    wanted = (
        select(STATEMENTS.c.revision, STATEMENTS.c.issued_ms)
        .where(_is_of(month, site, link))
        .order_by(STATEMENTS.c.revision)
    )
    with engine.connect() as connection:
        return [(row.revision, row.issued_ms) for row in connection.execute(wanted)]


def months(engine: Engine) -> list[str]:
    """Return the months with issued statements, newest first."""
    wanted = select(STATEMENTS.c.month).distinct().order_by(STATEMENTS.c.month.desc())
    with engine.connect() as connection:
        return [row.month for row in connection.execute(wanted)]


def summaries(engine: Engine, month: str) -> list[StatementSummary]:
    """Return a summary of the newest revision of every statement of a month, by circuit."""
    newest = (
        select(
            STATEMENTS.c.site, STATEMENTS.c.link, func.max(STATEMENTS.c.revision).label("revision")
        )
        .where(STATEMENTS.c.month == month)
        .group_by(STATEMENTS.c.site, STATEMENTS.c.link)
        .subquery()
    )
    is_newest = and_(
        STATEMENTS.c.site == newest.c.site,
        STATEMENTS.c.link == newest.c.link,
        STATEMENTS.c.revision == newest.c.revision,
    )
    wanted = (
        select(STATEMENTS.c.summary)
        .join(newest, is_newest)
        .where(STATEMENTS.c.month == month)
        .order_by(STATEMENTS.c.circuit, STATEMENTS.c.site, STATEMENTS.c.link)
    )
    with engine.connect() as connection:
        return [
            msgspec.msgpack.decode(row.summary, type=StatementSummary)
            for row in connection.execute(wanted)
        ]


def _is_of(month: str, site: str, link: str) -> ColumnElement[bool]:
    return and_(STATEMENTS.c.month == month, STATEMENTS.c.site == site, STATEMENTS.c.link == link)


def _decoded(body: bytes | None) -> IssuedStatement | None:
    return None if body is None else msgspec.msgpack.decode(body, type=IssuedStatement)
