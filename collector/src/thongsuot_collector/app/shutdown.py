"""The end of a collector, or of its role: what is only in memory is written."""

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any

from thongsuot_collector.app.components import Components

_CATCH_UP_S = 3.0
"""
Each consumer may take this long for what is left; all of them end well before systemd's patience
(``TimeoutStopSec`` of 30 s) does.
"""
_STEPS = 30
"""
The time passes in so many steps: if the machine is paused for as long as it, that costs one.
"""


async def put_down(components: Components) -> None:
    """
    Write the state that is only in memory, as far as this collector may write it; no more data
    arrives.

    A consumer that is far behind continues after the next start: the end must not take as long.
    """
    if components.role.may_decide():
        await _flush(components)
    elif not components.role.leads:
        await components.passing.save()
        await components.housekeeping.save_boots()


async def _flush(components: Components) -> None:
    await within(components.states.catch_up())
    await components.states.snapshot()
    await within(components.accounts.catch_up())
    await components.accounts.save()
    # Notifications found only now are sent after the next start.
    await within(components.incidents.catch_up())
    await components.incidents.flush()
    await components.housekeeping.save_boots()
    await components.site_configs.save()


async def within(work: Coroutine[Any, Any, None], limit_s: float = _CATCH_UP_S) -> None:
    """Do some work, or as much of it as is done within a time."""
    doing = asyncio.create_task(work)
    try:
        for _ in range(_STEPS):
            done, _ = await asyncio.wait((doing,), timeout=limit_s / _STEPS)
            if done:
                break
    finally:
        doing.cancel()
        with suppress(asyncio.CancelledError):
            await doing
