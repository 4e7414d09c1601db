"""
Running as root, or as root in a user namespace of its own.

A lab needs root's rights over its own namespaces only. Where the kernel allows ordinary users to
create user namespaces, a program restarts itself inside one and has these rights; the only other
difference is that no other user id exists there to run programs as.
"""

import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from thongsuot_lab.errors import CapabilityError

TOOLS = {"ip": "iproute2", "tc": "iproute2", "nft": "nftables", "unshare": "util-linux"}
INSIDE = "THONGSUOT_LAB_USER_NAMESPACE"


def is_mapped(user: int) -> bool:
    """Return whether a user id exists in the user namespace of this process."""
    return outer_user(user) is not None


def outer_user(user: int) -> int | None:
    """Return the outside id of a user id of this user namespace; None if it does not exist."""
    for line in Path("/proc/self/uid_map").read_text().splitlines():
        inside, outside, count = (int(word) for word in line.split())
        if inside <= user < inside + count:
            return outside + user - inside
    return None


def may_set_groups() -> bool:
    """Return whether the kernel lets this user namespace change supplementary groups."""
    return Path("/proc/self/setgroups").read_text().strip() == "allow"


def require() -> None:
    """
    Check that this process can hold a lab.

    Raises:
        CapabilityError: not root (not even in a user namespace), or a tool is missing.
    """
    if os.geteuid() != 0:
        raise CapabilityError("a lab needs root, or a user namespace: thongsuot-lab makes one")
    for tool, package in TOOLS.items():
        if shutil.which(tool) is None:
            raise CapabilityError(f"a lab needs the command {tool} (Debian: {package})")


def become_root(module: str, argv: Sequence[str], keeper_pid: int | None = None) -> NoReturn:
    """
    Restart a module as root of a user namespace: a new one, or that of a running lab.

    Raises:
        CapabilityError: the kernel does not let this user create one.
    """
    if INSIDE in os.environ:
        raise CapabilityError("this kernel gives ordinary users no user namespaces: run as root")
    if keeper_pid is None:
        enter = ["unshare", "--user", "--map-root-user"]
    else:
        enter = ["nsenter", "--user", "--preserve-credentials", f"--target={keeper_pid}"]
    os.environ[INSIDE] = "1"
    command = [*enter, "--", sys.executable, "-m", module, *argv]
    os.execvp(command[0], command)
