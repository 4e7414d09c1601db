"""
The whole agent on a device with two uplinks: real packets, a real process, killed for real.

It runs as an ordinary user with CAP_NET_RAW alone, as its service does.
"""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest

from tests.agent.uplink.receiver import TOKEN, PushReceiver
from tests.servers import linted
from tests.timing import MS
from thongsuot_agent.judge.replay import replay
from thongsuot_agent.status import AgentStatus
from thongsuot_lab.lab import Lab
from thongsuot_lab.testing import needs_lab, two_uplinks
from thongsuot_lab.topology.small import INTERNET_V4, INTERNET_V6
from thongsuot_schema.batch.model import Batch, NoticeCode
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import VerdictChange

pytestmark = [pytest.mark.lab, needs_lab]

ORDINARY_USER = 65534
PAGE_PORT = 8080
COLLECTOR_PORT = 8480
OF_MOBILE = "100.66."

CONFIG = """
[site]
name = "ba-dinh"
title = "Điểm phục vụ"
[collector]
url = "http://{collector}:{port}"
token_file = "{folder}/token"
push_every_s = 2.0
timeout_s = 5.0
[page]
listen = "0.0.0.0:{page_port}"
[spool]
state_dir = "{folder}/state"
runtime_dir = "{folder}/run"
[[links]]
name = "fixed"
interface = "fix0"
medium = "fiber"
[[links]]
name = "mobile"
interface = "wwan0"
medium = "5g"
allowance_bytes = 2_000_000_000
[[targets]]
name = "gateway"
role = "anchor"
segment = "lan"
addresses = ["gateway"]
[[targets]]
name = "hop-fixed"
role = "anchor"
segment = "access"
addresses = ["100.65.0.1", "2001:db8:a0::1"]
links = ["fixed"]
[[targets]]
name = "hop-mobile"
role = "anchor"
segment = "access"
addresses = ["100.66.0.1", "2001:db8:b0::1"]
links = ["mobile"]
[[targets]]
name = "first"
role = "anchor"
segment = "carrier"
addresses = ["{v4[0]}", "{v6[0]}"]
[[targets]]
name = "second"
role = "anchor"
segment = "transit"
addresses = ["{v4[1]}", "{v6[1]}"]
[[probes]]
kind = "icmp"
every_s = 2
[[probes]]
kind = "host"
every_s = 2
metered_every_s = 600
"""


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
    """The agent's device, and the agent on it."""

    def __init__(self, lab: Lab, folder: Path, text: str = CONFIG) -> None:
        self._node = lab.node("device")
        self._folder = folder
        self._log = folder / "log"
        self._user = user()
        self.recording = folder / "run" / "recording.jsonl"
        config = text.format(
            collector=INTERNET_V4[0],
            port=COLLECTOR_PORT,
            folder=folder,
            page_port=PAGE_PORT,
            v4=INTERNET_V4,
            v6=INTERNET_V6,
        )
        (folder / "agent.toml").write_text(config, encoding="utf-8")
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

    def log(self) -> str:
        """Return what the agent has logged."""
        return self._log.read_text(encoding="utf-8")

    def get(self, path: str) -> bytes:
        """Return the body of a page; empty while nothing answers."""
        connection = self._node.socket(socket.AF_INET, socket.SOCK_STREAM)
        with connection:
            connection.settimeout(30)
            try:
                connection.connect(("127.0.0.1", PAGE_PORT))
                connection.sendall(f"GET {path} HTTP/1.1\r\nHost: device\r\n\r\n".encode())
                answer = b""
                while piece := connection.recv(65536):
                    answer += piece
            except ConnectionError:
                return b""
        return answer.partition(b"\r\n\r\n")[2]

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


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    """A device with two uplinks."""
    with two_uplinks() as running:
        yield running


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder for the agent; pytest's own are closed to ordinary users."""
    with tempfile.TemporaryDirectory(prefix="thongsuot-agent-") as name:
        path = Path(name)
        path.chmod(0o755)
        yield path


@pytest.fixture
async def device(lab: Lab, folder: Path) -> AsyncIterator[RunningAgent]:
    """A device whose links are whole; its agent is ended at the end."""
    agent = RunningAgent(lab, folder)
    yield agent
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
    """Wait until something is so; what the agent logged is shown when it does not come."""
    try:
        async with asyncio.timeout(90_000 * MS):
            while not done():  # noqa: ASYNC110 - it happens in another process
                await asyncio.sleep(20 * MS)
    except TimeoutError:
        pytest.fail(device.log())


def changes(receiver: PushReceiver, link: str) -> list[VerdictChange]:
    """Return the verdict changes of a link that the collector has, in the order of their making."""
    return [
        change
        for batch in receiver.batches
        for change in batch.changes
        if change.verdict.link == link
    ]


def host_runs(receiver: PushReceiver, link: str) -> int:
    """Return how often the collector has heard of the device over a link."""
    series = [result.series for batch in receiver.batches for result in batch.results]
    return sum(sampled.kind == "host" and sampled.link == link for sampled in series)


def check_record(batches: list[Batch]) -> None:
    """Nothing doubled, no number missing, every result within its layout."""
    series = Counter(
        (result.series, result.boottime_ns) for batch in batches for result in batch.results
    )
    assert max(series.values()) == 1
    numbers: dict[str, list[int]] = {}
    for batch in batches:
        numbers.setdefault(batch.stream, []).append(batch.number)
    for of_stream in numbers.values():
        assert sorted(of_stream) == list(range(1, len(of_stream) + 1))


async def test_news_of_a_cut_line_travels_over_the_other_and_a_kill_loses_nothing(
    lab: Lab, device: RunningAgent
) -> None:
    both_up = {"fixed": (State.UP, None), "mobile": (State.UP, None)}
    async with collecting(lab) as receiver:
        device.start()
        await until(lambda: device.states() == both_up, device)
        await until(lambda: len(receiver.batches) >= 2, device)
        assert linted(device.get("/metrics").decode()) == ""
        assert not any(peer.startswith(OF_MOBILE) for peer in receiver.peers), (
            "the metered link is spared while the other works"
        )
        lab.cut("ont--internet")
        await until(
            lambda: any(c.verdict.state is State.DOWN for c in changes(receiver, "fixed")), device
        )
        (down,) = [c for c in changes(receiver, "fixed") if c.verdict.state is State.DOWN]
        assert down.verdict.segment is Segment.ACCESS
        assert receiver.peers[-1].startswith(OF_MOBILE)
        # The line that the site works by now is looked at more closely than once in ten minutes.
        await until(lambda: host_runs(receiver, "mobile") >= 2, device)
        assert await device.end(signal.SIGKILL) == -signal.SIGKILL
        device.start()
        await until(
            lambda: (
                device.states()
                == {"fixed": (State.DOWN, Segment.ACCESS), "mobile": (State.UP, None)}
            ),
            device,
        )
        await until(lambda: device.status().record.waiting_batches == 0, device)
        assert "thongsuot_agent_waiting_batches{" in device.get("/metrics").decode()
        began_s = time.monotonic()
        assert await device.end(signal.SIGTERM) == 0
        assert time.monotonic() - began_s < 5, "systemd would wait 10 s"
    streams = {batch.stream for batch in receiver.batches}
    assert len(streams) == 1, "a killed process goes on with its record"
    check_record(receiver.batches)
    notices = [notice.code for batch in receiver.batches for notice in batch.notices]
    assert notices.count(NoticeCode.STARTED) == 2
    assert NoticeCode.GAP not in notices
    cut, again = [c for c in changes(receiver, "fixed") if c.verdict.state is State.DOWN]
    assert cut.before is State.UP
    assert again.before is State.DOWN, "the verdict was known again after the kill, and said again"
    assert again.onset_boottime_ns == cut.onset_boottime_ns
    assert "Traceback" not in device.log()
    with device.recording.open("rb") as recording:
        story = list(replay(recording))
    assert any("up -> down, access" in line for line in story), "the recording tells the same"


async def test_with_every_uplink_dead_the_page_answers_and_the_record_waits(
    lab: Lab, device: RunningAgent
) -> None:
    async with collecting(lab) as receiver:
        device.start()
        await until(lambda: len(receiver.batches) >= 1, device)
        for wire in ("ont--internet", "cpe--internet"):
            lab.cut(wire)
        await until(
            lambda: {state for state, _ in device.states().values()} == {State.DOWN}, device
        )
        page = device.get("/").decode()
        assert "<html" in page
        assert len(page.encode()) <= 60_000
        assert "Điểm phục vụ" in page
        assert 'lang="en"' in device.get("/?lang=en").decode()
        before = len(receiver.batches)
        await until(lambda: device.status().record.waiting_batches >= 3, device)
        assert len(receiver.batches) == before
        lab.clear()
        await until(lambda: device.status().record.waiting_batches == 0, device)
        assert await device.end(signal.SIGTERM) == 0
    check_record(receiver.batches)
