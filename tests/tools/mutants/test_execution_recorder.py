"""What is executed of an area's modules is recorded by block, and nothing else."""

import importlib
import sys
from pathlib import Path

import pytest
from tools.mutants.execution_recorder import ExecutionRecorder

ROAD = '''
"""A module."""

from __future__ import annotations

import functools


class Road:
    """A class."""

    def halves(self):
        """Return parts."""
        def half(part):
            return part / 2
        return half


def other():
    yield 1


async def waiting():
    """Nothing but a docstring."""


@functools.cache
def kept():
    return 2
'''


def test_blocks_say_when_they_are_executed_and_those_of_other_folders_do_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "area").mkdir()
    (tmp_path / "area" / "far_road.py").write_text(ROAD, encoding="utf-8")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "far_away.py").write_text(ROAD, encoding="utf-8")
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    monkeypatch.syspath_prepend(str(tmp_path / "area"))
    monkeypatch.syspath_prepend(str(tmp_path / "elsewhere"))
    recorder = ExecutionRecorder(tmp_path / "area", tmp_path)
    road, away = importlib.import_module("far_road"), importlib.import_module("far_away")
    assert recorder.begin() == set(), "an import executes no block"
    half = road.Road().halves()
    assert recorder.begin() == {("area/far_road.py", 14)}
    assert half(4) == 2
    assert recorder.begin() == {("area/far_road.py", 15)}
    assert list(road.other()) == [1]
    road.waiting().close()
    list(away.other())
    assert recorder.begin() == {("area/far_road.py", 20)}
    for _ in range(2):
        assert road.kept() == 2
        assert recorder.begin() == {("area/far_road.py", 29)}, "also what an earlier test made"
    assert road.Road.halves.__doc__ == "Return parts."
    assert road.waiting.__doc__ == "Nothing but a docstring."
    for name in ("far_road", "far_away"):
        monkeypatch.delitem(sys.modules, name)
