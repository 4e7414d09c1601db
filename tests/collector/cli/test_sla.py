"""``thongsuot-collector sla`` as a person uses it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.collector.sla.examples import DAY, HOUR
from tests.collector.sla.reference_count import CUT, UP
from tests.collector.statements.circuit_month import StatementFixture, november
from thongsuot_collector.cli.main import main
from thongsuot_collector.statements import revision_store

INVENTORY = """\
[[carriers]]
name = "vnpt"

[[carriers]]
name = "viettel"

[[sites]]
name = "hk-01"
title = "Điểm phục vụ Ba Đình"
commune = "00004"

[[sites.links]]
name = "fiber"
interface = "eth0"
medium = "fiber"
carrier = "vnpt"
circuit = "HN/FTTH 42"

[[sites.links]]
name = "5g"
interface = "wwan0"
medium = "5g"
carrier = "viettel"
"""


@pytest.fixture
def month(tmp_path: Path) -> Iterator[StatementFixture]:
    (tmp_path / "inventory").mkdir()
    (tmp_path / "inventory" / "all.toml").write_text(INVENTORY, encoding="utf-8")
    (tmp_path / "c.toml").write_text('state_dir = "."\ninventory_dir = "inventory"\n')
    made = StatementFixture(tmp_path)
    november(made)
    yield made
    made.store.dispose()


def say(
    capsys: pytest.CaptureFixture[str], month: StatementFixture, *words: object
) -> tuple[int, str, str]:
    try:
        status = main(["sla", "--config", str(month.folder / "c.toml"), *map(str, words)])
    except SystemExit as stop:  # how argparse refuses a command line
        status = int(stop.code or 0)
    captured = capsys.readouterr()
    return status, captured.out, captured.err


def test_a_statement_is_shown_with_its_arithmetic_in_the_language_asked_for(
    month: StatementFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("--month", "2026-10", "--circuit", "HN/FTTH 42")
    status, out, _ = say(capsys, month, *words)
    assert status == 0
    assert out.startswith("Biên bản đối soát chất lượng dịch vụ HN/FTTH 42, tháng 10/2026\n")
    assert "Số 2026-10/HN/FTTH 42/1, lần phát hành 1" in out
    _, out, _ = say(capsys, month, *words, "--lang", "en")
    assert "Service level statement HN/FTTH 42, 10/2026" in out
    assert "No. 2026-10/HN/FTTH 42/1, revision 1" in out
    assert revision_store.revisions(month.store, "2026-10", "hk-01", "fiber")[0][0] == 1


def test_csv_for_all_circuits_has_one_header(
    month: StatementFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    _, out, _ = say(capsys, month, "--month", "2026-10", "--format", "csv")
    lines = out.splitlines()
    assert sum(line.startswith("month,circuit") for line in lines) == 1
    assert {line.split(",")[1] for line in lines[1:]} == {"HN/FTTH 42", "hk-01/5g"}


def test_files_are_written_one_for_each_circuit(
    month: StatementFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    out = month.folder / "out"
    words = ("--month", "2026-10", "--out", out, "--format")
    assert say(capsys, month, *words, "pdf")[0] == 0
    assert say(capsys, month, *words, "csv")[0] == 0
    assert sorted(path.name for path in out.iterdir()) == [
        "sla-2026-10-HN-FTTH-42-r1.csv",
        "sla-2026-10-HN-FTTH-42-r1.pdf",
        "sla-2026-10-hk-01-5g-draft.csv",
        "sla-2026-10-hk-01-5g-draft.pdf",
    ]
    assert (out / "sla-2026-10-HN-FTTH-42-r1.pdf").read_bytes().startswith(b"%PDF-1.7")


def test_impossible_requests_are_reported(
    month: StatementFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    status, _, err = say(capsys, month, "--month", "2026-10", "--format", "pdf")
    assert (status, "give --out DIR" in err) == (2, True)
    status, _, err = say(capsys, month, "--month", "2026-13")
    assert (status, '"2026-13" is not a month, as in "2026-11"' in err) == (2, True)
    status, _, err = say(capsys, month, "--month", "2026-10", "--circuit", "nothing")
    assert status == 1
    assert "there is no circuit 'nothing'; known: HN/FTTH 42, hk-01/5g" in err


def test_late_data_shows_what_it_changed(
    month: StatementFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("--month", "2026-10", "--circuit", "hk-01/fiber")
    say(capsys, month, *words)
    month.live((-DAY, UP), (-2 * HOUR, CUT), (-HOUR, UP))
    _, out, _ = say(capsys, month, *words)
    assert "lần phát hành 2" in out
    assert "* Gián đoạn do nhà mạng: từ 0:00:00,000 thành 1:00:00,000" in out
