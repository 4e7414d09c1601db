"""
Upgrades with the real code of earlier versions, forward and back, as the table of the documents
promises: nothing acknowledged is lost in either direction.
"""

import contextlib
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path

import pytest

from tests.agent.spool.making import MS_NS, numbers
from tests.agent.spool.test_kill import collected
from tests.collector.app.stage import SITE, NotifyingStack
from tests.collector.command_line import run_command
from tests.collector.reporting_agent import ReportingAgent
from tests.collector.running import eventually
from tests.earlier import ROOT, EarlierProgram
from thongsuot_agent.spool import disk
from thongsuot_collector.journal import sqlite_tables
from thongsuot_collector.store import migrations
from thongsuot_schema.state import State

PAGE = ROOT / "docs" / "how-to" / "go-back-after-an-upgrade.md"
ROW = re.compile(r"\| [^|]+ \| `([0-9a-f]{8})` \| (\d+) \| (\d+) \| (\d+) \| yes \| yes \|")
TODAY = re.compile(r"\| this one \| \| (\d+) \| (\d+) \| (\d+) \| \| \|")
ROWS = [
    (commit, int(store), int(journal))
    for commit, store, journal, _ in ROW.findall(PAGE.read_text("utf-8"))
]
TODAYS = (migrations.NEWEST, sqlite_tables.NEWEST)
MAIN = "thongsuot_collector.cli.main"
WRITER = "tests.agent.spool.writer"


def test_the_table_ends_with_the_versions_of_today_and_goes_back_to_the_oldest_journal() -> None:
    (today,) = TODAY.findall(PAGE.read_text("utf-8"))
    assert tuple(map(int, today)) == (
        migrations.NEWEST,
        sqlite_tables.NEWEST,
        disk.SCHEMA_VERSION,
    )
    journals = {journal for _, _, journal in ROWS} | {sqlite_tables.NEWEST}
    assert {sqlite_tables.NEWEST, sqlite_tables.NEWEST - 1} <= journals


@pytest.fixture(
    params=[
        # For every change the newest; a minute each.
        pytest.param(row, id=row[0], marks=[] if row is ROWS[-1] else pytest.mark.nightly)
        for row in ROWS
    ]
)
async def stage(
    request: pytest.FixtureRequest, tmp_path: Path
) -> AsyncIterator[tuple[NotifyingStack, EarlierProgram, int, int]]:
    commit, store, journal = request.param
    earlier = EarlierProgram(commit, tmp_path / "earlier")
    (tmp_path / "collector").mkdir()
    made = NotifyingStack(tmp_path / "collector")
    try:
        # The stack has made a store of today.
        shutil.rmtree(made.collector.folder / "state")
        yield made, earlier, store, journal
    finally:
        await made.close()


async def test_a_collector_goes_forward_back_and_forward_again(
    stage: tuple[NotifyingStack, EarlierProgram, int, int],
) -> None:
    stack, earlier, *former = stage
    collector, config = stack.collector, ("--config", stack.collector.config)
    state = collector.folder / "state"
    status, printed = earlier.run(MAIN, "token", "create", SITE, *config)
    assert status == 0, printed
    stack.agent = ReportingAgent(SITE, printed.split()[-1])
    await play(stack, earlier, State.UP, State.DOWN)
    assert versions(state) == tuple(former)
    assert [notification.kind for notification in stack.notifications()] == ["opened"]

    await play(stack, None, State.UP, State.DOWN)
    assert versions(state) == TODAYS
    before = len(stack.notifications())
    status, printed = await run_command("token", "create", SITE, *config)
    assert status == 0, printed

    # An earlier program touches nothing that it does not know.
    status, printed = earlier.run(MAIN, "run", *config)
    assert status != 0
    assert "install the newer collector again" in printed
    assert versions(state) == TODAYS

    status, printed = await run_command("downgrade", *config)
    assert status == 0, printed
    assert versions(state) == tuple(former)
    # The incidents since the upgrade are judged from the record again, under the same names: their
    # notifications have the same keys, which the carrier's receiver knows.
    await play(stack, earlier, State.UP, opened_before=2)
    assert len(stack.notifications()) == before + 1
    assert stack.notifications()[-1].thread_id == stack.notifications()[before - 1].thread_id
    assert stack.notifications()[-1].kind == "resolved"
    assert batches(state) == [1, 2, 3, 4, 5], "no acknowledged batch is lost or doubled"
    status, printed = earlier.run(MAIN, "verify", *config)
    assert status == 0, printed
    status, printed = earlier.run(MAIN, "token", "list", SITE, *config)
    assert printed.count(SITE) == 1, "the token of the later program is gone"

    await play(stack, None, State.DOWN)
    assert versions(state) == TODAYS
    assert stack.notifications()[-1].kind == "opened"
    assert batches(state) == [1, 2, 3, 4, 5, 6]
    status, printed = await run_command("verify", *config)
    assert status == 0, printed
    assert "Traceback" not in collector.log()


async def play(
    stack: NotifyingStack,
    program: EarlierProgram | None,
    *states: State,
    opened_before: int = 0,
) -> None:
    """
    Start a program on the state, let it hear and notify what happens, and stop it in order.

    ``opened_before``: the number of incidents whose beginning it has to have delivered before.
    """
    collector, count = stack.collector, len(stack.notifications())
    collector.earlier = program
    await collector.start()
    await eventually(lambda: opened_by(collector.folder / "state") >= opened_before)
    for state in states:
        await stack.report(state)
        kind = {State.UP: "resolved", State.DOWN: "opened"}[state]
        if count or state is State.DOWN:
            await eventually(
                lambda: [n.kind for n in stack.notifications()[count:]][-1:] == [kind]  # noqa: B023
            )
        count = len(stack.notifications())
    await stack.is_notified(len(stack.notifications()))
    assert await collector.end() == 0, collector.log()


@pytest.mark.parametrize("commit", [commit for commit, _, _ in ROWS])
@pytest.mark.parametrize("is_back", [False, True], ids=["forward", "back"])
def test_a_spool_is_delivered_by_the_other_version(
    tmp_path: Path, commit: str, *, is_back: bool
) -> None:
    earlier = EarlierProgram(commit, tmp_path / "earlier")
    record = tmp_path / "record"
    record.mkdir()
    present = (sys.executable, "-m", WRITER), ROOT, {**os.environ}
    former = tuple(earlier.command(WRITER)), earlier.folder, earlier.environment
    first, second = (present, former) if is_back else (former, present)
    made, kept = killed_in_its_work(*first, record)
    command, folder, environment = second
    subprocess.run([*command, record, "1", "0", "drain"], cwd=folder, env=environment, check=True)
    batches, _ = collected(record)
    serials = [result.boottime_ns // MS_NS for batch in batches for result in batch.results]
    changes = {change.decided_boottime_ns // MS_NS for batch in batches for change in batch.changes}
    assert len(serials) == len(set(serials))
    assert made <= set(serials)
    assert kept <= changes
    (sent,) = numbers(batches).values()
    assert sent == list(range(1, len(sent) + 1)), "one stream, numbers without gaps"
    assert not list(record.rglob("*.torn-*")), "the spool was set aside"


def killed_in_its_work(
    command: Sequence[str], folder: Path, environment: Mapping[str, str], record: Path
) -> tuple[set[int], set[int]]:
    """Make a record until it has a verdict change on the disk; return the serials it told."""
    with subprocess.Popen(
        [*command, record, "20261202", "1"],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        lines: list[str] = []
        while sum(line.startswith("kept") for line in lines) < 3:
            lines.append(process.stdout.readline())
        process.kill()
        lines += process.stdout.readlines()
    told = [line.split() for line in lines]
    return (
        {int(serial) for step, serial in told if step == "made"},
        {int(serial) for step, serial in told if step == "kept"},
    )


def opened_by(state: Path) -> int:
    """Return the number of beginnings of incidents that a store has as delivered."""
    with contextlib.closing(sqlite3.connect(state / "store.sqlite")) as store:
        rows = store.execute("SELECT * FROM deliveries").fetchall()
    return sum("opened" in row and "delivered" in row for row in rows)


def versions(state: Path) -> tuple[int, int]:
    """Return the versions of store and journal in a state folder."""
    with contextlib.closing(sqlite3.connect(state / "store.sqlite")) as store:
        (store_version,) = store.execute("SELECT version FROM store_version").fetchone()
    return store_version, sqlite_tables.version_of(state / "journal.sqlite")


def batches(state: Path) -> list[int]:
    """Return the numbers of the batches in a journal, in the order in which it got them."""
    with contextlib.closing(sqlite3.connect(state / "journal.sqlite")) as journal:
        assert journal.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        return [row[0] for row in journal.execute("SELECT number FROM entries ORDER BY sequence")]
