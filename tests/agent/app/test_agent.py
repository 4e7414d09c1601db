"""
The whole agent on a device with two uplinks: real packets, a real process, killed for real.
"""

import re
import signal
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.agent.app.lab_agent import (
    ECHOES,
    FIRST,
    FIXED,
    GATEWAY,
    HOST,
    MOBILE,
    PUSH_TIMEOUT_S,
    SECOND,
    RunningAgent,
    agent_on,
    anchor,
    changes,
    collecting,
    results,
    until,
)
from tests.agent.uplink.receiver import PushReceiver
from tests.servers import linted
from thongsuot_agent.judge.replay import replay
from thongsuot_lab.lab import Lab
from thongsuot_lab.testing import needs_lab, two_uplinks
from thongsuot_schema.batch.model import Batch, NoticeCode
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State

pytestmark = [pytest.mark.lab, needs_lab]

OF_MOBILE = "100.66."


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    """A device with two uplinks."""
    with two_uplinks() as running:
        yield running


@pytest.fixture
async def device(lab: Lab, folder: Path) -> AsyncIterator[RunningAgent]:
    async with agent_on(
        lab,
        folder,
        *(FIXED, MOBILE, GATEWAY),
        anchor("hop-fixed", "access", "100.65.0.1", "2001:db8:a0::1", links=["fixed"]),
        anchor("hop-mobile", "access", "100.66.0.1", "2001:db8:b0::1", links=["mobile"]),
        *(FIRST, SECOND, ECHOES, HOST),
    ) as agent:
        yield agent


def host_runs(receiver: PushReceiver, link: str) -> int:
    """Return how often the collector has heard of the device over a link."""
    return sum(result.series.link == link for result in results(receiver, "host"))


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


def does_collector_answer(device: RunningAgent) -> bool:
    """Return whether the device's metrics say that an address of the collector answers."""
    answers = r"^thongsuot_agent_collector_answers\{.*address=.*\} 1(\.0)?$"
    return re.search(answers, device.get("/metrics").decode(), re.MULTILINE) is not None


async def test_news_of_a_cut_line_travels_over_the_other_and_a_kill_loses_nothing(
    lab: Lab, device: RunningAgent
) -> None:
    both_up = {"fixed": (State.UP, None), "mobile": (State.UP, None)}
    async with collecting(lab) as receiver:
        device.start()
        await until(lambda: device.states() == both_up, device)
        await until(lambda: len(receiver.batches) >= 2, device)
        assert linted(device.get("/metrics").decode()) == ""
        assert (
            not any(peer.startswith(OF_MOBILE) for peer in receiver.peers)
            or receiver.longest_pause_s > PUSH_TIMEOUT_S / 2
        ), "the metered link is spared while the other works"
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
        # Nothing waits before the new process has sent anything, either.
        await until(lambda: does_collector_answer(device), device)
        code, took_s = await device.end_by_request()
        assert code == 0
        assert took_s < 5, "systemd would wait 10 s"
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
