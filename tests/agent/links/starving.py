"""A CPU on which others want to run all the time, for programs that are to wait for it."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

BUSY = 4
"""Neighbours on the same CPU; each wake-up of a program beside them waits 2 to 15 ms."""


def give_way() -> None:
    """Let neighbours that were there before go first, a program gets a tenth of what each gets."""
    os.nice(10)


@contextmanager
def starving() -> Iterator[None]:
    """Leave the calling thread one CPU, and share that with busy processes, as long as it lasts."""
    cpus = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(cpus)})
    busy = [subprocess.Popen(["sh", "-c", "while :; do :; done"]) for _ in range(BUSY)]
    try:
        yield
    finally:
        for process in busy:
            process.kill()
        for process in busy:
            process.wait()
        os.sched_setaffinity(0, cpus)
