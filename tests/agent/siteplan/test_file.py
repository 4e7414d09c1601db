"""The ledger on the disk: whole, before or after, wherever the power goes."""

import logging
from pathlib import Path

import pytest

from tests.agent.siteplan.making import offer
from thongsuot_agent.siteplan import ledger as rules
from thongsuot_agent.siteplan.file import LARGEST_BYTES, load, read, save, steps
from thongsuot_agent.siteplan.ledger import Ground, Ledger

BEFORE = rules.proven(rules.tried(Ledger(fingerprint="f"), offer(1)))
AFTER = rules.rolled_back(rules.tried(BEFORE, offer(2)), Ground.CUT_OFF, "im lặng")


def test_what_is_written_is_read(tmp_path: Path) -> None:
    path = tmp_path / "state" / "plans.json"
    assert load(path) == Ledger()
    for ledger in (BEFORE, AFTER, Ledger()):
        save(path, ledger)
        assert load(path) == ledger
    assert path.stat().st_mode & 0o777 == 0o600
    assert [one.name for one in path.parent.iterdir()] == ["plans.json"]


@pytest.mark.parametrize("before", [None, BEFORE])
def test_power_that_goes_after_any_step_leaves_the_one_before_or_the_new_one(
    tmp_path: Path, before: Ledger | None
) -> None:
    path = tmp_path / "plans.json"
    names = list(steps(path, AFTER))
    assert names == ["made", "written", "flushed", "renamed", "done"]
    for stop in range(len(names) + 1):
        path.unlink(missing_ok=True)
        if before is not None:
            save(path, before)
        writing = steps(path, AFTER)
        for _ in range(stop):
            next(writing)
        # The process is gone: nothing after this is done.
        writing.close()
        is_new = stop > names.index("renamed")
        assert load(path) == (AFTER if is_new else before or Ledger()), stop
        # And whatever lies about does not hold up the next.
        save(path, BEFORE)
        assert load(path) == BEFORE


def test_what_was_not_flushed_may_be_any_beginning_and_harms_nothing(tmp_path: Path) -> None:
    path = tmp_path / "plans.json"
    save(path, AFTER)
    whole = path.read_bytes()
    save(path, BEFORE)
    half = path.with_name("plans.json.new")
    for length in range(0, len(whole), 7):
        half.write_bytes(whole[:length])
        assert load(path) == BEFORE
    save(path, AFTER)
    assert load(path) == AFTER


def test_a_file_that_a_card_has_damaged_is_set_aside_and_never_half_believed(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "plans.json"
    save(path, AFTER)
    whole = path.read_bytes()
    caplog.set_level(logging.CRITICAL)
    for place in range(len(whole)):
        for damaged in (whole[:place], whole[:place] + b"\x00" + whole[place + 1 :]):
            path.write_bytes(damaged)
            assert load(path) in (Ledger(), AFTER)
            assert not path.exists() or load(path) == AFTER
    path.write_bytes(b" " * (LARGEST_BYTES + 1))
    assert load(path) == Ledger()
    assert path.with_name("plans.json.damaged").exists()


def test_the_largest_ledger_fits(tmp_path: Path) -> None:
    path = tmp_path / "plans.json"
    large = b'{"site":"ba-dinh","title":"' + b"x" * 40_000 + b'"}'
    ledger = rules.tried(rules.proven(rules.tried(Ledger(), offer(1, large))), offer(2, large))
    for number in range(3, 40):
        ledger = rules.refused(ledger, f"{number}-00000000", '"\\' * 5000)
    save(path, ledger)
    assert read(path) == ledger


def test_a_folder_that_takes_no_files_is_said(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file where the folder should be")
    with pytest.raises(OSError, match="state"):
        save(tmp_path / "state" / "plans.json", BEFORE)
