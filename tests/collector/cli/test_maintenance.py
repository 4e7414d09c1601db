"""Planned work from the command line stands in the audit log, with who planned it."""

from pathlib import Path

import pytest

from thongsuot_collector.cli.main import main
from thongsuot_collector.store import audit


def test_planning_ending_and_taking_back_each_leave_a_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "inventory").mkdir()
    (tmp_path / "inventory" / "sites.toml").write_text('[[sites]]\nname = "ba-dinh"\n')
    config = tmp_path / "collector.toml"
    config.write_text('state_dir = "state"\ninventory_dir = "inventory"\n')

    def say(*words: str) -> str:
        assert main((*words, "--config", str(config))) == 0
        return capsys.readouterr().out

    work = ("maintenance", "add", "--site", "ba-dinh", "--note", "thay cáp")
    goes_on = say(*work, "--to", "+2h").partition(":")[0]
    planned = say(*work, "--from", "+1d", "--to", "+2h").partition(":")[0]
    say("maintenance", "end", goes_on)
    say("maintenance", "end", planned)
    lines = [line.split()[3:6] for line in say("audit").splitlines()[1:]]
    assert lines == [
        [audit.operator(), "work_planned", goes_on],
        [audit.operator(), "work_planned", planned],
        [audit.operator(), "work_planned", goes_on],
        [audit.operator(), "work_taken_back", planned],
    ]
    assert "thay cáp" in say("audit", goes_on)
