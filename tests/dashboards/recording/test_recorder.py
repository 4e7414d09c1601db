"""The recorder itself, without scenes: whatever the boards ask for is measured, and kept."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.dashboards.recording import recording_file
from tests.dashboards.recording.recorder import record
from tests.dashboards.recording.scenes import SCENES
from thongsuot_lab.testing import needs_lab
from thongsuot_schema.batch import frame
from thongsuot_schema.batch.decode import decode_batch, decode_layout
from thongsuot_schema.outcome import Outcome


def kinds(recording: recording_file.LabRecording) -> set[str]:
    """Return the kinds of which a recording has a run that worked."""
    layouts = dict(decode_layout(frame.pack(layout)) for layout in recording.layouts)
    return {
        result.series.kind
        for batch in recording.batches
        for result in decode_batch(frame.pack(batch.text), layouts.get).results
        if result.finding.outcome is Outcome.OK
    }


WANTED = {
    *("dns", "failover", "host", "http", "icmp", "path"),
    *("qcvn", "radio", "snmp", "speedtest", "stamp", "throughput"),
}


def test_the_kept_recording_has_every_kind_and_every_scene() -> None:
    recording = recording_file.read()
    assert kinds(recording) == WANTED
    assert [played.fault for played in recording.played] == [scene.fault for scene in SCENES]
    assert recording_file.FILE.stat().st_size < recording_file.MAX_BYTES


@pytest.mark.matrix
@pytest.mark.lab
@needs_lab
def test_a_short_recording_has_every_kind_and_comes_back_as_it_was(tmp_path: Path) -> None:
    cut = replace(SCENES[0], length_s=20, rest_s=5)
    recording = record((cut,), calm_s=60)
    recording_file.write(recording, tmp_path / "short")
    again = recording_file.read(tmp_path / "short")
    assert again == recording
    assert kinds(again) == WANTED
    assert again.scene("cut-fibre").ended_ns - again.scene("cut-fibre").began_ns >= 20e9
