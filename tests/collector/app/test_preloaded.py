"""A collector that is forked is a process like one that was started: it ends, fails, is killed."""

import signal
from pathlib import Path

import pytest

from tests.collector.app import preloaded
from tests.collector.app.process import CollectorProcess


async def test_a_forked_collector_ends_as_the_program_does(tmp_path: Path) -> None:
    process = CollectorProcess(tmp_path)
    await process.start()
    assert process.process is not None
    first = process.process.pid
    assert process.process.returncode is None
    assert await process.end() == 0, process.log()
    await process.start()
    assert process.process.pid != first
    assert await process.end(signal.SIGKILL) == -signal.SIGKILL


async def test_a_forked_collector_uses_the_tests_folder_and_environment_and_its_own_streams(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LANG", "en")
    (tmp_path / "wrong.toml").write_text("state_dri = 1\n", encoding="utf-8")
    for _ in range(2):
        with (tmp_path / "errors").open("wb") as errors:
            forked = await preloaded.start(
                ["check-config", "--config", "wrong.toml"], errors.fileno()
            )
        printed = await forked.stdout.read()
        assert await forked.wait() == 2
        forked.send_signal(signal.SIGKILL)  # to nobody
        assert b"wrong.toml" in printed + (tmp_path / "errors").read_bytes()
