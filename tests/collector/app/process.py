"""The collector as a process of its own, to be killed."""

import asyncio
import signal
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path

from tests.collector.app import preloaded
from tests.collector.app.preloaded import ForkedProcess
from tests.collector.running import PASSWORDS_ALONE
from tests.earlier import EarlierProgram

PROGRAM = Path(sys.executable).with_name("thongsuot-collector")


class CollectorProcess:
    """
    Runs ``thongsuot-collector run``; may be killed and started again on the same state.

    It is forked from a process that has imported it, unless ``is_forked`` is false: then it is the
    program as a user starts it, for a second of CPU more. ``earlier``, if set, is started instead.
    """

    earlier: EarlierProgram | None = None

    def __init__(self, folder: Path, config: str = "", *, is_forked: bool = True) -> None:
        self.folder = folder
        self._is_forked = is_forked and preloaded.is_possible()
        self.config = folder / "collector.toml"
        text = f'state_dir = "state"\n{config}\n'
        if "[listen]" not in config:
            text += '[listen]\naddress = "127.0.0.1:0"\n'
        if "[sign_in]" not in config:
            text += PASSWORDS_ALONE
        self.config.write_text(text, encoding="utf-8")
        self.process: Process | ForkedProcess | None = None
        self.url = ""

    async def start(self) -> None:
        """Start it, and return when it takes pushes."""
        words = ["run", "--config", str(self.config)]
        with (self.folder / "collector.log").open("ab") as log:
            if self.earlier is not None:
                self.process = await asyncio.create_subprocess_exec(
                    *self.earlier.command("thongsuot_collector.cli.main", *words),
                    cwd=self.earlier.folder,
                    env=self.earlier.environment,
                    stdout=PIPE,
                    stderr=log,
                )
            elif self._is_forked:
                self.process = await preloaded.start(words, log.fileno())
            else:
                self.process = await asyncio.create_subprocess_exec(
                    PROGRAM, *words, stdout=PIPE, stderr=log
                )
        assert self.process.stdout is not None
        line = (await self.process.stdout.readline()).decode()
        assert line.startswith("collector: "), self.log()
        self.url = line.removeprefix("collector: ").strip().rstrip("/")

    async def end(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal, and return the exit status when it is gone."""
        assert self.process is not None
        process, self.process = self.process, None
        if process.returncode is None:
            process.send_signal(how)
        status = await process.wait()
        assert process.stdout is not None
        await process.stdout.read()
        return status

    async def kill(self) -> None:
        """End it at once, as a crash does."""
        await self.end(signal.SIGKILL)

    def log(self) -> str:
        """Return what it wrote to standard error."""
        return (self.folder / "collector.log").read_text(errors="replace")
