"""``replay``: a recording is judged again, and an invalid one is reported."""

from pathlib import Path

import pytest

from tests.agent.judge.simulated_site import InjectedFault, SimulatedSite
from thongsuot_agent.cli.check_config import WRONG
from thongsuot_agent.cli.replay import print_replay
from thongsuot_agent.judge import recording
from thongsuot_schema.segment import Segment


def test_a_cut_line_is_reported_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cut = InjectedFault(start_s=60.0, at=Segment.ACCESS, loss=1.0)
    site = SimulatedSite(injected=(cut,), record=True)
    site.run(120.0)
    file = tmp_path / "judge.jsonl"
    events = [event for event in site.events if isinstance(event, recording.Recorded)]
    head = recording.header_line(site.site_probes, site.settings)
    file.write_bytes(b"".join([head, *map(recording.event_line, events)]))
    assert print_replay(str(file)) == 0
    output = capsys.readouterr().out
    assert any("fixed" in line and "down" in line for line in output.splitlines())


@pytest.mark.parametrize("content", [None, b"", b"no recording\n"])
def test_an_invalid_recording_is_named_and_exits_with_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes | None
) -> None:
    file = tmp_path / "judge.jsonl"
    if content is not None:
        file.write_bytes(content)
    assert print_replay(str(file)) == WRONG
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith(f"cannot read {file}: ")
