"""
Running code inside a network namespace.

Always in a thread that is discarded afterwards: entering a namespace only needs rights over that
namespace, while returning needs rights over the original one, which root of a user namespace does
not have.
"""

import ctypes
import os
import subprocess
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, TypeVar

from thongsuot_lab.errors import BuildError

T = TypeVar("T")
OWN_NETWORK = "/proc/thread-self/ns/net"


def in_thread(work: Callable[[], T]) -> T:
    """
    Run something in a thread that is discarded afterwards, because a namespace cannot be left.
    """
    outcome: list[T] = []
    failure: list[BaseException] = []

    def run() -> None:
        try:
            outcome.append(work())
        except BaseException as error:  # noqa: BLE001  carried over to the caller, below
            failure.append(error)

    thread = threading.Thread(target=run, name="lab-namespace")
    thread.start()
    thread.join()
    if failure:
        raise failure[0]
    return outcome[0]


def inside(network: str, work: Callable[[], T]) -> T:
    """
    Run something inside a network namespace, in a thread of its own.

    A socket belongs permanently to the namespace that it was made in: make it inside, use it
    anywhere.
    """

    def enter_and_work() -> T:
        _enter(network, CLONE_NEWNET)
        return work()

    return in_thread(enter_and_work)


def _enter(path: str, kind: int) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        setns(descriptor, kind)
    finally:
        os.close(descriptor)


def start_inside(start: Callable[[], T], *, network: str | None, processes: str) -> T:
    """
    Call ``start`` in a way that its child processes begin inside both namespaces.

    ``processes`` is a PID namespace: everything in it ends when its first process ends. Without
    ``network`` they stay in the network namespace of this process.
    """

    def work() -> T:
        _enter(processes, CLONE_NEWPID)
        if network is not None:
            _enter(network, CLONE_NEWNET)
        return start()

    return in_thread(work)


def feed(network: str, argv: Sequence[str], lines: Sequence[str]) -> None:
    """
    Run a configuration tool inside a namespace with these lines on its standard input.

    Raises:
        BuildError: the tool failed; the message holds its answer and its input.
    """
    if not lines:
        return
    text = "\n".join(lines) + "\n"
    done = inside(
        network,
        lambda: subprocess.run(argv, input=text, text=True, capture_output=True, check=False),
    )
    if done.returncode:
        raise BuildError(f"{' '.join(argv)}: {done.stderr.strip()}\ninput was:\n{text}")


def set_sysctls(network: str, values: dict[str, str]) -> None:
    """
    Write settings of ``/proc/sys/net`` inside a namespace; keys are dotted.

    Raises:
        BuildError: the kernel does not know a setting, or refuses its value.
    """

    def write() -> None:
        for key, value in values.items():
            try:
                Path("/proc/sys", *key.split(".")).write_text(value)
            except OSError as error:
                raise BuildError(f"sysctl {key}={value}: {error}") from error

    inside(network, write)


CLONE_NEWPID: Final = 0x2000_0000
CLONE_NEWNET: Final = 0x4000_0000

_libc = ctypes.CDLL(None, use_errno=True)


def setns(descriptor: int, kind: int) -> None:
    """
    Move the calling thread into the namespace behind an open descriptor (setns(2)).

    With ``CLONE_NEWPID`` only children that this thread starts from now on are moved.

    Raises:
        OSError: the kernel refused.
    """
    if _libc.setns(descriptor, kind) != 0:
        _raise("setns")


def unshare(kind: int) -> None:
    """
    Give the calling thread a new namespace of this kind (unshare(2)).

    Raises:
        OSError: the kernel refused.
    """
    if _libc.unshare(kind) != 0:
        _raise("unshare")


def _raise(call: str) -> None:
    error = ctypes.get_errno()
    raise OSError(error, f"{call}: {os.strerror(error)}")
