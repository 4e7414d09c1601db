"""Proposed work in the store: the carrier's proposal, with the city's decision."""

import msgspec
from sqlalchemy import Connection, Engine, insert, select, update

from thongsuot_collector.correlation.rows import write_window
from thongsuot_collector.incidents.proposed_work import ProposedWork, WorkDecision
from thongsuot_collector.store import audit
from thongsuot_collector.store.audit import AuditAction
from thongsuot_collector.store.tables import PROPOSED_WORK


def propose(engine: Engine, work: ProposedWork, *, by: str) -> bool:
    """
    Store a proposal; return whether it is new. The same window again changes nothing.

    ``by`` is its author in the audit log.
    """
    with engine.begin() as connection:
        if _load(connection, work.id) is not None:
            return False
        connection.execute(
            insert(PROPOSED_WORK).values(
                id=work.id,
                carrier=work.carrier,
                end_ns=work.window.end_ns,
                body=msgspec.msgpack.encode(work),
            )
        )
        audit.write(connection, AuditAction.WORK_PROPOSED, work.id, by=by, detail=work.window.note)
    return True


def decide(engine: Engine, work_id: str, decision: WorkDecision, *, by: str) -> bool:
    """
    Record the city's decision; confirmed work becomes a maintenance window in the same transaction.

    Return whether this decision took effect: ``False`` if there is no such proposal, or somebody
    has decided before.
    """
    with engine.begin() as connection:
        work = _load(connection, work_id)
        if work is None or work.decision is not None:
            return False
        decided = msgspec.structs.replace(work, decision=decision)
        connection.execute(
            update(PROPOSED_WORK)
            .where(PROPOSED_WORK.c.id == work_id)
            .values(body=msgspec.msgpack.encode(decided))
        )
        action = AuditAction.WORK_CONFIRMED if decision.is_confirmed else AuditAction.WORK_REFUSED
        audit.write(connection, action, work_id, by=by, detail=decision.reason)
        if decision.is_confirmed:
            write_window(connection, work.window, by=by)
    return True


def load(engine: Engine, work_id: str) -> ProposedWork | None:
    """Return a proposal by its name."""
    with engine.connect() as connection:
        return _load(connection, work_id)


def load_recent(engine: Engine, *, ends_after_ns: int, carrier: str = "") -> list[ProposedWork]:
    """
    Return the proposals of all carriers, or of one, that end after a moment, in order of time.
    """
    wanted = select(PROPOSED_WORK.c.body).where(PROPOSED_WORK.c.end_ns > ends_after_ns)
    if carrier:
        wanted = wanted.where(PROPOSED_WORK.c.carrier == carrier)
    with engine.connect() as connection:
        proposals = [
            msgspec.msgpack.decode(row.body, type=ProposedWork)
            for row in connection.execute(wanted)
        ]
    return sorted(proposals, key=lambda work: (work.window.start_ns, work.id))


def load_pending(engine: Engine, now_ns: int) -> list[ProposedWork]:
    """Return the proposals that wait for the city, the earliest work first."""
    recent = load_recent(engine, ends_after_ns=now_ns)
    return [work for work in recent if work.is_pending(now_ns)]


def _load(connection: Connection, work_id: str) -> ProposedWork | None:
    body = connection.execute(
        select(PROPOSED_WORK.c.body).where(PROPOSED_WORK.c.id == work_id)
    ).scalar_one_or_none()
    return None if body is None else msgspec.msgpack.decode(body, type=ProposedWork)
