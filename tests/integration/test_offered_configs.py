"""
A real agent and whoever answers its pushes: what a collector in other hands offers is not run, and
an agent that is killed on probation starts with what was good.
"""

import asyncio
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest

from tests.agent.siteconfig.making import anchor, offer, portal, site_config
from tests.agent.uplink.receiver import TOKEN, PushReceiver, ScriptedReply
from thongsuot_schema.batch.model import Notice, NoticeCode
from thongsuot_schema.batch.push import HEADER_SITE_CONFIG, PATH_BATCHES, PushResponse
from thongsuot_schema.inventory.model import Role
from thongsuot_schema.segment import Segment
from thongsuot_schema.siteconfig.codec import version_of
from thongsuot_schema.siteconfig.model import (
    ConfiguredLink,
    ConfiguredProbe,
    ConfiguredTarget,
    OfferedConfig,
    SiteConfiguration,
)

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
state_dir = "{folder}/state"
runtime_dir = "{folder}/run"
[[links]]
name = "fiber"
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

HOSTILE: tuple[SiteConfiguration | bytes, ...] = (
    site_config(targets=(portal("own", "http://127.0.0.1:22/"),)),
    site_config(targets=(portal("router", "http://192.168.1.1/reboot"),)),
    site_config(targets=(portal("file", "file:///etc/passwd"),)),
    site_config(targets=(anchor("127.0.0.1"),)),
    site_config(targets=(anchor("255.255.255.255"),)),
    site_config(
        targets=(
            ConfiguredTarget(
                name="box", role=Role.EQUIPMENT, segment=Segment.LAN, addresses=("192.168.1.1",)
            ),
        )
    ),
    site_config(
        probes=(ConfiguredProbe(kind="http", every_s=60.0, settings={"ca_file": "/etc/shadow"}),)
    ),
    site_config(probes=(ConfiguredProbe(kind="icmp", every_s=0.01, settings={"timeout_s": 0.01}),)),
    site_config(probes=(ConfiguredProbe(kind="throughput", every_s=60.0),)),
    site_config(links=(ConfiguredLink(name="fiber", resolvers=("127.0.0.1",)),)),
    site_config(site="tay-ho"),
    b'{"site":"ba-dinh","collector":{"url":"http://evil.example"},"format":2}',
    b'{"site":"ba-dinh","title":"' + b"x" * 45_000 + b'"}',
    b"[]",
)
"""What somebody who holds a collector might try first."""


@dataclass
class ConfiguredDevice:
    """An agent on a device, and what its collector has heard."""

    folder: Path
    receiver: PushReceiver
    process: Process | None = None

    async def start(self) -> None:
        """Start the agent."""
        words = (
            "-m",
            "thongsuot_agent.cli.main",
            "run",
            "--config",
            str(self.folder / "agent.toml"),
        )
        with (self.folder / "agent.log").open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(sys.executable, *words, stderr=log)

    async def end(self, *, is_killed: bool = False) -> None:
        """End it, as a power cut does or in good order."""
        if self.process is not None and self.process.returncode is None:
            (self.process.kill if is_killed else self.process.terminate)()
            await self.process.wait()

    def offers(self, offered: OfferedConfig) -> None:
        """Have every answer carry a site configuration from now on."""
        self.receiver.answer = PushResponse(site_config=msgspec.Raw(msgspec.json.encode(offered)))

    @property
    def said(self) -> list[str]:
        """What the agent said of site configurations, push by push."""
        return [
            heard.headers.get(HEADER_SITE_CONFIG.lower(), "")
            for heard in self.receiver.heard
            if heard.path == PATH_BATCHES
        ]

    async def until_said(self, text: str) -> None:
        """Wait until the latest push says that."""
        await self.receiver.until(lambda: self.said[-1:] == [text])

    def notices(self, code: NoticeCode) -> list[Notice]:
        """Return what the agent has reported."""
        return [
            notice
            for batch in self.receiver.batches
            for notice in batch.notices
            if notice.code is code
        ]

    def targets(self) -> set[str]:
        """Return every target of which a result has come in."""
        return {result.series.target for batch in self.receiver.batches for result in batch.results}


@pytest.fixture
async def device(tmp_path: Path) -> AsyncIterator[ConfiguredDevice]:
    """A device whose agent runs, and says that it runs no site configuration."""
    async with PushReceiver().listening() as receiver:
        configured = ConfiguredDevice(tmp_path, receiver)
        (tmp_path / "token").touch(mode=0o600)
        (tmp_path / "token").write_text(TOKEN, encoding="ascii")
        config = AGENT.format(url=receiver.url, folder=tmp_path)
        (tmp_path / "agent.toml").write_text(config, encoding="utf-8")
        for name in ("state", "run"):
            (tmp_path / name).mkdir()
        await configured.start()
        await configured.until_said("none")
        yield configured
        await configured.end()


async def test_offers_of_a_compromised_collector_are_not_run(device: ConfiguredDevice) -> None:
    for number, content in enumerate(HOSTILE, start=1):
        notice = offer(number, content)
        device.offers(notice)
        await device.until_said(f"none !{version_of(notice)}")
    for raw in (b'"rm -rf /"', b"{}", b"[1]", b'{"number":1e9,"made_ns":0,"content":null}'):
        device.receiver.answer = PushResponse(site_config=msgspec.Raw(raw))
        count = len(device.receiver.batches)
        await device.receiver.until(lambda before=count: len(device.receiver.batches) > before + 1)  # type: ignore[misc]
    refused = device.notices(NoticeCode.CONFIG_REJECTED)
    assert len(refused) == len(HOSTILE)
    assert all(" " in notice.text for notice in refused), "each with its reason"
    assert device.targets() <= {"gateway", ""}
    assert device.process is not None
    assert device.process.returncode is None
    # It has not become deaf: a right site configuration is taken.
    good = offer(99, site_config(targets=(anchor("192.0.2.1"),)))
    device.offers(good)
    await device.until_said(version_of(good))
    await device.receiver.until(lambda: "far" in device.targets())


async def test_an_agent_that_is_killed_on_probation_starts_with_what_was_good(
    device: ConfiguredDevice,
) -> None:
    first = offer(1, site_config(targets=(anchor("192.0.2.1", name="first"),)))
    device.offers(first)
    await device.receiver.until(lambda: bool(device.notices(NoticeCode.CONFIG_APPLIED)))
    second: SiteConfiguration = site_config(targets=(anchor("192.0.2.2", name="second"),))
    device.offers(offer(2, second))
    trial = version_of(offer(2, second))
    # A box on the way answers pushes under the new site configuration: nothing is proved when the
    # power goes.
    device.receiver.script = lambda heard: (
        ScriptedReply(status=502, text=b"bad gateway")
        if heard.headers.get(HEADER_SITE_CONFIG.lower()) == trial
        else None
    )
    await device.until_said(trial)
    await device.end(is_killed=True)
    device.receiver.answer = PushResponse()
    await device.start()
    await device.until_said(version_of(first))
    await device.receiver.until(lambda: "first" in device.targets())
    # It is offered again, and may prove itself.
    device.receiver.script = lambda _: None
    device.offers(offer(2, second))
    await device.receiver.until(lambda: len(device.notices(NoticeCode.CONFIG_APPLIED)) == 2)
    assert device.said[-1] == trial
