"""A device, a collector and a sink, whose account tests read at the command line."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from tests.agent.spool.making import result, spool_at
from tests.collector.running import collector, eventually, token
from tests.collector.sinks.receiver import ScriptedReceiver
from tests.integration.device import drain, pushing
from thongsuot_agent.spool.spool import Spool
from thongsuot_collector.app.durable import JOURNAL_FILE
from thongsuot_collector.cli.main import main

SITE = "site-1"


class DeviceAndCollector:
    """A device and a collector, their folders and what the command line says of both."""

    def __init__(
        self, root: Path, sink: ScriptedReceiver, capsys: pytest.CaptureFixture[str]
    ) -> None:
        self.root = root
        self.state = root / "collector"
        self.state.mkdir()
        self.secret = token(self.state, SITE)
        self.sink = sink
        self._capsys = capsys
        self._serial = 0
        self.config = (
            '[[sinks]]\nkind = "remote_write"\nname = "database"\nlinger_s = 0.0\n'
            f'min_backoff_s = 0.05\nmax_backoff_s = 0.05\nurl = "{sink.url}"\n'
        )
        self.file = root / "collector.toml"
        self.file.write_text(f'state_dir = "{self.state}"\n{self.config}')

    @property
    def journal(self) -> Path:
        return self.state / JOURNAL_FILE

    @asynccontextmanager
    async def running(self) -> AsyncIterator[httpx.AsyncClient]:
        async with collector(self.state, config=self.config) as client:
            yield client

    def make(self, spool: Spool, batches: int) -> None:
        for _ in range(batches):
            self._serial += 1
            spool.add_entry(result(self._serial))
            spool.seal()

    async def pushed(self, batches: int) -> None:
        """Have a device push so many batches, and the sink take them all."""
        async with self.running() as client:
            spool = spool_at(self.root / "device")
            await spool.open()
            self.make(spool, batches)
            async with pushing(spool, str(client.base_url), self.secret) as uplink:
                await drain(spool, uplink)
            await self.delivered(client)
            await spool.close()

    async def delivered(self, client: httpx.AsyncClient) -> None:
        async def is_done() -> bool:
            text = (await client.get("/metrics")).text
            lag = re.search(r'consumer_lag_entries\{consumer="database"\} (\S+)', text)
            return lag is not None and float(lag[1]) == 0

        await eventually(is_done)

    def say(self, *words: str) -> tuple[int, str]:
        status = main([*words, "--config", str(self.file)])
        return status, self._capsys.readouterr().out

    def missing(self) -> tuple[int, list[str]]:
        """Return what ``verify`` ends with, and what it says is not there."""
        status, out = self.say("verify")
        return status, [
            re.sub(r" [0-9a-f]{16}:", ":", line)
            for line in out.splitlines()
            if line.startswith(("MISSING", "NOT DELIVERED"))
        ]

    def came(self) -> list[str]:
        """Return what ``account`` says of the batches of the newest day, at the first sink."""
        return self.say("account", SITE)[1].split("\n\n")[1].splitlines()[1].split()

    def stream_missing(self) -> str:
        """Return the stream of which ``verify`` misses something."""
        match = re.search(r"^MISSING: \S+ ([0-9a-f]{16}):", self.say("verify")[1], re.MULTILINE)
        assert match is not None
        return match[1]
