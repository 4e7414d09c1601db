"""The rollout's file is complete after a power cut at any moment: the old state or the new one."""

import logging
from pathlib import Path

import pytest

from tests.agent.siteconfig.making import offer
from thongsuot_agent.siteconfig import rollout as rules
from thongsuot_agent.siteconfig.rollout import RefusalGround, RolloutState
from thongsuot_agent.siteconfig.rollout_file import (
    MAX_BYTES,
    load_rollout,
    read_rollout,
    save_rollout,
    save_steps,
)

BEFORE = rules.confirm_trial(rules.begin_trial(RolloutState(fingerprint="f"), offer(1)))
AFTER = rules.roll_back(rules.begin_trial(BEFORE, offer(2)), RefusalGround.CUT_OFF, "im lặng")


def test_written_content_can_be_read(tmp_path: Path) -> None:
    path = tmp_path / "state" / "site-config.json"
    assert load_rollout(path) == RolloutState()
    for rollout in (BEFORE, AFTER, RolloutState()):
        save_rollout(path, rollout)
        assert load_rollout(path) == rollout
    assert path.stat().st_mode & 0o777 == 0o600
    assert [file.name for file in path.parent.iterdir()] == ["site-config.json"]


@pytest.mark.parametrize("before", [None, BEFORE])
def test_power_that_goes_after_any_step_leaves_the_one_before_or_the_new_one(
    tmp_path: Path, before: RolloutState | None
) -> None:
    path = tmp_path / "site-config.json"
    names = list(save_steps(path, AFTER))
    assert names == ["made", "written", "flushed", "renamed", "done"]
    for stop in range(len(names) + 1):
        path.unlink(missing_ok=True)
        if before is not None:
            save_rollout(path, before)
        writing = save_steps(path, AFTER)
        for _ in range(stop):
            next(writing)
        # The process is gone: nothing after this is done.
        writing.close()
        is_new = stop > names.index("renamed")
        assert load_rollout(path) == (AFTER if is_new else before or RolloutState()), stop
        # And whatever lies about does not hold up the next.
        save_rollout(path, BEFORE)
        assert load_rollout(path) == BEFORE


def test_unflushed_data_may_be_any_prefix_and_does_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "site-config.json"
    save_rollout(path, AFTER)
    whole = path.read_bytes()
    save_rollout(path, BEFORE)
    half = path.with_name("site-config.json.new")
    for length in range(0, len(whole), 7):
        half.write_bytes(whole[:length])
        assert load_rollout(path) == BEFORE
    save_rollout(path, AFTER)
    assert load_rollout(path) == AFTER


def test_a_damaged_file_is_set_aside_and_never_partly_loaded(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "site-config.json"
    save_rollout(path, AFTER)
    whole = path.read_bytes()
    caplog.set_level(logging.CRITICAL)
    for place in range(len(whole)):
        for damaged in (whole[:place], whole[:place] + b"\x00" + whole[place + 1 :]):
            path.write_bytes(damaged)
            assert load_rollout(path) in (RolloutState(), AFTER)
            assert not path.exists() or load_rollout(path) == AFTER
    path.write_bytes(b" " * (MAX_BYTES + 1))
    assert load_rollout(path) == RolloutState()
    assert path.with_name("site-config.json.damaged").exists()


def test_the_largest_ledger_fits(tmp_path: Path) -> None:
    path = tmp_path / "site-config.json"
    large = b'{"site":"ba-dinh","title":"' + b"x" * 40_000 + b'"}'
    rollout = rules.begin_trial(
        rules.confirm_trial(rules.begin_trial(RolloutState(), offer(1, large))), offer(2, large)
    )
    for number in range(3, 40):
        rollout = rules.refuse_version(rollout, f"{number}-00000000", '"\\' * 5000)
    save_rollout(path, rollout)
    assert read_rollout(path) == rollout


def test_a_folder_that_takes_no_files_is_reported(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file where the folder should be")
    with pytest.raises(OSError, match="state"):
        save_rollout(tmp_path / "state" / "site-config.json", BEFORE)
