"""Namespaces of the kernel: entered, made, and refused with the kernel's own reason."""

import errno
import os
from pathlib import Path

import pytest

from thongsuot_lab.spaces.enter import CLONE_NEWNET, in_thread, setns, unshare
from thongsuot_lab.testing import needs_lab

OWN = Path("/proc/thread-self/ns/net")


@pytest.mark.lab
@needs_lab
def test_a_thread_can_enter_a_new_network_namespace_and_return() -> None:
    def go() -> tuple[Path, Path, Path]:
        home = os.open(OWN, os.O_RDONLY)
        before = OWN.readlink()
        unshare(CLONE_NEWNET)
        away = OWN.readlink()
        setns(home, CLONE_NEWNET)
        os.close(home)
        return before, away, OWN.readlink()

    before, away, after = in_thread(go)
    assert before == after == OWN.readlink()
    assert away != before


def test_a_refusal_of_the_kernel_is_an_error_that_says_which_call() -> None:
    with pytest.raises(OSError, match="setns: ") as caught:
        setns(-1, CLONE_NEWNET)
    assert caught.value.errno == errno.EBADF
    with pytest.raises(OSError, match="unshare: ") as caught:
        unshare(1)
    assert caught.value.errno == errno.EINVAL
