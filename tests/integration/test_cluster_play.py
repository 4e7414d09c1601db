"""``./run cluster``, short: what is lost at random is neither lost, doubled nor told otherwise."""

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.servers import need
from thongsuot_lab.testing import needs_lab

pytestmark = [needs_lab, pytest.mark.lab, pytest.mark.servers, pytest.mark.nightly]

ROOT = Path(__file__).parents[2]


def test_a_cluster_that_loses_parts_at_random_makes_what_one_collector_makes() -> None:
    for program in ("pg_autoctl", "victoria-metrics", "prometheus-alertmanager"):
        need(program)
    seed = f"{datetime.now(UTC):%Y%m%d}"
    options = ["--minutes", "1.5", "--agents", "40", "--falls", "40", "--every", "5"]
    played = subprocess.run(
        [sys.executable, "-m", "bench.cluster", *options, "--down", "60", "--seed", seed],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert played.returncode == 0, f"seed {seed}\n{played.stdout}{played.stderr[-5000:]}"
    assert "identical: 40 incidents, 40 tickets, 40 statements" in played.stdout
    assert played.stdout.count("samples 0 missing") == 2
    assert "firing: 40 of 40 incidents told" in played.stdout
    assert played.stdout.count("0 of these while nothing had struck the pair") == 2
