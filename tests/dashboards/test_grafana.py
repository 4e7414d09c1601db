"""One command for those who have Grafana: what it is started with, and what is said without it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from thongsuot_dashboards.grafana import main

STAND_IN = """\
#!{python}
import json, os, pathlib, sys
places = ("GF_PATHS_PROVISIONING", "THONGSUOT_BOARDS")
files = [str(file) for name in places for file in pathlib.Path(os.environ[name]).rglob("*.*")]
pathlib.Path({told!r}).write_text(json.dumps([sys.argv[1:], dict(os.environ), files]))
"""
"""Grafana is not to be had here: this notes what Grafana would have been given."""


def test_it_starts_grafana_on_loopback_with_the_boards_of_the_language_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "conf").mkdir()
    program, report = tmp_path / "bin" / "grafana", tmp_path / "told.json"
    program.parent.mkdir()
    program.write_text(STAND_IN.format(python=sys.executable, told=str(report)))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent))
    monkeypatch.setenv("GRAFANA_HOME", str(tmp_path))
    assert main(["--prometheus=http://127.0.0.1:9090", "--language=en", "--port=3123"]) == 0
    assert capfd.readouterr().out == "grafana: http://127.0.0.1:3123/d/thongsuot-city\n"
    arguments, environment, files = json.loads(report.read_text())
    assert arguments == ["server", f"--homepath={tmp_path}"]
    assert environment["GF_SERVER_HTTP_ADDR"] == "127.0.0.1"
    assert environment["PROMETHEUS_URL"] == "http://127.0.0.1:9090"
    assert environment["THONGSUOT_BOARDS"].endswith("/en")
    names = {Path(file).relative_to(Path(file).parents[1]).as_posix() for file in files}
    assert {"en/city.json", "datasources/thongsuot.yml", "dashboards/thongsuot.yml"} <= names
    assert not Path(environment["GF_PATHS_PROVISIONING"]).exists()


def test_without_grafana_it_says_what_to_do(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "thongsuot_dashboards.grafana", "--prometheus=http://127.0.0.1:9"],
        env=os.environ | {"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "none of grafana, grafana-server is on the PATH" in done.stderr
