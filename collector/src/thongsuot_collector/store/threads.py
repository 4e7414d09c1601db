"""Work in threads that must be completed."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


async def run_to_completion(work: Callable[..., T], *arguments: object) -> T:
    """
    Run a function in a thread to its end: a cancelled caller waits until the store is released.

    It takes milliseconds, and the store must not be closed while a thread uses it.
    """
    task = asyncio.create_task(asyncio.to_thread(work, *arguments))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait((task,))
        raise
