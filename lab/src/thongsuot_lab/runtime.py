"""
The namespaces and processes of a lab: where they are, how they start and end.

A runtime that was started by this process ends with it; one that another process started can be
used, and also ended.
"""

import json
import os
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from signal import SIGTERM
from typing import Final

from thongsuot_lab import rundir
from thongsuot_lab.errors import BuildError, LabError
from thongsuot_lab.spaces.enter import CLONE_NEWPID, in_thread, start_inside, unshare

# Only for a process that hangs: a machine that pauses keeps each of them for seconds.
END_S: Final = 120.0


@dataclass(slots=True)
class LabRuntime:
    """
    A keeper, its namespaces, and the processes on top.

    ``started`` are the processes inside for which this process has to wait at the end, including
    the lab's own ``parts``; ``keeper`` is None if another process started it.
    """

    run_dir: Path
    keeper_pid: int
    descriptors: dict[str, int]
    keeper: "subprocess.Popen[bytes] | None" = None
    started: "list[subprocess.Popen[bytes]]" = field(default_factory=list)
    parts: "list[subprocess.Popen[bytes]]" = field(default_factory=list)

    @classmethod
    def start(cls, run_dir: Path, nodes: list[str]) -> "LabRuntime":
        """
        Start a keeper with one network namespace for each node.

        Raises:
            BuildError: it did not start.
        """
        log_path = run_dir / "keeper.log"
        owner = os.pidfd_open(os.getpid())

        def start() -> "subprocess.Popen[bytes]":
            unshare(CLONE_NEWPID)
            # It keeps no descriptor of a terminal or a pipe: otherwise a caller that waits for
            # their end would also wait for the end of a detached lab.
            with log_path.open("wb") as log:
                return subprocess.Popen(
                    [sys.executable, "-m", "thongsuot_lab.spaces.keeper", str(owner)],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=log,
                    pass_fds=(owner,),
                    start_new_session=True,
                )

        try:
            keeper = in_thread(start)
        finally:
            os.close(owner)
        assert keeper.stdin is not None
        assert keeper.stdout is not None
        order = {"run_dir": str(run_dir), "nodes": nodes}
        with suppress(BrokenPipeError):
            keeper.stdin.write(json.dumps(order).encode() + b"\n")
            keeper.stdin.flush()
        with keeper.stdout:
            answer = keeper.stdout.readline()
        if not answer:
            with suppress(BrokenPipeError):
                keeper.stdin.close()
            keeper.wait()
            raise BuildError(f"the lab's keeper did not start:\n{log_path.read_text()}")
        return cls(run_dir, keeper.pid, json.loads(answer)["namespaces"], keeper)

    def network(self, node: str) -> str:
        """Return the path of the network namespace of a node."""
        return f"/proc/{self.keeper_pid}/fd/{self.descriptors[node]}"

    @property
    def processes(self) -> str:
        """Return the path of the PID namespace in which everything runs."""
        return f"/proc/{self.keeper_pid}/ns/pid"

    def start_part(
        self, name: str, module: str, *arguments: str, network: str | None = None
    ) -> "subprocess.Popen[bytes]":
        """Start one of the lab's own processes; ``await_part`` waits until it is ready."""
        command = [sys.executable, "-m", module, str(self.run_dir / f"{name}.sock"), *arguments]
        with (self.run_dir / f"{name}.log").open("wb") as log:
            process = start_inside(
                lambda: subprocess.Popen(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=log,
                    start_new_session=True,
                ),
                network=network,
                processes=self.processes,
            )
        self.started.append(process)
        self.parts.append(process)
        return process

    def await_part(self, name: str, process: "subprocess.Popen[bytes]") -> None:
        """
        Wait until one of the lab's own processes reports that it is ready.

        Raises:
            BuildError: it ended instead; the message holds its log.
        """
        assert process.stdout is not None
        with process.stdout:
            is_ready = process.stdout.readline() == b"ready\n"
        if not is_ready:
            process.wait()
            log = (self.run_dir / f"{name}.log").read_text()
            raise BuildError(f"the lab's {name} process did not start:\n{log}")

    def detach(self) -> None:
        """
        Let the lab continue when this process ends.

        Raises:
            LabError: this process did not start it.
        """
        if self.keeper is None or self.keeper.stdin is None:
            raise LabError(f"lab {self.run_dir.name} was not started by this process")
        self.keeper.stdin.write(b"detach\n")
        self.keeper.stdin.flush()

    def end(self) -> None:
        """End everything, and wait until it has ended."""
        # The lab's own processes are terminated first, so that tools that measure them (coverage)
        # can write their data; the keeper kills the rest.
        for part in self.parts:
            part.terminate()
        for part in self.parts:
            part.wait(END_S)
        with suppress(ProcessLookupError):
            os.kill(self.keeper_pid, SIGTERM)
        # The first process of a PID namespace only ends after every other process in it was waited
        # for, and only this process can wait for those that it started: so the keeper comes last.
        for process in (*self.started, *([self.keeper] if self.keeper else [])):
            process.wait(END_S)
        for part in self.parts:
            if part.stdout is not None:
                part.stdout.close()
        if self.keeper is not None and self.keeper.stdin is not None:
            with suppress(BrokenPipeError):
                self.keeper.stdin.close()
        self.started.clear()
        _wait_for_release(self.run_dir)


def _wait_for_release(run_dir: Path) -> None:
    """Wait until the keeper has removed its directory, or was killed before it could."""
    deadline_s = time.monotonic() + END_S
    while run_dir.exists() and not rundir.is_dead(run_dir):
        if time.monotonic() > deadline_s:
            raise LabError(f"the lab of {run_dir} does not end")
        time.sleep(0.005)
