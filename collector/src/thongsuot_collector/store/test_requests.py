"""Tests on demand, in the store: the person, the time, and the result."""

import time
from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple

import msgspec
from sqlalchemy import Engine, delete, func, insert, select, update

from thongsuot_collector.errors import InvalidTestRequest
from thongsuot_collector.store.tables import TEST_REQUESTS
from thongsuot_schema.view import TestRun
from thongsuot_schema.words.language import Text

NS_PER_S = 1_000_000_000

LASTS_NS = 600 * NS_PER_S
"""The maximum time that a test waits for its agent, and that it then takes."""

AT_ONCE = 6
"""Tests of one site in ``LASTS_NS``: more would be continuous manual measurement."""

AT_ONCE_HERE = 64
"""
The same for tests requested at the point, which the device limits itself: protects against a faulty
device.
"""

AT_SITE = ""
"""The requester of a test at the point: the device's own page asks for no name."""

_KEPT_NS = 90 * 86_400 * NS_PER_S


class RequestStage(StrEnum):
    """The stage of a test."""

    WAITING = "waiting"
    TAKEN = "taken"
    DONE = "done"
    REFUSED = "refused"
    EXPIRED = "expired"


OPEN = (RequestStage.WAITING, RequestStage.TAKEN)

_BEFORE = {
    # An expired test may have been in progress all the time, with late reports.
    RequestStage.TAKEN: (RequestStage.WAITING, RequestStage.EXPIRED),
    RequestStage.DONE: (*OPEN, RequestStage.EXPIRED),
    RequestStage.REFUSED: (*OPEN, RequestStage.EXPIRED),
}
"""The stages before each stage: a repeated report has no effect."""


class RequestedTest(msgspec.Struct, frozen=True, kw_only=True):
    """
    A requested test.

    ``link`` and ``target`` empty: all of them. ``said`` is the agent's reason for a refusal;
    ``found`` the measurements, as encoded by ``findings``.
    """

    id: str
    site: str
    kind: str
    link: str
    target: str
    requested_by: str
    requested_ns: int
    expires_ns: int
    state: RequestStage = RequestStage.WAITING
    changed_ns: int = 0
    refusal: str = ""
    results: bytes = b"[]"

    @property
    def runs(self) -> list[TestRun]:
        """What was measured, a run each."""
        return msgspec.json.decode(self.results, type=list[TestRun])


def put(engine: Engine, wanted: RequestedTest) -> RequestedTest:
    """
    Store a requested test, and return it; an existing or waiting one is returned unchanged.

    Raises:
        InvalidTestRequest: too many were requested of this site.
    """
    now_ns = wanted.requested_ns
    with engine.begin() as connection:
        rows = connection.execute(
            select(TEST_REQUESTS).where(
                (TEST_REQUESTS.c.id == wanted.id)
                | (
                    (TEST_REQUESTS.c.site == wanted.site)
                    & (TEST_REQUESTS.c.kind == wanted.kind)
                    & (TEST_REQUESTS.c.link == wanted.link)
                    & (TEST_REQUESTS.c.target == wanted.target)
                    & TEST_REQUESTS.c.state.in_(OPEN)
                    & (TEST_REQUESTS.c.expires_ns > now_ns)
                )
            )
        ).mappings()
        known = rows.first()
        if known is not None:
            return _ask(known)
        recent = select(func.count()).where(
            TEST_REQUESTS.c.site == wanted.site,
            TEST_REQUESTS.c.requested_ns > now_ns - LASTS_NS,
            TEST_REQUESTS.c.requested_by != AT_SITE,
        )
        if (connection.execute(recent).scalar() or 0) >= AT_ONCE:
            raise InvalidTestRequest(
                Text(
                    "collector.cli.error.too_many_tests",
                    count=AT_ONCE,
                    site=wanted.site,
                    minutes=LASTS_NS // NS_PER_S // 60,
                )
            )
        connection.execute(
            delete(TEST_REQUESTS).where(TEST_REQUESTS.c.requested_ns < now_ns - _KEPT_NS)
        )
        connection.execute(insert(TEST_REQUESTS).values(**msgspec.structs.asdict(wanted)))
    return wanted


def put_onsite(engine: Engine, wanted: Iterable[RequestedTest]) -> int:
    """
    Store tests that were requested and started at a point; known ones are unchanged. Return how
    many were left out: a device reports implausibly many.
    """
    left_out = 0
    with engine.begin() as connection:
        for test in wanted:
            known = select(TEST_REQUESTS.c.id).where(TEST_REQUESTS.c.id == test.id)
            if connection.execute(known).first() is not None:
                continue
            recent = select(func.count()).where(
                TEST_REQUESTS.c.site == test.site,
                TEST_REQUESTS.c.changed_ns > test.changed_ns - LASTS_NS,
                TEST_REQUESTS.c.requested_by == AT_SITE,
            )
            if (connection.execute(recent).scalar() or 0) >= AT_ONCE_HERE:
                left_out += 1
                continue
            connection.execute(
                delete(TEST_REQUESTS).where(
                    TEST_REQUESTS.c.requested_ns < test.changed_ns - _KEPT_NS
                )
            )
            connection.execute(insert(TEST_REQUESTS).values(**msgspec.structs.asdict(test)))
    return left_out


def get(engine: Engine, name: str) -> RequestedTest | None:
    """Return a test by its id."""
    with engine.connect() as connection:
        row = (
            connection.execute(select(TEST_REQUESTS).where(TEST_REQUESTS.c.id == name))
            .mappings()
            .first()
        )
    return None if row is None else _ask(row)


def of_site(engine: Engine, site: str, limit: int) -> list[RequestedTest]:
    """Return the latest tests of a site, the newest first."""
    wanted = (
        select(TEST_REQUESTS)
        .where(TEST_REQUESTS.c.site == site)
        .order_by(TEST_REQUESTS.c.requested_ns.desc())
        .limit(limit)
    )
    with engine.connect() as connection:
        return [_ask(row) for row in connection.execute(wanted).mappings()]


def live(engine: Engine) -> list[RequestedTest]:
    """
    Mark expired tests; return, by age, those waiting or in progress, and those recently done, for
    which reports may still arrive.
    """
    now_ns = time.time_ns()
    over = TEST_REQUESTS.c.state.in_(OPEN) & (TEST_REQUESTS.c.expires_ns <= now_ns)
    is_live = (TEST_REQUESTS.c.state.in_(OPEN) & (TEST_REQUESTS.c.expires_ns > now_ns)) | (
        (TEST_REQUESTS.c.state == RequestStage.DONE)
        & (TEST_REQUESTS.c.changed_ns > now_ns - LASTS_NS)
    )
    with engine.connect() as connection:
        expired = connection.execute(select(TEST_REQUESTS.c.id).where(over).limit(1)).first()
        rows = connection.execute(
            select(TEST_REQUESTS).where(is_live).order_by(TEST_REQUESTS.c.requested_ns)
        ).mappings()
        requests = [_ask(row) for row in rows]
    if expired is not None:
        # Otherwise nothing is written: this runs every second or two.
        with engine.begin() as connection:
            connection.execute(
                update(TEST_REQUESTS)
                .where(over)
                .values(state=RequestStage.EXPIRED, changed_ns=now_ns)
            )
    return requests


class StageNews(NamedTuple):
    """An agent's report about a test: its id, its stage, and the reason of a refusal."""

    id: str
    stage: RequestStage
    refusal: str = ""


def advance(engine: Engine, site: str, news: Iterable[StageNews]) -> None:
    """Record an agent's reports about tests of its site; finished tests are unchanged."""
    now_ns = time.time_ns()
    with engine.begin() as connection:
        for report in news:
            values = {"state": report.stage, "changed_ns": now_ns, "refusal": report.refusal}
            if report.stage is RequestStage.TAKEN:
                values["expires_ns"] = now_ns + LASTS_NS
            connection.execute(
                update(TEST_REQUESTS)
                .where(
                    TEST_REQUESTS.c.id == report.id,
                    TEST_REQUESTS.c.site == site,
                    TEST_REQUESTS.c.state.in_(_BEFORE[report.stage]),
                )
                .values(**values)
            )


def record_findings(
    engine: Engine, name: str, new_runs: Iterable[TestRun], *, only_new: bool = False
) -> None:
    """
    Record the measurements of a test; of a series the latest run counts.

    ``only_new``: series that were measured already are ignored.
    """
    with engine.begin() as connection:
        kept = connection.execute(
            select(TEST_REQUESTS.c.results).where(TEST_REQUESTS.c.id == name)
        ).scalar()
        if kept is None:
            return
        before = msgspec.json.decode(kept, type=list[TestRun])
        runs = {
            (run.link, run.target, run.family): run
            for run in ((*new_runs, *before) if only_new else (*before, *new_runs))
        }
        body = msgspec.json.encode([runs[key] for key in sorted(runs)])
        connection.execute(
            update(TEST_REQUESTS).where(TEST_REQUESTS.c.id == name).values(results=body)
        )


def _ask(row: object) -> RequestedTest:
    return msgspec.convert(row, RequestedTest)
