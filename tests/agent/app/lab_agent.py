"""
An agent on the device of a lab: its configuration, its process, and what a collector got of it.

It runs as an ordinary user with CAP_NET_RAW alone, as its service does. Its configuration is made
of tables: ``link``, ``carrier``, ``anchor``, ``service`` and ``probe`` write one each.
"""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest

from tests.agent.links.device import HANGS_S
from tests.agent.uplink.receiver import TOKEN, PushReceiver
from tests.patience import NS_PER_S, Patience, starved_ns
from tests.timing import MS
from thongsuot_agent.status import AgentStatus, VerdictStatus
from thongsuot_lab.lab import Lab
from thongsuot_lab.topology.small import INTERNET_V4, INTERNET_V6
from thongsuot_schema.result import Result
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import VerdictChange

ORDINARY_USER = 65534
PAGE_PORT = 8080
COLLECTOR_PORT = 8480
PUSH_TIMEOUT_S = 5.0
_TICK_S = 0.02

TomlValue = str | float | Sequence[str]


def _table(header: str, fields: Mapping[str, TomlValue]) -> str:
    """Return a table of TOML; strings, numbers and lists of strings are written as in JSON."""
    lines = (f"{key} = {json.dumps(value, ensure_ascii=False)}\n" for key, value in fields.items())
    return "".join((f"{header}\n", *lines))


def link(name: str, interface: str, medium: str, **more: TomlValue) -> str:
    """Return the table of a link."""
    return _table("[[links]]", {"name": name, "interface": interface, "medium": medium, **more})


def carrier(name: str, *networks: str) -> str:
    """Return the table of a carrier."""
    return _table("[[carriers]]", {"name": name, "networks": networks})


def anchor(name: str, segment: str, *addresses: str, **more: TomlValue) -> str:
    """Return the table of an anchor that stands for a segment."""
    fields = {"role": "anchor", "segment": segment, "addresses": addresses}
    return _table("[[targets]]", {"name": name, **fields, **more})


def service(name: str, url: str, title: str) -> str:
    """Return the table of a portal."""
    fields = {"role": "service", "segment": "service", "url": url, "title_vi": title}
    return _table("[[targets]]", {"name": name, **fields})


def probe(
    kind: str, every_s: float, settings: Mapping[str, TomlValue] | None = None, **more: TomlValue
) -> str:
    """Return the table of a probe, with that of its settings."""
    table = _table("[[probes]]", {"kind": kind, "every_s": every_s, **more})
    return table + (_table("[probes.settings]", settings) if settings else "")


FIXED = link("fixed", "fix0", "fiber")
MOBILE = link("mobile", "wwan0", "5g", allowance_bytes=2_000_000_000)
GATEWAY = anchor("gateway", "lan", "gateway")
FIRST = anchor("first", "carrier", INTERNET_V4[0], INTERNET_V6[0])
SECOND = anchor("second", "transit", INTERNET_V4[1], INTERNET_V6[1])
FIRST_V4 = anchor("first", "carrier", INTERNET_V4[0])
SECOND_V4 = anchor("second", "transit", INTERNET_V4[1])
ECHOES = probe("icmp", 2)
EACH_WAY = probe("path", 10, {"max_hops": 6, "retries": 0, "timeout_s": 0.3, "packet_size": False})
HOST = probe("host", 2, metered_every_s=600)


def _head(folder: Path, instructions: str) -> str:
    """Return what every configuration begins with: the site, its collector, page and record."""
    return "".join(
        (
            _table(
                "[site]",
                {
                    "name": "ba-dinh",
                    "title": "Điểm phục vụ",
                    **({"backup_instructions": instructions} if instructions else {}),
                },
            ),
            _table(
                "[collector]",
                {
                    "url": f"http://{INTERNET_V4[0]}:{COLLECTOR_PORT}",
                    "token_file": f"{folder}/token",
                    "push_every_s": 2.0,
                    "timeout_s": PUSH_TIMEOUT_S,
                },
            ),
            _table("[page]", {"listen": f"0.0.0.0:{PAGE_PORT}"}),
            _table("[spool]", {"state_dir": f"{folder}/state", "runtime_dir": f"{folder}/run"}),
        )
    )


def user() -> int:
    """
    Return an ordinary user, where that user can read our programs.

    In a checkout below root's home nobody else can; root then keeps CAP_NET_RAW alone.
    """
    user = str(ORDINARY_USER)
    given_up = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups", "--"]
    command = [*given_up, sys.executable, "-c", "import thongsuot_agent"]
    done = subprocess.run(command, cwd="/", capture_output=True, check=False)
    return ORDINARY_USER if done.returncode == 0 else 0


class RunningAgent:
    """The agent's device, and the agent on it; its configuration is the head and these tables."""

    def __init__(self, lab: Lab, folder: Path, *tables: str, instructions: str = "") -> None:
        self._node = lab.node("device")
        self._folder = folder
        self._log = folder / "log"
        self._user = user()
        self.recording = folder / "run" / "recording.jsonl"
        (folder / "agent.toml").write_text(
            "".join((_head(folder, instructions), *tables)), encoding="utf-8"
        )
        (folder / "token").touch(mode=0o600)
        (folder / "token").write_text(TOKEN, encoding="ascii")
        for name in ("token", "state", "run"):
            path = folder / name
            if name != "token":
                path.mkdir()
            os.chown(path, self._user, self._user)
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the agent."""
        command = [sys.executable, "-m", "thongsuot_agent.cli.main", "run"]
        recording = ["--record", str(self.recording)]
        with self._log.open("ab") as log:
            self.process = self._node.popen(
                [*command, "--config", str(self._folder / "agent.toml"), *recording],
                user=self._user,
                capabilities=("net_raw",),
                stdout=log,
                stderr=log,
            )

    async def end(self, number: signal.Signals) -> int:
        """Send a signal and return the exit code once the process is gone."""
        assert self.process is not None
        self.process.send_signal(number)
        return await asyncio.to_thread(self.process.wait)

    async def end_by_request(self) -> tuple[int, float]:
        """
        Ask it to end; return the exit code, and for how long it then ran or waited by itself: time
        in which it had no processor or the whole machine stood still does not count.
        """
        assert self.process is not None
        pid = self.process.pid
        before_ns = without_ns = starved_ns(pid)
        took_s, seen_s = 0.0, time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        while self.process.poll() is None:
            without_ns = max(without_ns, starved_ns(pid))
            await asyncio.sleep(_TICK_S)
            now_s = time.monotonic()
            took_s += min(now_s - seen_s, 2 * _TICK_S)
            seen_s = now_s
        return self.process.returncode, took_s - (without_ns - before_ns) / NS_PER_S

    def log(self) -> str:
        """Return what the agent has logged."""
        return self._log.read_text(encoding="utf-8")

    def get(self, path: str) -> bytes:
        """Return the body of a page; empty while nothing answers."""
        answer = self.exchange(f"GET {path} HTTP/1.1\r\nHost: device\r\n\r\n".encode())
        return answer.partition(b"\r\n\r\n")[2]

    def exchange(self, request: bytes) -> bytes:
        """
        Return the answer to a request; empty while nothing answers. A page that had to wait for it
        too long, on a busy machine, has closed the connection and is asked again.
        """
        give_up_s = time.monotonic() + HANGS_S
        while time.monotonic() < give_up_s:
            with self._node.socket(socket.AF_INET, socket.SOCK_STREAM) as connection:
                connection.settimeout(HANGS_S)
                try:
                    connection.connect(("127.0.0.1", PAGE_PORT))
                    connection.sendall(request)
                    answer = b""
                    while piece := connection.recv(65536):
                        answer += piece
                except ConnectionError:
                    return b""
            if answer:
                return answer
        pytest.fail(f"the page answers nothing\n{self.log()}")

    def status(self) -> AgentStatus:
        """Return what the agent says of itself."""
        return msgspec.json.decode(self.get("/status.json"), type=AgentStatus)

    def states(self) -> dict[str, tuple[State, Segment | None]]:
        """Return the verdicts on the links; none while nothing answers."""
        if not self.get("/healthz"):
            return {}
        verdicts = self.status().verdicts
        return {
            verdict.link: (verdict.state, verdict.segment)
            for verdict in verdicts
            if not verdict.service
        }

    def link_verdict(self, link: str = "") -> VerdictStatus:
        """Return the verdict on a link; on the only one without a name."""
        (verdict,) = (
            verdict
            for verdict in self.status().verdicts
            if not verdict.service and link in {"", verdict.link}
        )
        return verdict


@asynccontextmanager
async def agent_on(
    lab: Lab, folder: Path, *tables: str, instructions: str = ""
) -> AsyncIterator[RunningAgent]:
    """Make an agent on the device; at the end it is killed and the links are whole again."""
    agent = RunningAgent(lab, folder, *tables, instructions=instructions)
    try:
        yield agent
    finally:
        lab.clear()
        if agent.process is not None and agent.process.poll() is None:
            await agent.end(signal.SIGKILL)


@asynccontextmanager
async def collecting(lab: Lab) -> AsyncIterator[PushReceiver]:
    """Receive at the far end of both uplinks."""
    listener = lab.node("anchor").socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((INTERNET_V4[0], COLLECTOR_PORT))
    receiver = PushReceiver(wall_ns=time.time_ns())
    async with receiver.listening(listener):
        yield receiver


async def until(done: Callable[[], bool], device: RunningAgent) -> None:
    """
    Wait until something is so, without the time in which the agent has no processor; what it logged
    is shown when it does not come.
    """
    pids = () if device.process is None else (device.process.pid,)
    patience = Patience(*pids, within_s=180_000 * MS)
    while not done():
        try:
            patience.check()
        except AssertionError:
            pytest.fail(device.log())
        await asyncio.sleep(20 * MS)


def changes(receiver: PushReceiver, link: str) -> list[VerdictChange]:
    """Return the verdict changes of a link that the collector has, in the order of their making."""
    return [
        change
        for batch in receiver.batches
        for change in batch.changes
        if change.verdict.link == link
    ]


def results(receiver: PushReceiver, kind: str) -> list[Result]:
    """Return what a probe has found until now, in order."""
    of_kind = (
        result
        for batch in receiver.batches
        for result in batch.results
        if result.series.kind == kind
    )
    return sorted(of_kind, key=lambda result: result.boottime_ns)
