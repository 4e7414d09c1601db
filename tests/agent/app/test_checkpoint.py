"""A checkpoint is restored only within the same boot and under the same configuration."""

from pathlib import Path

from thongsuot_agent.app.checkpoint import Checkpoint, CheckpointFile
from thongsuot_agent.judge.keys import SubjectKey
from thongsuot_agent.judge.memory import IssuedVerdict, Memory
from thongsuot_agent.page.history import PastState
from thongsuot_schema.result import Family
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom, Verdict

VERDICT = Verdict(link="fiber", service="", state=State.UP)
SUBJECT = SubjectKey("fiber", "")
CHECKPOINT = Checkpoint(
    boot_id="boot",
    fingerprint="print",
    memory=Memory(now_ns=7, issued={SUBJECT: IssuedVerdict(verdict=VERDICT, onset_ns=3)}),
    history=[
        ("fiber", "", [PastState(start_ns=1, end_ns=7, state=State.UP, symptom=Symptom.NONE)])
    ],
    data_budget="{}",
    families={"fiber": {Family.IP4}},
)


def test_a_saved_checkpoint_is_read_back_unchanged(tmp_path: Path) -> None:
    path = tmp_path / "run" / "checkpoint"
    CheckpointFile(path).save(CHECKPOINT)
    assert CheckpointFile(path).load(boot_id="boot", fingerprint="print") == CHECKPOINT


def test_a_checkpoint_of_another_boot_or_configuration_is_not_used(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint"
    CheckpointFile(path).save(CHECKPOINT)
    assert CheckpointFile(path).load(boot_id="other", fingerprint="print") is None
    assert CheckpointFile(path).load(boot_id="boot", fingerprint="other") is None


def test_a_missing_or_broken_file_starts_empty(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint"
    assert CheckpointFile(path).load(boot_id="boot", fingerprint="print") is None
    CheckpointFile(path).save(CHECKPOINT)
    whole = path.read_bytes()
    for broken in (whole[:20], whole.replace(b"boot_id\xa4boot", b"boot_id\xa4b\xff\xfet")):
        path.write_bytes(broken)
        assert broken != whole
        assert CheckpointFile(path).load(boot_id="boot", fingerprint="print") is None


def test_a_directory_that_takes_no_files_is_no_reason_to_stop(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no directory", encoding="ascii")
    checkpoint = tmp_path / "file" / "checkpoint"
    CheckpointFile(checkpoint).save(CHECKPOINT)
    assert CheckpointFile(checkpoint).load(boot_id="boot", fingerprint="print") is None
    assert (tmp_path / "file").read_text(encoding="ascii") == "no directory"
