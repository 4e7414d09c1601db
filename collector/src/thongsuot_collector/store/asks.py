"""Tests that somebody wanted at once, in the store: who asked when, and what became of it."""

import time
from collections.abc import Iterable
from enum import StrEnum

import msgspec
from sqlalchemy import Engine, delete, func, insert, select, update

from thongsuot_collector.errors import AskError
from thongsuot_collector.store.tables import ASKS
from thongsuot_schema.page.view import TrialRun

NS_PER_S = 1_000_000_000

LASTS_NS = 600 * NS_PER_S
"""How long a test may wait for its agent, and then how long it may take."""

AT_ONCE = 6
"""Tests of one site in ``LASTS_NS``: more would be measuring all day by hand."""

AT_ONCE_HERE = 64
"""The same of those wanted at the point, which the device bounds: a bound on a device gone mad."""

AT_SITE = ""
"""Who asked, where it was somebody at the point: the device's own page asks for no name."""

_KEPT_NS = 90 * 86_400 * NS_PER_S


class Stage(StrEnum):
    """How far a test is."""

    WAITING = "waiting"
    TAKEN = "taken"
    DONE = "done"
    REFUSED = "refused"
    EXPIRED = "expired"


OPEN = (Stage.WAITING, Stage.TAKEN)

_BEFORE = {
    # What expired may have been under way all the time, and its news late.
    Stage.TAKEN: (Stage.WAITING, Stage.EXPIRED),
    Stage.DONE: (*OPEN, Stage.EXPIRED),
    Stage.REFUSED: (*OPEN, Stage.EXPIRED),
}
"""From which stages one leads on: news that is read again leads nowhere."""


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """
    A test that somebody wanted.

    ``link`` and ``target`` empty: all of the device's plan. ``said`` is the agent's reason where it
    refused; ``found`` what was measured, as ``findings`` reads it.
    """

    id: str
    site: str
    kind: str
    link: str
    target: str
    asked_by: str
    asked_ns: int
    expires_ns: int
    state: Stage = Stage.WAITING
    changed_ns: int = 0
    said: str = ""
    found: bytes = b"[]"

    @property
    def findings(self) -> list[TrialRun]:
        """What was measured, a run each."""
        return msgspec.json.decode(self.found, type=list[TrialRun])


def put(engine: Engine, wanted: Ask) -> Ask:
    """
    Keep a test that is wanted, and return it; one that is kept or waits already as it is.

    Raises:
        AskError: too many were wanted of this site.
    """
    now_ns = wanted.asked_ns
    with engine.begin() as connection:
        rows = connection.execute(
            select(ASKS).where(
                (ASKS.c.id == wanted.id)
                | (
                    (ASKS.c.site == wanted.site)
                    & (ASKS.c.kind == wanted.kind)
                    & (ASKS.c.link == wanted.link)
                    & (ASKS.c.target == wanted.target)
                    & ASKS.c.state.in_(OPEN)
                    & (ASKS.c.expires_ns > now_ns)
                )
            )
        ).mappings()
        known = rows.first()
        if known is not None:
            return _ask(known)
        recent = select(func.count()).where(
            ASKS.c.site == wanted.site,
            ASKS.c.asked_ns > now_ns - LASTS_NS,
            ASKS.c.asked_by != AT_SITE,
        )
        if (connection.execute(recent).scalar() or 0) >= AT_ONCE:
            message = (
                f"{AT_ONCE} tests of {wanted.site} were asked for in the last "
                f"{LASTS_NS // NS_PER_S // 60} minutes; wait for their results"
            )
            raise AskError(message)
        connection.execute(delete(ASKS).where(ASKS.c.asked_ns < now_ns - _KEPT_NS))
        connection.execute(insert(ASKS).values(**msgspec.structs.asdict(wanted)))
    return wanted


def put_here(engine: Engine, wanted: Ask) -> None:
    """
    Keep a test that is wanted at the point and under way there; one that is known stays as it is.

    Raises:
        AskError: a device says that so many were wanted as cannot be.
    """
    with engine.begin() as connection:
        known = select(ASKS.c.id).where(ASKS.c.id == wanted.id)
        if connection.execute(known).first() is not None:
            return
        recent = select(func.count()).where(
            ASKS.c.site == wanted.site,
            ASKS.c.changed_ns > wanted.changed_ns - LASTS_NS,
            ASKS.c.asked_by == AT_SITE,
        )
        if (connection.execute(recent).scalar() or 0) >= AT_ONCE_HERE:
            message = f"{AT_ONCE_HERE} tests were wanted at {wanted.site} in a short time"
            raise AskError(message)
        connection.execute(delete(ASKS).where(ASKS.c.asked_ns < wanted.changed_ns - _KEPT_NS))
        connection.execute(insert(ASKS).values(**msgspec.structs.asdict(wanted)))


def get(engine: Engine, name: str) -> Ask | None:
    """Return a test by its id."""
    with engine.connect() as connection:
        row = connection.execute(select(ASKS).where(ASKS.c.id == name)).mappings().first()
    return None if row is None else _ask(row)


def of_site(engine: Engine, site: str, limit: int) -> list[Ask]:
    """Return the latest tests of a site, the newest first."""
    wanted = select(ASKS).where(ASKS.c.site == site).order_by(ASKS.c.asked_ns.desc()).limit(limit)
    with engine.connect() as connection:
        return [_ask(row) for row in connection.execute(wanted).mappings()]


def live(engine: Engine) -> list[Ask]:
    """
    Note which tests have expired; return, by age, those that wait or are under way, and those done
    of late, of which something may be on its way yet.
    """
    now_ns = time.time_ns()
    over = ASKS.c.state.in_(OPEN) & (ASKS.c.expires_ns <= now_ns)
    is_live = (ASKS.c.state.in_(OPEN) & (ASKS.c.expires_ns > now_ns)) | (
        (ASKS.c.state == Stage.DONE) & (ASKS.c.changed_ns > now_ns - LASTS_NS)
    )
    with engine.connect() as connection:
        expired = connection.execute(select(ASKS.c.id).where(over).limit(1)).first()
        rows = connection.execute(select(ASKS).where(is_live).order_by(ASKS.c.asked_ns)).mappings()
        found = [_ask(row) for row in rows]
    if expired is not None:
        # The rest of the time nothing is written: this is looked at every second or two.
        with engine.begin() as connection:
            connection.execute(
                update(ASKS).where(over).values(state=Stage.EXPIRED, changed_ns=now_ns)
            )
    return found


def lead_on(engine: Engine, site: str, name: str, stage: Stage, said: str = "") -> None:
    """Note what an agent said of a test of its site; of what is over already nothing changes."""
    now_ns = time.time_ns()
    values: dict[str, object] = {"state": stage, "changed_ns": now_ns, "said": said}
    if stage is Stage.TAKEN:
        values["expires_ns"] = now_ns + LASTS_NS
    with engine.begin() as connection:
        connection.execute(
            update(ASKS)
            .where(ASKS.c.id == name, ASKS.c.site == site, ASKS.c.state.in_(_BEFORE[stage]))
            .values(**values)
        )


def find(engine: Engine, name: str, found: Iterable[TrialRun], *, only_new: bool = False) -> None:
    """
    Note what was measured for a test; of a series the latest run counts.

    ``only_new``: of a series that was measured already nothing is taken.
    """
    with engine.begin() as connection:
        kept = connection.execute(select(ASKS.c.found).where(ASKS.c.id == name)).scalar()
        if kept is None:
            return
        before = msgspec.json.decode(kept, type=list[TrialRun])
        runs = {
            (one.link, one.target, one.family): one
            for one in ((*found, *before) if only_new else (*before, *found))
        }
        body = msgspec.json.encode([runs[key] for key in sorted(runs)])
        connection.execute(update(ASKS).where(ASKS.c.id == name).values(found=body))


def _ask(row: object) -> Ask:
    return msgspec.convert(row, Ask)
