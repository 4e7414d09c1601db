"""The whole agent traces paths, learns the carrier's first hop, and traces again after a fault."""

import signal
from pathlib import Path

import pytest

from tests.agent.app.lab_agent import RunningAgent, anchor, collecting, probe, results, until
from tests.agent.app.test_agent import device, lab
from thongsuot_lab.lab import Lab
from thongsuot_lab.testing import needs_lab
from thongsuot_schema.batch.model import NoticeCode
from thongsuot_schema.outcome import Outcome
from thongsuot_schema.path import parse_path
from thongsuot_schema.result import Result
from thongsuot_schema.state import State

__all__ = ["device", "lab"]

pytestmark = [pytest.mark.lab, needs_lab]

MORE = anchor("learned", "access", "first-hop") + probe("path", 86400)


async def test_a_changed_verdict_is_followed_by_traced_paths(
    lab: Lab,
    device: RunningAgent,
    folder: Path,
) -> None:
    config = folder / "agent.toml"
    config.write_text(config.read_text("utf-8") + MORE, encoding="utf-8")
    async with collecting(lab) as receiver:

        def found(kind: str, target: str, outcome: Outcome) -> list[Result]:
            return [
                result
                for result in results(receiver, kind)
                if (result.series.link, result.series.target) == ("fixed", target)
                and result.finding.outcome is outcome
            ]

        device.start()
        # Nothing but the first verdict asks for a way here: the schedule does so once a day.
        await until(lambda: bool(found("path", "second", Outcome.OK)), device)
        await until(lambda: bool(found("icmp", "learned", Outcome.OK)), device)
        lab.cut("ont--internet")
        await until(lambda: bool(found("path", "second", Outcome.FAILED)), device)
        changes = [
            (change.decided_boottime_ns, change.verdict.state)
            for batch in receiver.batches
            for change in batch.changes
            if change.verdict.link == "fixed"
        ]
        down_ns = next(at_ns for at_ns, state in changes if state is State.DOWN)
        (cut, *_) = found("path", "second", Outcome.FAILED)
        assert 0 <= cut.boottime_ns - down_ns < 60e9, "evidence of the minute of the fault"
        way = parse_path(cut.finding.evidence, is_reached=False)
        # The box may say by its other address, too, that it cannot reach what is beyond the cut.
        boxes = {"192.168.1.1", "100.65.0.2", "2001:db8:a1::1", "2001:db8:a0::2"}
        assert {hop.address for hop in way.hops} <= boxes
        page = device.get("/?lang=en").decode()
        assert "The way through the network: before and now" in page, device.log()
        assert "100.65.0.1" in page
        assert await device.end(signal.SIGTERM) == 0
        notices = [notice for batch in receiver.batches for notice in batch.notices]
    texts = [notice.text for notice in notices if notice.code is NoticeCode.ROUTE_CHANGED]
    assert any(text.startswith("fixed to ") and "ends at hop" in text for text in texts)
    assert "Traceback" not in device.log()
