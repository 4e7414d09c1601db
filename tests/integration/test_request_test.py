"""A test that is asked for on the command line runs on a real agent and comes back done."""

import asyncio
import sys
from asyncio.subprocess import PIPE, STDOUT
from pathlib import Path

from tests.collector.app.process import PROGRAM, CollectorProcess
from tests.collector.running import token

INVENTORY = """
[[sites]]
name = "ba-dinh"
[[sites.links]]
name = "fixed"
interface = "lo"
"""

AGENT = """
[site]
name = "ba-dinh"
[collector]
url = "{url}"
token_file = "{folder}/token"
push_every_s = 1.0
[page]
listen = ""
[spool]
state_dir = "{folder}/agent-state"
runtime_dir = "{folder}/agent-run"
[[links]]
name = "fixed"
interface = "lo"
[[targets]]
name = "portal"
role = "service"
segment = "service"
url = "{url}/healthz"
[[probes]]
kind = "http"
every_s = 3600
[[probes]]
kind = "host"
every_s = 2
"""


async def asked(collector: CollectorProcess, kind: str) -> tuple[int | None, str]:
    """Ask on the command line, and wait for the end."""
    words = ("request-test", "ba-dinh", kind, "--wait", "--log-level", "warning")
    asking = await asyncio.create_subprocess_exec(
        PROGRAM, *words, "--config", collector.config, stdout=PIPE, stderr=STDOUT
    )
    output, _ = await asking.communicate()
    return asking.returncode, output.decode()


async def test_from_the_command_line_to_the_agent_and_back(tmp_path: Path) -> None:
    (tmp_path / "inventory").mkdir()
    (tmp_path / "inventory" / "city.toml").write_text(INVENTORY, encoding="utf-8")
    collector = CollectorProcess(tmp_path, 'inventory_dir = "inventory"')
    (tmp_path / "token").touch(mode=0o600)
    (tmp_path / "token").write_text(token(tmp_path / "state", "ba-dinh"), encoding="ascii")
    for name in ("agent-state", "agent-run"):
        (tmp_path / name).mkdir()
    await collector.start()
    config = tmp_path / "agent.toml"
    config.write_text(AGENT.format(url=collector.url, folder=tmp_path), encoding="utf-8")
    words = ("-m", "thongsuot_agent.cli.main", "run", "--config", str(config))
    with (tmp_path / "agent.log").open("wb") as file:
        agent = await asyncio.create_subprocess_exec(sys.executable, *words, stderr=file)
    try:
        status, output = await asked(collector, "http")
        log = (tmp_path / "agent.log").read_text(encoding="utf-8")
        assert status == 0, output + log
        # Once an hour by its schedule: this run was the one that was asked for.
        assert "waiting" in output, output
        assert "done" in output, output
        assert "\nfixed portal ip4: " in output, output + log
        status, output = await asked(collector, "radio")
        assert (status, "refused: not_configured no radio" in output) == (1, True), output
    finally:
        agent.terminate()
        await agent.wait()
        await collector.end()
