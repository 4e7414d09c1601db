"""Recordings of the judge's input: read back as they were, over no other file, not endless."""

from pathlib import Path

import pytest

from tests.agent.judge.inventories import one_link, two_links
from thongsuot_agent.app import judge_recorder
from thongsuot_agent.app.judge_recorder import JudgeRecorder
from thongsuot_agent.judge import recording
from thongsuot_agent.judge.events import Tick
from thongsuot_agent.judge.settings import Settings

NS = 1_000_000_000
SETTINGS = Settings(quorum=3)


def events_in(path: Path) -> list[recording.Recorded]:
    with path.open("rb") as file:
        return list(recording.read(file)[2])


def test_a_recording_is_read_back_with_its_probes_and_settings(tmp_path: Path) -> None:
    probes = one_link()
    recorder = JudgeRecorder(tmp_path / "judge.jsonl")
    ticks = [Tick(boottime_ns=second * NS) for second in (1, 2, 3)]
    for tick in ticks:
        recorder.write(tick, probes, SETTINGS)
    recorder.close()
    with (tmp_path / "judge.jsonl").open("rb") as file:
        site_probes, settings, events = recording.read(file)
        assert (site_probes.inventory, settings) == (probes.inventory, SETTINGS)
        assert list(events) == ticks


def test_other_probes_begin_another_file_and_no_file_is_written_over(tmp_path: Path) -> None:
    path = tmp_path / "judge.jsonl"
    path.write_text("of the day before", encoding="ascii")
    recorder = JudgeRecorder(path)
    recorder.write(Tick(boottime_ns=NS), one_link(), SETTINGS)
    recorder.write(Tick(boottime_ns=2 * NS), two_links(), SETTINGS)
    recorder.close()
    assert path.read_text("ascii") == "of the day before"
    assert events_in(tmp_path / "judge-2.jsonl") == [Tick(boottime_ns=NS)]
    assert events_in(tmp_path / "judge-3.jsonl") == [Tick(boottime_ns=2 * NS)]


def test_a_full_recording_ends_and_reports_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    probes = one_link()
    recorder = JudgeRecorder(tmp_path / "judge.jsonl")
    recorder.write(Tick(boottime_ns=NS), probes, SETTINGS)
    size_bytes = (tmp_path / "judge.jsonl").stat().st_size
    monkeypatch.setattr(judge_recorder, "LARGEST_BYTES", size_bytes)
    recorder.write(Tick(boottime_ns=2 * NS), probes, SETTINGS)
    recorder.write(Tick(boottime_ns=3 * NS), probes, SETTINGS)
    assert "is full; it ends" in caplog.text
    assert len(events_in(tmp_path / "judge.jsonl")) == 2


def test_a_disk_that_takes_nothing_ends_the_recording_and_not_the_agent(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    recorder = JudgeRecorder(tmp_path / "nowhere" / "judge.jsonl")
    recorder.write(Tick(boottime_ns=NS), one_link(), SETTINGS)
    assert "cannot record" in caplog.text
