"""The command that writes the generated files."""

import sys
from pathlib import Path

import pytest

from tests.contract.house import ROOT
from thongsuot_dashboards.__main__ import main


def test_the_command_writes_the_committed_files_and_lists_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["dashboards", str(tmp_path)])
    main()
    named = {Path(line).relative_to(tmp_path) for line in capsys.readouterr().out.splitlines()}
    written = {path.relative_to(tmp_path) for path in tmp_path.rglob("*") if path.is_file()}
    assert named == written
    committed = ROOT / "dashboards" / "out"
    assert {name: (tmp_path / name).read_bytes() for name in written} == {
        name: (committed / name).read_bytes() for name in written
    }
