"""The command: what is in the journal is in the file, of the period and the site asked for."""

import asyncio
import csv
import subprocess
import sys
import time
import tracemalloc
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from tests.collector.batches import BatchSealer, S, failed, icmp_result, unmeasured, usual_results
from tests.collector.running import Pusher, collector, token
from thongsuot_collector.app.durable import JOURNAL_FILE
from thongsuot_collector.cli.export import moment_ms
from thongsuot_collector.cli.main import main
from thongsuot_collector.export.column import COLUMNS
from thongsuot_collector.export.rows import ExportQuery, ExportTally, export_rows
from thongsuot_collector.journal.sqlite_tables import connect
from thongsuot_collector.journal.sqlite_view import SqliteView
from thongsuot_schema.inventory.model import Inventory

duckdb: Any = import_module("duckdb")

HOUR = 3600 * S
NOW = 100 * HOUR
INVENTORY = """
[[carriers]]
name = "song-hong"
title = "Sông Hồng"

[[sites]]
name = "ba-dinh"
commune = "00004"

[[sites.links]]
name = "fiber"
interface = "eth0"
medium = "fiber"
carrier = "song-hong"
"""


@pytest.fixture
async def filled(tmp_path: Path) -> tuple[Path, BatchSealer]:
    """A collector's configuration, and the agent whose batches are in its journal."""
    (tmp_path / "inventory").mkdir()
    (tmp_path / "inventory" / "all.toml").write_text(INVENTORY, encoding="utf-8")
    config = tmp_path / "collector.toml"
    config.write_text('state_dir = "."\ninventory_dir = "inventory"\n', encoding="utf-8")
    agent = BatchSealer("ba-dinh", epoch_ns=time.time_ns() - NOW)
    other = BatchSealer("tay-ho", epoch_ns=agent.epoch_ns, stream="00112233445566bb")
    async with collector(tmp_path, inventory=Inventory()) as client:
        for device in (agent, other):
            pusher = Pusher(client, device, token(tmp_path, device.site))
            for hours in (30, 20, 10):
                at = NOW - hours * HOUR
                results = [
                    icmp_result(at - 3 * S, rtt_s=0.0213),
                    failed(at - 2 * S),
                    unmeasured(at - 1 * S),
                ]
                batch = device.batch(at, results)
                # The present of the device goes on: a slow machine pushes seconds after the start.
                now_ns = time.time_ns() - device.epoch_ns
                assert (await pusher.batch(batch, boottime_ns=now_ns)).status_code == 200
    return config, agent


def exported(config: Path, *arguments: str) -> int:
    return main(["export", "--config", str(config), *arguments])


def at_text(agent: BatchSealer, hours: int) -> str:
    moment_s = (agent.epoch_ns + NOW - hours * HOUR) // 10**9
    return datetime.fromtimestamp(moment_s, UTC).isoformat()


def expected(agent: BatchSealer, hours: int) -> list[tuple[object, ...]]:
    def at(second: int) -> int:
        return agent.epoch_ns // 1_000_000 + (NOW - hours * HOUR - second * S) // 1_000_000

    return [
        (at(3), "song-hong", "ok", None, "thongsuot_icmp_loss_ratio", 0.0),
        (at(3), "song-hong", "ok", None, "thongsuot_icmp_reply_hop_limit_number", 57.0),
        (at(3), "song-hong", "ok", None, "thongsuot_icmp_rtt_seconds", 0.0213),
        (at(2), "song-hong", "failed", "timed_out", "thongsuot_icmp_loss_ratio", 1.0),
        (at(1), "song-hong", "unmeasured", "no_address", None, None),
    ]


def test_a_period_of_one_site_is_exported_as_parquet(
    filled: tuple[Path, BatchSealer], tmp_path: Path
) -> None:
    config, agent = filled
    out = tmp_path / "a.parquet"
    period = ("--from", at_text(agent, 25), "--to", at_text(agent, 5))
    assert exported(config, *period, "--site", "ba-dinh", "--out", str(out)) == 0
    with duckdb.connect() as connection:
        rows = connection.execute(
            "SELECT epoch_ms(time), carrier, outcome, reason, metric, value "
            f"FROM read_parquet('{out}') ORDER BY time, metric"
        ).fetchall()
        names = [row[0] for row in connection.execute(f"DESCRIBE FROM '{out}'").fetchall()]
        about = connection.execute(
            "SELECT DISTINCT site, commune, link, medium, target, family, kind, revision, clock, "
            f"stream FROM '{out}'"
        ).fetchall()
    assert rows == expected(agent, 20) + expected(agent, 10)
    assert names == [column.name for column in COLUMNS]
    (series,) = about
    assert series[:7] == ("ba-dinh", "00004", "fiber", "fiber", "exchange", "ip4", "icmp")
    assert series[8:] == ("trusted", agent.stream)
    assert not list(tmp_path.glob("*.part"))


def test_the_whole_record_is_exported_as_csv(
    filled: tuple[Path, BatchSealer], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config, agent = filled
    out = tmp_path / "a.csv"
    assert exported(config, "--from", "2020-01-01", "--format", "csv", "--out", str(out)) == 0
    with out.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 2 * 3 * 5
    mine = [row for row in rows if row["site"] == "ba-dinh"]
    values = [row for hours in (30, 20, 10) for row in expected(agent, hours)]
    assert sorted(
        (
            int(datetime.fromisoformat(row["time"]).timestamp() * 1000 + 0.5),
            row["carrier"],
            row["outcome"],
            row["reason"] or None,
            row["metric"] or None,
            float(row["value"]) if row["value"] else None,
        )
        for row in mine
        if row["metric"]
    ) == sorted(row for row in values if row[4])
    assert {row["carrier"] for row in rows if row["site"] == "tay-ho"} == {""}
    assert "30 rows written" in capsys.readouterr().err


def test_a_batch_that_cannot_be_read_is_named_and_costs_no_other(
    filled: tuple[Path, BatchSealer], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config, _ = filled
    connection = connect(tmp_path / JOURNAL_FILE, writable=True)
    connection.execute("UPDATE entries SET body = x'00' WHERE site = 'tay-ho' AND number = 2")
    connection.close()
    out = tmp_path / "a.csv"
    assert exported(config, "--from", "2020-01-01", "--format", "csv", "--out", str(out)) == 1
    output = capsys.readouterr().err
    assert "25 rows written" in output
    assert "cannot read a batch, left out: tay-ho 00112233445566bb 2" in output


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--from", "yesterday"), "'yesterday' is no time such as"),
        (("--from", "2026-11-02", "--to", "2026-11-01"), "--to 2026-11-01 is not after --from"),
    ],
)
def test_an_invalid_period_is_refused(
    filled: tuple[Path, BatchSealer],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    says: str,
) -> None:
    config, _ = filled
    assert exported(config, *arguments, "--out", str(tmp_path / "a")) == 2
    assert says in capsys.readouterr().err
    assert not (tmp_path / "a").exists()


def test_times_without_an_offset_are_meant_in_vietnam() -> None:
    assert moment_ms("2026-11-01") == moment_ms("2026-10-31T17:00Z")
    assert moment_ms("2026-11-01T08:00") == moment_ms("2026-11-01T08:00+07:00")


async def test_a_spreadsheet_takes_no_name_of_a_device_for_a_formula(tmp_path: Path) -> None:
    config = tmp_path / "collector.toml"
    config.write_text('state_dir = "."\n', encoding="utf-8")
    agent = BatchSealer("ba-dinh", epoch_ns=time.time_ns() - NOW)
    names = ("=HYPERLINK(1)", "@SUM(1)", "+84", "-1")
    async with collector(tmp_path) as client:
        pusher = Pusher(client, agent, token(tmp_path, agent.site))
        results = [icmp_result(NOW - S, link=name, target=name) for name in names]
        assert (await pusher.batch(agent.batch(NOW, results))).status_code == 200
    out = tmp_path / "a.csv"
    period = ("--from", "2020-01-01", "--format", "csv")
    assert await asyncio.to_thread(exported, config, *period, "--out", str(out)) == 0
    with out.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {(row["link"], row["target"]) for row in rows} == {(f"'{name}",) * 2 for name in names}
    assert "0.021" in {row["value"] for row in rows}


async def test_memory_does_not_grow_with_the_journal(tmp_path: Path) -> None:
    agent = BatchSealer("ba-dinh", epoch_ns=time.time_ns() - NOW)
    config = "[ingest]\npushes_per_s = 10000\n"
    async with collector(tmp_path, config=config) as client:
        pusher = Pusher(client, agent, token(tmp_path, "ba-dinh"))
        for place in range(450):
            at = NOW - (500 - place) * 15 * S
            batch = agent.batch(at, usual_results(at - 15 * S, seed=place))
            assert (await pusher.batch(batch)).is_success
    connection = connect(tmp_path / JOURNAL_FILE, writable=False)
    wanted = ExportQuery(from_ms=0, until_ms=2**60)
    tally = ExportTally()
    tracemalloc.start()
    peaks = []
    for place, _ in enumerate(
        export_rows(SqliteView(connection), wanted, lambda _site, _link: {}, tally)
    ):
        if place % 150 == 149:
            peaks.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.reset_peak()
    tracemalloc.stop()
    connection.close()
    assert tally.rows == 450 * 36 * 3
    first, *later = peaks
    assert len(later) == 2
    assert max(later) < first + (1 << 20)


def test_without_the_extra_the_command_says_what_to_install_and_writes_nothing(
    tmp_path: Path,
) -> None:
    config = tmp_path / "collector.toml"
    config.write_text('state_dir = "."\n', encoding="utf-8")
    out = tmp_path / "a.parquet"
    program = (
        "import sys; sys.modules['pyarrow'] = None; "
        "from thongsuot_collector.cli.main import main; sys.exit(main(sys.argv[1:]))"
    )
    words = ("export", "--config", str(config), "--from", "2026-11-01", "--out", str(out))
    done = subprocess.run(
        [sys.executable, "-c", program, *words],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 1
    assert "thongsuot-collector[export]" in done.stderr
    assert "--format csv" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not out.exists()
