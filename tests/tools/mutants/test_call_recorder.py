"""Calls of an area's functions are recorded, under the name of the outermost, and nothing else."""

import importlib
import sys
from pathlib import Path

import pytest
from tools.mutants.call_recorder import CallRecorder

ROAD = '''
"""A module."""

from __future__ import annotations


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
'''


def test_functions_say_when_they_are_called_and_nested_ones_say_it_for_the_outermost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "area").mkdir()
    (tmp_path / "area" / "far_road.py").write_text(ROAD, encoding="utf-8")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "far_away.py").write_text(ROAD, encoding="utf-8")
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    monkeypatch.syspath_prepend(str(tmp_path / "area"))
    monkeypatch.syspath_prepend(str(tmp_path / "elsewhere"))
    recorder = CallRecorder(tmp_path / "area", tmp_path)
    road, away = importlib.import_module("far_road"), importlib.import_module("far_away")
    assert recorder.called == set(), "an import calls nothing"
    half = road.Road().halves()
    assert recorder.called == {"area/far_road.py:Road.halves"}
    recorder.called.clear()
    assert half(4) == 2
    assert recorder.called == {"area/far_road.py:Road.halves"}
    recorder.called.clear()
    assert list(road.other()) == [1]
    road.waiting().close()
    list(away.other())
    assert recorder.called == {"area/far_road.py:other"}
    assert road.Road.halves.__doc__ == "Return parts."
    assert road.waiting.__doc__ == "Nothing but a docstring."
    for name in ("far_road", "far_away"):
        monkeypatch.delitem(sys.modules, name)
