"""A process that prints beside the collector, and what becomes of one that does not."""

import asyncio
import gc
from collections.abc import Callable

import pytest
import uvloop

from thongsuot_collector.errors import PrintFailed
from thongsuot_collector.typesetting.worker import render_in_worker

LARGE = bytes(4 << 20)
"""More than a pipe holds: whoever ends without reading it breaks off the writing."""


@pytest.mark.parametrize("loop", [uvloop.new_event_loop, asyncio.new_event_loop])
def test_a_process_that_does_not_read_its_document_has_not_printed_it(
    loop: Callable[[], asyncio.AbstractEventLoop],
) -> None:
    unhandled: list[object] = []

    async def print_it() -> None:
        asyncio.get_running_loop().set_exception_handler(
            lambda _, context: unhandled.append(context)
        )
        with pytest.raises(PrintFailed, match="cannot print the leaflet"):
            await render_in_worker("thongsuot_collector.no_such", LARGE, title="the leaflet")
        gc.collect()

    with asyncio.Runner(loop_factory=loop) as runner:
        runner.run(print_it())
    assert unhandled == []
