"""A node of a running lab, in which sockets can be made and programs run."""

import os
import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from signal import SIGKILL
from typing import IO, TypeVar

from thongsuot_lab.errors import LabError
from thongsuot_lab.spaces.enter import feed, inside, start_inside
from thongsuot_lab.spaces.privilege import is_mapped, may_set_groups

T = TypeVar("T")
Stdio = int | IO[bytes] | IO[str] | None

KILL_WITHIN_S = 120.0
"""How long the kernel may take to remove killed processes, on a busy machine."""

_POLL_EVERY_S = 0.001

# Makes the mounts that a machine of its own would have, then becomes the program. A new /sys shows
# the interfaces of the node instead of the host's.
_MOUNT_SCRIPT = """
mount -t sysfs none /sys
for name in resolv.conf hosts; do
    if [ -e "$1/$name" ]; then mount --bind "$1/$name" "/etc/$name"; fi
done
shift
exec "$@"
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningNode:
    """
    One node.

    ``network`` and ``processes`` are paths of its namespaces, usable with ``nsenter``; ``etc``
    holds its own ``resolv.conf`` and ``hosts``; ``started`` collects the processes that the lab
    must wait for at its end.
    """

    name: str
    network: str
    processes: str
    etc: Path
    started: "list[subprocess.Popen[bytes]]"

    def call(self, work: Callable[[], T]) -> T:
        """Run a function inside the node, in a thread of its own, and return its result."""
        return inside(self.network, work)

    def socket(
        self, family: socket.AddressFamily, kind: socket.SocketKind, protocol: int = 0
    ) -> socket.socket:
        """Return a socket that belongs to the node."""
        return inside(self.network, lambda: socket.socket(family, kind, protocol))

    def popen(
        self,
        argv: Sequence[str],
        *,
        user: int | None = None,
        capabilities: Sequence[str] = (),
        env: dict[str, str] | None = None,
        cwd: Path | None = None,
        stdin: Stdio = subprocess.DEVNULL,
        stdout: Stdio = None,
        stderr: Stdio = None,
    ) -> "subprocess.Popen[bytes]":
        """
        Start a program inside the node, with the node's own ``resolv.conf``, ``hosts`` and
        ``/sys``.

        Args:
            argv: program and arguments.
            user: run as this user id (and group id of the same number), with only ``capabilities``,
                as ``setpriv`` names them: ``net_raw``. None: the current user.
            capabilities: kept as ambient capabilities.
            env: the whole environment; None for that of this process.
            cwd: working directory.
            stdin: as for ``subprocess.Popen``.
            stdout: as for ``subprocess.Popen``.
            stderr: as for ``subprocess.Popen``.

        The process ends with the lab, whatever happens.
        """
        furnish = ["unshare", "--mount", "--", "sh", "-ec", _MOUNT_SCRIPT, "sh", str(self.etc)]
        command = [*furnish, *as_user(user, capabilities), *argv]
        process = start_inside(
            lambda: subprocess.Popen(
                command, env=env, cwd=cwd, stdin=stdin, stdout=stdout, stderr=stderr
            ),
            network=self.network,
            processes=self.processes,
        )
        self.started[:] = [other for other in self.started if other.poll() is None]
        self.started.append(process)
        return process

    def run(
        self,
        argv: Sequence[str],
        *,
        user: int | None = None,
        capabilities: Sequence[str] = (),
        check: bool = True,
    ) -> "subprocess.CompletedProcess[str]":
        """
        Run a program inside the node to its end; return its exit code and both outputs.

        Raises:
            subprocess.CalledProcessError: it failed, and ``check`` is set; the exception holds both
                outputs.
        """
        process = self.popen(
            argv,
            user=user,
            capabilities=capabilities,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        with process:
            out, err = process.communicate()
        done = subprocess.CompletedProcess(argv, process.returncode, out.decode(), err.decode())
        if check:
            done.check_returncode()
        return done

    def ip(self, *lines: str) -> None:
        """
        Run these `ip` commands inside the node.

        Raises:
            BuildError: `ip` refused a command.
        """
        feed(self.network, ["ip", "-batch", "-"], lines)

    def nft(self, *lines: str) -> None:
        """
        Load these `nft` commands inside the node.

        Raises:
            BuildError: `nft` refused a command.
        """
        feed(self.network, ["nft", "-f", "-"], lines)

    def pids(self) -> list[int]:
        """Return the process ids, as seen from here, of all processes inside except this one."""
        own = Path(self.network).stat().st_ino
        pids = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    inside = (entry / "ns" / "net").stat().st_ino == own
                except OSError:
                    # It ended during the scan.
                    continue
                if inside and int(entry.name) != os.getpid():
                    pids.append(int(entry.name))
        return pids

    def kill_all(self) -> int:
        """
        End every process inside at once, as a power cut does; return how many there were.

        All of them are gone when it returns: none holds a socket of the node any more.

        Raises:
            LabError: the kernel did not remove one of them in time.
        """
        killed: set[int] = set()
        deadline_s = time.monotonic() + KILL_WITHIN_S
        # Repeat until none is left: a process may have been started while the others were being
        # killed, and one that nobody waits for (a mount of our own shell) takes a moment to
        # disappear.
        while alive := self.pids():
            for pid in alive:
                if _is_dying(pid):
                    continue
                try:
                    os.kill(pid, SIGKILL)
                except ProcessLookupError:
                    continue
                killed.add(pid)
            if time.monotonic() > deadline_s:
                raise LabError(
                    f"cannot end processes {alive} in {self.name}: killed and still there"
                )
            time.sleep(_POLL_EVERY_S)
        return len(killed)


def _is_dying(pid: int) -> bool:
    """Return whether a process has ended or was killed and is about to end."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        pending = Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return True
    shared = next(line for line in pending.splitlines() if line.startswith("ShdPnd:"))
    return state in "ZX" or bool(int(shared.split()[1], 16) & (1 << (SIGKILL - 1)))


def as_user(user: int | None, capabilities: Sequence[str]) -> list[str]:
    """Return the prefix of a command that runs it as a user with only these capabilities."""
    if user is None:
        return []
    # Root of a user namespace is the only user there: it can only drop its capabilities.
    identity = (
        [f"--reuid={user}", f"--regid={user}", "--clear-groups"]
        if is_mapped(user) and may_set_groups()
        else []
    )
    kept = ",".join(f"+{name}" for name in capabilities)
    held = [f"--inh-caps=-all,{kept}", f"--ambient-caps=-all,{kept}"] if kept else []
    bounding = f"--bounding-set=-all,{kept}" if kept else "--bounding-set=-all"
    return [
        "setpriv",
        *identity,
        *(held or ["--inh-caps=-all"]),
        bounding,
        "--no-new-privs",
        "--",
    ]
