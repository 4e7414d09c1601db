"""A test that this machine cannot run skips with the reason; in CI that is a failure."""

import os
import subprocess
import sys
from pathlib import Path

from tests.contract.house import ROOT, plant

_TEST = """
import pytest
def test_needs_more():
    pytest.skip("frobnicator is not installed")
@pytest.mark.xfail(strict=True, reason="known")
def test_expected_to_fail():
    assert False
"""


def outcome(planted: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run one file of tests under the policy, with an environment of its own."""
    inherited = {name: value for name, value in os.environ.items() if name != "CI"}
    return subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "tests.policy",
            "-p",
            "tests.open_connections",
            "-c",
            os.devnull,
            planted,
        ],
        cwd=ROOT,
        env={**inherited, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_missing_capability_skips_by_its_name_and_fails_in_ci(tmp_path: Path) -> None:
    planted = plant(tmp_path, "test_planted.py", _TEST)
    at_home, in_ci = outcome(planted), outcome(planted, CI="true")
    assert at_home.returncode == 0, at_home.stdout
    assert "1 skipped, 1 xfailed" in at_home.stdout
    assert in_ci.returncode == 1, in_ci.stdout
    assert "1 failed, 1 xfailed" in in_ci.stdout
    assert "frobnicator is not installed" in in_ci.stdout


_SHALLOW = """
import pytest
from tests.earlier import NOT_IN_CLONE
def test_needs_history():
    pytest.skip(f"0123abcd {NOT_IN_CLONE}")
"""


def test_what_a_shallow_clone_lacks_is_skipped_in_ci_too(tmp_path: Path) -> None:
    in_ci = outcome(plant(tmp_path, "test_planted.py", _SHALLOW), CI="true")
    assert in_ci.returncode == 0, in_ci.stdout
    assert "1 skipped" in in_ci.stdout


_LEFT_OPEN = """
import asyncio

async def connected(*, and_closed):
    server = await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", 0)
    _, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    server.close()
    if and_closed:
        writer.close()
        await writer.wait_closed()
    return writer

def test_closes_its_connection():
    asyncio.run(connected(and_closed=True))

def test_leaves_a_connection_open():
    global kept
    kept = asyncio.run(connected(and_closed=False))

def test_is_innocent():
    global kept
    del kept
"""


def test_a_connection_that_a_test_leaves_open_fails_that_test(tmp_path: Path) -> None:
    ended = outcome(plant(tmp_path, "test_planted.py", _LEFT_OPEN))
    assert "3 passed, 1 error" in ended.stdout
    assert "ERROR at teardown of test_leaves_a_connection_open" in ended.stdout
    assert "left open when its loop was closed: <_SelectorSocketTransport" in ended.stdout
