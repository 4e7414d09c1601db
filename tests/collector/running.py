"""A collector in this process, on a port from the kernel, as the tests of its parts need it."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Protocol

import httpx
from sqlalchemy import Engine, QueuePool

from tests.collector.batches import BatchSealer
from tests.plain_http import NO_AUTHORITIES
from thongsuot_collector.app.collector import run_collector
from thongsuot_collector.app.durable import STORE_FILE
from thongsuot_collector.config.read import parse_configuration
from thongsuot_collector.inventory.directory import InventoryDirectory
from thongsuot_collector.store import tokens
from thongsuot_collector.store.engine import open_store
from thongsuot_schema.batch import push
from thongsuot_schema.batch.model import Batch
from thongsuot_schema.inventory.model import Inventory

WITHIN_S = 120.0 * float(os.environ.get("THONGSUOT_TEST_PATIENCE", "1"))
"""How long anything may take that does happen; only a machine in trouble comes near."""


def token(state_dir: Path, site: str) -> str:
    """Make a token as the command line does."""
    store = open_store(state_dir / STORE_FILE)
    try:
        return tokens.create(store, site)
    finally:
        store.dispose()


PASSWORDS_ALONE = '\n[sign_in]\nsecond_factor = "optional"\n'
"""Lets engineers of tests send a password with each request, as by default they cannot."""


@asynccontextmanager
async def collector(
    state_dir: Path, *, config: str = "", inventory: Inventory | None = None
) -> AsyncIterator[httpx.AsyncClient]:
    """Run a collector; gives a client whose requests go to it. Ends it as SIGTERM would."""
    text = f'state_dir = "{state_dir}"\n{config}'
    if "[listen]" not in config:
        text += '\n[listen]\naddress = "127.0.0.1:0"\n'
    if "[sign_in]" not in config:
        text += PASSWORDS_ALONE
    configuration = parse_configuration(text, file="test.toml", folder=state_dir)
    stop = asyncio.Event()
    listening: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    task = asyncio.create_task(
        run_collector(
            configuration,
            InventoryDirectory(inventory or Inventory()),
            stop=stop,
            listening=listening.set_result,
        )
    )
    await asyncio.wait((task, listening), return_when=asyncio.FIRST_COMPLETED)
    if task.done():
        await task
    try:
        async with httpx.AsyncClient(
            base_url=listening.result(),
            timeout=WITHIN_S,
            trust_env=False,
            verify=NO_AUTHORITIES,
        ) as client:
            try:
                yield client
            finally:
                stop.set()
    finally:
        # Also after a test that failed: what it left open would fail others.
        await task


class PushClient(Protocol):
    """What a device needs of a client: ``httpx.AsyncClient`` and ``PlainClient`` have it."""

    async def post(self, url: str, *, content: bytes, headers: Mapping[str, str]) -> httpx.Response:
        """Post once."""
        ...


class Pusher:
    """An agent's uplink, as small as can be: pushes what it is given and returns the answer."""

    def __init__(self, client: PushClient, agent: BatchSealer, secret: str) -> None:
        self.client = client
        self.agent = agent
        self.secret = secret

    async def batch(
        self, batch: Batch, *, boottime_ns: int | None = None, boot_id: str | None = None
    ) -> httpx.Response:
        """Push a batch; its layout too, when that is asked for."""
        body, layout = self.agent.sealed(batch)
        response = await self.body(body, boottime_ns=boottime_ns, boot_id=boot_id)
        if response.status_code == 409 and response.json().get("unknown_layout"):
            assert (await self.layout(layout)).status_code == 200
            response = await self.body(body, boottime_ns=boottime_ns, boot_id=boot_id)
        return response

    async def body(
        self, body: bytes, *, boottime_ns: int | None = None, boot_id: str | None = None
    ) -> httpx.Response:
        """Push bytes as a batch."""
        headers = self._headers(push.CONTENT_TYPE_BATCH)
        if boottime_ns is not None:
            headers[push.HEADER_BOOTTIME] = str(boottime_ns)
            headers[push.HEADER_BOOT] = self.agent.boot_id if boot_id is None else boot_id
        return await self.client.post(push.PATH_BATCHES, content=body, headers=headers)

    async def layout(self, body: bytes) -> httpx.Response:
        """Push bytes as a layout."""
        headers = self._headers(push.CONTENT_TYPE_LAYOUT)
        return await self.client.post(push.PATH_LAYOUTS, content=body, headers=headers)

    def _headers(self, content_type: str) -> dict[str, str]:
        by_token = {"Authorization": f"Bearer {self.secret}"} if self.secret else {}
        return {**by_token, "Content-Type": content_type}


async def let_go(store: Engine) -> None:
    """
    Close a store once no thread holds a connection of it any more: a task that was cancelled may
    have left one at work.
    """
    assert isinstance(store.pool, QueuePool)
    pool = store.pool
    await eventually(lambda: pool.checkedout() == 0)
    store.dispose()


async def eventually(condition: object) -> None:
    """
    Call something until it returns true; fails when it never does.

    The longer it takes, the less often: a condition that asks a server, asked again at once, costs
    both processes the CPU that what is waited for needs.
    """
    assert callable(condition)
    began_s = time.monotonic()
    while True:
        outcome = condition()
        if asyncio.iscoroutine(outcome):
            outcome = await outcome
        if outcome:
            return
        waited_s = time.monotonic() - began_s
        assert waited_s < WITHIN_S, "it never happened"
        await asyncio.sleep(min(0.01 + waited_s / 20, 0.2))
