"""Finding labs, and what dead ones left."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from thongsuot_lab import rundir
from thongsuot_lab.errors import LabError, UnknownLabError


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(rundir, "home", lambda: tmp_path)
    return tmp_path


@contextmanager
def living(home: Path, prefix: str) -> Iterator[Path]:
    """A lab as others see it: a directory whose lock somebody holds."""
    directory = home / prefix
    directory.mkdir()
    descriptor = os.open(directory / "lock", os.O_RDWR | os.O_CREAT)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    try:
        yield directory
    finally:
        os.close(descriptor)


def test_a_lab_without_a_prefix_gets_one_of_its_own(home: Path) -> None:
    first, second = rundir.create(None), rundir.create(None)
    assert first != second
    assert {first.parent, second.parent} == {home}


def test_a_prefix_is_taken_as_long_as_its_lab_lives(home: Path) -> None:
    with living(home, "mine"), pytest.raises(LabError, match="'mine' is already there"):
        rundir.create("mine")
    assert rundir.create("mine") == home / "mine"


def test_only_the_dead_are_swept(home: Path) -> None:
    with living(home, "dead"):
        pass
    with living(home, "alive"):
        (home / "starting").mkdir()
        assert rundir.running() == ["alive"]
        assert rundir.remove_dead() == ["dead"]
        assert sorted(entry.name for entry in home.iterdir()) == ["alive", "starting"]


def test_a_directory_whose_keeper_never_started_is_swept_in_the_end(home: Path) -> None:
    stuck = home / "stuck"
    stuck.mkdir()
    assert rundir.remove_dead() == []
    hour_ago_s = stuck.stat().st_mtime - 3600
    os.utime(stuck, (hour_ago_s, hour_ago_s))
    assert rundir.remove_dead() == ["stuck"]


def test_the_only_lab_need_not_be_named(home: Path) -> None:
    with pytest.raises(UnknownLabError, match="no lab is running"):
        rundir.select_running(None)
    with living(home, "one"):
        assert rundir.select_running(None) == "one"
        with pytest.raises(UnknownLabError, match="no lab 'two' is running; running: one"):
            rundir.select_running("two")
        with living(home, "two"), pytest.raises(UnknownLabError, match="say which with --lab: one"):
            rundir.select_running(None)
