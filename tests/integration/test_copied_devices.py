"""
Two copies of one device push to a real collector: all that either measured is in the journal once,
the city sees that there are two, and so do those who stand before either device.
"""

import shutil
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from uuid import NAMESPACE_DNS, uuid5

import httpx
import pytest

from tests.agent.spool.making import result, spool_at
from tests.collector.running import collector, eventually, token
from tests.integration.device import drain, pushing
from thongsuot_agent.spool.spool import Spool
from thongsuot_agent.uplink.upload_service import UploadService
from thongsuot_collector.app.durable import JOURNAL_FILE
from thongsuot_collector.cli.main import main
from thongsuot_collector.ingest.duplicate_devices import RETURNS
from thongsuot_lab.matrix.journal_reader import stored_batches

SITE = "site-1"
BEFORE, LEFT, RIGHT = range(1, 7), range(100, 108), range(200, 208)
BOOTS = {name: f"{uuid5(NAMESPACE_DNS, name)}" for name in ("before", "left", "right")}
DEVICES_METRIC = "thongsuot_collector_sites_with_duplicate_devices"


def make(spool: Spool, serials: Iterable[int]) -> None:
    for serial in serials:
        spool.add_entry(result(serial))
        spool.seal()


def serials_in(state: Path) -> Counter[int]:
    return Counter(
        round(kept.boottime_ns / 1e6)
        for stored in stored_batches(state / JOURNAL_FILE)
        for kept in stored.batch.results
    )


def is_closed(state: Path) -> bool:
    config = state.parent / "collector.toml"
    config.write_text(f'state_dir = "{state}"\n')
    return main(["verify", "--config", str(config)]) == 0


class Copies:
    """A collector, and devices of one site that push to it."""

    def __init__(self, client: httpx.AsyncClient, secret: str, stack: AsyncExitStack) -> None:
        self.client = client
        self._secret = secret
        self._stack = stack

    async def started(self, spool: Spool, boot: str = "") -> UploadService:
        """Start to push what a spool has."""
        return await self._stack.enter_async_context(
            pushing(spool, str(self.client.base_url), self._secret, boot=boot)
        )

    async def marked(self) -> tuple[bool, bool, bool]:
        """Return whether the list of sites, the page of the site and the metrics show two."""
        home = (await self.client.get("/?lang=en")).text
        page = (await self.client.get(f"/sites/{SITE}?lang=en")).text
        metrics = (await self.client.get("/metrics")).text
        return (
            "Two devices push" in home,
            "Another device sends as this point too" in page,
            f"{DEVICES_METRIC} 1.0" in metrics,
        )


@pytest.fixture
def state(tmp_path: Path) -> Path:
    folder = tmp_path / "collector"
    folder.mkdir()
    return folder


@asynccontextmanager
async def copies(state: Path) -> AsyncIterator[Copies]:
    async with collector(state) as client:
        secret = token(state, SITE)
        async with AsyncExitStack() as stack:
            yield Copies(client, secret, stack)


async def test_a_card_copied_with_batches_on_it_loses_and_doubles_nothing(
    tmp_path: Path, state: Path
) -> None:
    original = spool_at(tmp_path / "left", boot=BOOTS["before"])
    await original.open()
    make(original, BEFORE)
    await original.close()
    shutil.copytree(tmp_path / "left", tmp_path / "right")
    async with copies(state) as site:
        for side, serials in (("left", LEFT), ("right", RIGHT)):
            spool = spool_at(tmp_path / side, boot=BOOTS[side])
            await spool.open()
            make(spool, serials)
            uplink = await site.started(spool, BOOTS[side])
            await drain(spool, uplink)
            make(spool, [serials[-1] + 1])
            await drain(spool, uplink)
            assert uplink.answer is not None
            assert uplink.answer.has_duplicate_devices is (side == "right")
            await spool.close()
        assert await site.marked() == (True, True, True)
    whole = (*BEFORE, *LEFT, LEFT[-1] + 1, *RIGHT, RIGHT[-1] + 1)
    assert serials_in(state) == Counter(whole)
    assert is_closed(state)


async def test_a_running_machine_copied_in_the_middle_of_its_stream_is_two_devices(
    tmp_path: Path, state: Path
) -> None:
    """Both have one boot id, and number their batches alike in one stream."""
    left = spool_at(tmp_path / "left")
    await left.open()
    make(left, BEFORE)
    shutil.copytree(tmp_path / "left", tmp_path / "right")
    right = spool_at(tmp_path / "right")
    await right.open()
    assert right.status().stream == left.status().stream
    async with copies(state) as site:
        uplinks = [await site.started(left), await site.started(right)]
        for serials in zip(LEFT, RIGHT, strict=True):
            for spool, uplink, serial in zip((left, right), uplinks, serials, strict=True):
                make(spool, [serial])
                await drain(spool, uplink)
        assert len(LEFT) > RETURNS + 1
        answers = [uplink.answer for uplink in uplinks]
        assert all(answer is not None and answer.has_duplicate_devices for answer in answers)

        async def is_marked() -> bool:
            return await site.marked() == (True, True, True)

        await eventually(is_marked)
        assert left.status().rejected_batches == right.status().rejected_batches == 0
        await left.close()
        await right.close()
    assert serials_in(state) == Counter((*BEFORE, *LEFT, *RIGHT))
