"""Tasks that must not end: started again when they do, counted and told."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable

from thongsuot_collector.errors import JournalDamaged
from thongsuot_collector.metrics import Metrics
from thongsuot_runtime.backoff import Backoff

_FIRST_S = 1.0
_LIMIT_S = 60.0
_GOOD_AFTER_S = 300.0
"""A task that ran for this long begins with a short wait again."""

_log = logging.getLogger(__name__)


async def keep_running(
    name: str,
    run: Callable[[], Awaitable[None]],
    metrics: Metrics,
    *,
    first_s: float = _FIRST_S,
) -> None:
    """
    Run something for ever, again after each failure.

    Raises:
        JournalDamaged: the one failure that only a new process can mend.
    """
    backoff = Backoff(first_s=first_s, limit_s=_LIMIT_S, random=random.random)
    clock = asyncio.get_running_loop().time
    while True:
        started_s = clock()
        try:
            await run()
        except JournalDamaged:
            raise
        except Exception as error:  # noqa: BLE001 - the supervisor: whatever it is, others go on
            if clock() - started_s > _GOOD_AFTER_S:
                backoff.reset()
            wait_s = backoff.next_wait_s()
            metrics.failures.labels(name).inc()
            if backoff.is_worth_logging():
                _log.exception("task failed task=%s: %s; again in %.0f s", name, error, wait_s)
            await asyncio.sleep(wait_s)
