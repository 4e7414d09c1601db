"""Many rows in few statements say the same as one after the other, on every engine."""

import random
from collections.abc import Callable, Sequence

from sqlalchemy import Engine, event, select

from thongsuot_collector.correlation import rows
from thongsuot_collector.correlation.rows import IncidentWrites
from thongsuot_collector.store.tables import INTERVALS
from thongsuot_collector.timeline.interval import Interval, Rewrite
from thongsuot_collector.timeline.subject import Subject
from thongsuot_schema.state import State

SUBJECTS = [Subject(site, link) for site in ("s1", "s2", "s3") for link in ("fiber", "5g")]
LENGTH_NS = 1_000


def random_rewrites(chance: random.Random, count: int) -> list[Rewrite]:
    """Return rewrites of few subjects, so that they cut into each other; some are for good."""
    made = []
    for _ in range(count):
        from_ns = chance.randrange(LENGTH_NS)
        until_ns = None if chance.random() < 0.3 else from_ns + chance.randrange(2, LENGTH_NS)
        last_ns = from_ns + LENGTH_NS if until_ns is None else until_ns
        inner_ns = chance.randrange(from_ns + 1, last_ns)
        made.append(
            Rewrite(
                subject=chance.choice(SUBJECTS),
                from_ns=from_ns,
                until_ns=until_ns,
                intervals=(
                    Interval(start_ns=from_ns, end_ns=inner_ns, state=State.UP),
                    Interval(start_ns=inner_ns, end_ns=until_ns, state=chance.choice([*State])),
                ),
            )
        )
    return made


def intervals_in(store: Engine) -> list[tuple[object, ...]]:
    with store.connect() as connection:
        return sorted(map(tuple, connection.execute(select(INTERVALS))), key=repr)


def write(store: Engine, rewrites: Sequence[Rewrite]) -> int:
    """Write rewrites together; return how many statements that took."""
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        statements.append(statement)

    event.listen(store, "before_cursor_execute", note)
    rows.write_changes(store, IncidentWrites(rewrites=rewrites), consumer="test")
    event.remove(store, "before_cursor_execute", note)
    return len(statements)


def test_rewrites_written_together_leave_what_they_leave_one_by_one(
    open_each_store: Callable[[], Engine],
) -> None:
    store = open_each_store()
    for seed in range(10):
        chance = random.Random(seed)
        rewrites = random_rewrites(chance, 25)
        with store.begin() as connection:
            connection.execute(INTERVALS.delete())
        for rewrite in rewrites:
            write(store, [rewrite])
        one_by_one = intervals_in(store)
        with store.begin() as connection:
            connection.execute(INTERVALS.delete())
        write(store, rewrites)
        assert intervals_in(store) == one_by_one


def test_ten_times_the_sites_take_no_more_statements(
    open_each_store: Callable[[], Engine],
) -> None:
    store = open_each_store()

    def outage(sites: int) -> list[Rewrite]:
        return [
            Rewrite(
                subject=Subject(f"s{number}", "fiber"),
                from_ns=0,
                until_ns=None,
                intervals=(Interval(start_ns=0, end_ns=None, state=State.DOWN),),
            )
            for number in range(sites)
        ]

    assert write(store, outage(10)) == write(store, outage(100))
