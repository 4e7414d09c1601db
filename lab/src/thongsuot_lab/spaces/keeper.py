"""
The process on which a lab's life depends.

It is the first process of a PID namespace that contains everything the lab runs, and it holds the
only lasting references to the lab's network namespaces. When it ends, by any signal, the kernel
itself ends every process and removes every interface: nothing else has to clean up.

It ends by itself when its owner does (it watches the owner's pidfd), unless it was detached. It
removes the lab's run directory on its way out; after a ``kill -9`` of the keeper itself that
directory stays, unlocked, and the next lab that starts sweeps it away.

Standard input: one JSON line, ``{"run_dir": …, "nodes": […]}``; afterwards a line ``detach`` ends
the dependence on the owner. Standard output: one JSON line, ``{"namespaces": {node: descriptor}}``.
"""

import fcntl
import json
import os
import select
import shutil
import signal
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from thongsuot_lab.spaces.enter import CLONE_NEWNET, OWN_NETWORK, in_thread, unshare

LOCK = "lock"


def make_namespaces(count: int) -> list[int]:
    """Make network namespaces, each kept by an open descriptor; this process stays in its own."""

    def make() -> list[int]:
        made = []
        for _ in range(count):
            unshare(CLONE_NEWNET)
            made.append(os.open(OWN_NETWORK, os.O_RDONLY | os.O_CLOEXEC))
        return made

    return in_thread(make)


def hold_lock(run_dir: Path) -> int:
    """Take the lock; while it is free, other processes consider this lab dead."""
    # Locked before the file is visible: it must never be found free while this process lives.
    unseen = run_dir / f"{LOCK}.new"
    descriptor = os.open(unseen, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    unseen.rename(run_dir / LOCK)
    return descriptor


def reap() -> None:
    """Collect every child that has ended: orphans of the whole lab become its children."""
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def wait(owner: int, orders: Iterator[str]) -> None:
    """Return when the owner has ended or this process was asked to terminate."""
    wakeup, waker = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    signal.set_wakeup_fd(waker)
    ending: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda got, _frame: ending.append(got))
    signal.signal(signal.SIGCHLD, lambda _got, _frame: None)
    # The owner may have blocked these signals, and children inherit that.
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    poll = select.poll()
    for descriptor in (owner, wakeup, sys.stdin.fileno()):
        poll.register(descriptor, select.POLLIN)
    while not ending:
        ready = {descriptor for descriptor, _ in poll.poll()}
        if owner in ready:
            return
        if wakeup in ready:
            os.read(wakeup, 4096)
            reap()
        if sys.stdin.fileno() in ready:
            poll.unregister(sys.stdin.fileno())
            if next(orders, "").strip() == "detach":
                poll.unregister(owner)


def main() -> None:
    """Keep a lab alive, as the module's docstring says; the argument is the owner's pidfd."""
    owner = int(sys.argv[1])
    order = json.loads(sys.stdin.readline())
    run_dir = Path(order["run_dir"])
    lock = hold_lock(run_dir)
    descriptors = make_namespaces(len(order["nodes"]))
    namespaces = dict(zip(order["nodes"], descriptors, strict=True))
    print(json.dumps({"namespaces": namespaces}), flush=True)
    try:
        wait(owner, iter(sys.stdin))
    finally:
        with suppress(ProcessLookupError):
            os.kill(-1, signal.SIGKILL)
        shutil.rmtree(run_dir, ignore_errors=True)
        os.close(lock)


if __name__ == "__main__":
    main()
