"""Work in threads that must not be left half-way."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


async def run_to_completion(work: Callable[..., T], *arguments: object) -> T:
    """
    Do something in a thread, to its end: who is cancelled waits until the store is let go.

    It takes milliseconds, and a store that is closed under a thread at work is nobody's friend.
    """
    task = asyncio.create_task(asyncio.to_thread(work, *arguments))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait((task,))
        raise
