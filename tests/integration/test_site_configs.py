"""An edit of the inventory reaches a real agent by a real collector, or is refused and told of."""

import asyncio
import sys
from asyncio.subprocess import PIPE, STDOUT, Process
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.collector.app.process import CollectorProcess
from tests.collector.command_line import run_command
from tests.collector.running import WITHIN_S, eventually, token
from tests.ports import free_port

CITY = """
[[sites]]
name = "ba-dinh"
title = "Điểm Ba Đình"
[[sites.links]]
name = "fixed"
interface = "elsewhere0"
medium = "fiber"
"""
FAR = """
[[targets]]
name = "far"
role = "anchor"
segment = "transit"
addresses = ["192.0.2.1"]
"""
"""Nothing leads there from the loopback: it is watched, and found unmeasured."""

OWN_PAGE = """
[[targets]]
name = "own-page"
role = "service"
segment = "service"
url = "http://127.0.0.1/reboot"
"""
AGENT = """
[site]
name = "ba-dinh"
[collector]
url = "{url}"
token_file = "{folder}/token"
push_every_s = 1.0
[page]
listen = "127.0.0.1:{port}"
[spool]
state_dir = "{folder}/agent-state"
runtime_dir = "{folder}/agent-run"
[[links]]
name = "fixed"
interface = "lo"
[[targets]]
name = "gateway"
role = "anchor"
segment = "lan"
addresses = ["gateway"]
[[probes]]
kind = "icmp"
every_s = 2
"""


@dataclass
class ConfigEditCollector:
    """A collector with its inventory, and a site's agent."""

    folder: Path
    collector: CollectorProcess
    port: int
    agent: Process | None = None

    def edit(self, text: str) -> None:
        """Write the inventory, as an editor does."""
        (self.folder / "inventory" / "city.toml").write_text(text, encoding="utf-8")

    async def start_agent(self) -> None:
        """Start the agent."""
        config = self.folder / "agent.toml"
        text = AGENT.format(url=self.collector.url, folder=self.folder, port=self.port)
        config.write_text(text, encoding="utf-8")
        words = ("-m", "thongsuot_agent.cli.main", "run", "--config", str(config))
        with (self.folder / "agent.log").open("ab") as file:
            self.agent = await asyncio.create_subprocess_exec(sys.executable, *words, stderr=file)

    async def end_agent(self) -> None:
        """End it."""
        if self.agent is not None and self.agent.returncode is None:
            self.agent.terminate()
            await self.agent.wait()

    async def site_configs(self) -> str:
        """Return the collector's line about the site."""
        _, output = await run_command("site-configs", "--config", self.collector.config)
        return next(line for line in output.splitlines() if line.startswith("ba-dinh"))

    async def until(self, *words: str) -> str:
        """Return the collector's line about the site once these words stand in it."""
        line = ""

        async def is_so() -> bool:
            nonlocal line
            line = await self.site_configs()
            return all(word in line for word in words)

        try:
            await eventually(is_so)
        except AssertionError:
            pytest.fail(f"{line}\n{(self.folder / 'agent.log').read_text()}{self.collector.log()}")
        return line

    async def site_config_of_agent(self) -> str:
        """Return what the agent's own command says of its site configuration."""
        words = ("-m", "thongsuot_agent.cli.main", "site-config", "--config")
        process = await asyncio.create_subprocess_exec(
            sys.executable, *words, self.folder / "agent.toml", stdout=PIPE, stderr=STDOUT
        )
        output, _ = await process.communicate()
        return output.decode()

    async def figures(self) -> str:
        """Return the agent's metrics; nothing while it does not answer."""
        try:
            async with httpx.AsyncClient(trust_env=False, timeout=WITHIN_S) as client:
                return (await client.get(f"http://127.0.0.1:{self.port}/metrics")).text
        except httpx.TransportError:
            return ""

    async def is_watched(self, target: str) -> bool:
        """Return whether the agent has a result of a target."""
        return f'target="{target}"' in await self.figures()


@pytest.fixture
async def city(tmp_path: Path) -> AsyncIterator[ConfigEditCollector]:
    """Both, running."""
    (tmp_path / "inventory").mkdir()
    for name in ("agent-state", "agent-run"):
        (tmp_path / name).mkdir()
    collector = CollectorProcess(tmp_path, 'inventory_dir = "inventory"')
    edited = ConfigEditCollector(tmp_path, collector, free_port())
    edited.edit(CITY)
    (tmp_path / "token").touch(mode=0o600)
    (tmp_path / "token").write_text(token(tmp_path / "state", "ba-dinh"), encoding="ascii")
    await collector.start()
    await edited.start_agent()
    yield edited
    await edited.end_agent()
    if collector.process is not None:
        await collector.end()


async def test_an_edit_reaches_the_agent_and_a_wrong_one_changes_nothing(
    city: ConfigEditCollector,
) -> None:
    await city.until(" 1-", "current")
    # An edit: the agent watches what is new without a restart of anything.
    city.edit(CITY + FAR)
    await city.until(" 2-", "current")
    await eventually(lambda: city.is_watched("far"))
    figures = await city.figures()
    assert 'medium="fiber"' in figures, "what the inventory knows of a link is known here"
    assert "thongsuot_agent_site_config_info{" in figures
    assert 'state="good"' in figures
    shown = await city.site_config_of_agent()
    assert "site configuration: 2-" in shown
    assert "target far: 192.0.2.1 (collector)" in shown
    assert "target gateway: gateway (settings)" in shown

    # One that no agent may take: refused by the device, with what and where, and told of here.
    city.edit(CITY + FAR + OWN_PAGE)
    line = await city.until(" 3-", "refused", '[[targets]] "own-page" url: "http://127.0.0.1/')
    assert " 2-" in line, "it goes on with the one before"
    assert await city.is_watched("far")
    assert not await city.is_watched("own-page")
    shown = await city.site_config_of_agent()
    assert "refused: 3-" in shown
    assert "(invalid)" in shown

    # One that is no inventory: it gets no further than the collector, which says so.
    city.edit(CITY.replace("medium", "medum"))

    async def is_refused() -> bool:
        async with httpx.AsyncClient(
            base_url=city.collector.url, trust_env=False, timeout=WITHIN_S
        ) as client:
            text = (await client.get("/metrics")).text
        return "thongsuot_collector_inventory_refused 1.0" in text

    await eventually(is_refused)
    assert 'city.toml:8: unknown key "medum"' in city.collector.log()

    # Taken back: what the agent refused is past.
    city.edit(CITY + FAR)
    await city.until(" 4-", "current")
    _, audit = await run_command("audit", "inventory", "--config", city.collector.config)
    assert audit.count("inventory_changed") == 4
    assert "city.toml: targets +1 -0 ~0; new site configurations: 1 sites" in audit

    # The collector is away: the agent starts with the last good site configuration, and watches by
    # it.
    await city.end_agent()
    await city.collector.end()
    await city.start_agent()
    await eventually(lambda: city.is_watched("far"))
    assert "site configuration: 4-" in await city.site_config_of_agent()
