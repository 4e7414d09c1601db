"""Commands beside a running collector whose store has a bad page."""

from pathlib import Path

from tests.collector.app.process import CollectorProcess
from tests.collector.command_line import run_command
from tests.collector.running import token
from thongsuot_collector.app.durable import STORE_FILE
from thongsuot_collector.store.tables import METADATA

_PAGE_BYTES = 4096


async def test_a_command_does_not_replace_the_store_under_a_running_collector(
    tmp_path: Path,
) -> None:
    """It would go on writing to the file that was set aside, until it ends."""
    state = tmp_path / "state"
    token(state, "hoan-kiem")
    collector = CollectorProcess(tmp_path)
    await collector.start()
    try:
        assert collector.process is not None
        store = state / STORE_FILE
        before = store.stat().st_ino
        with store.open("r+b") as file:
            file.seek(len(METADATA.tables) * _PAGE_BYTES)
            file.write(b"\xff" * _PAGE_BYTES)
        status, output = await run_command("token", "list", "--config", collector.config)
        assert status == 1
        assert f"PID {collector.process.pid}" in output
        assert store.stat().st_ino == before
        assert not list(state.glob(f"{STORE_FILE}.damaged-*"))
    finally:
        await collector.kill()
    # Alone, it recovers what is readable, as a start does.
    assert (await run_command("token", "list", "--config", collector.config))[0] == 0
    assert list(state.glob(f"{STORE_FILE}.damaged-*"))
