"""A real agent's record and uplink, without what measures: what is added to it is pushed."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

from tests.collector.running import WITHIN_S, eventually
from thongsuot_agent.clock import Clocks, TrueTime, boot_id
from thongsuot_agent.spool.spool import Spool
from thongsuot_agent.uplink.connection import CollectorEndpoint
from thongsuot_agent.uplink.upload_service import UploadService
from thongsuot_agent.uplink.uploader import UploadConfig, Uploader


@asynccontextmanager
async def pushing(
    spool: Spool,
    url: str,
    secret: str,
    *,
    boot: str = "",
    clock: Clocks | None = None,
    sign: Callable[[bytes], str] = lambda _body: "",
    failover_urls: Sequence[str] = (),
) -> AsyncIterator[UploadService]:
    """
    Push what is in a spool to a collector on this machine.

    ``boot`` and ``clock`` are those of the machine where they are left out; ``sign`` vouches for
    each batch.
    """
    clock = clock or Clocks()
    terms = UploadConfig(
        endpoints=tuple(
            CollectorEndpoint(url=each, host="127.0.0.1", ca_file="", timeout_s=WITHIN_S)
            for each in (url, *failover_urls)
        ),
        links={},
        clock=clock,
        boot_id=boot or boot_id(),
        token=lambda: secret,
        candidates=lambda: (),
        charge=lambda _link, _size: None,
        layout_of=spool.layout,
        record_report=spool.record_report,
        sign=sign,
    )
    uplink = UploadService(
        spool,
        fresh=Uploader(terms),
        backlog=Uploader(terms),
        clock=clock,
        true_time=TrueTime(),
        jitter=lambda: 1.0,
    )
    async with asyncio.TaskGroup() as group:
        uploaders = [group.create_task(uplink.run_fresh()), group.create_task(uplink.run_backlog())]
        yield uplink
        for uploader in uploaders:
            uploader.cancel()
    uplink.close()


async def drain(spool: Spool, uplink: UploadService) -> None:
    """Return when nothing waits on the device any more."""

    async def is_empty() -> bool:
        uplink.wake()
        await spool.maintain()
        return spool.status().waiting_batches == 0

    await eventually(is_empty)
