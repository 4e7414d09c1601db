"""The story of a recorded cut, as it is told."""

from tests.agent.judge.simulated_site import InjectedFault, SimulatedSite
from thongsuot_agent.judge import recording
from thongsuot_agent.judge.replay import replay
from thongsuot_schema.result import Result
from thongsuot_schema.segment import Segment


def recorded(world: SimulatedSite) -> list[bytes]:
    lines = [recording.header_line(world.site_probes, world.settings)]
    for event in world.events:
        assert not isinstance(event, Result)
        lines.append(recording.event_line(event))
    return lines


def test_the_story_shows_failures_requests_and_verdicts_with_their_evidence() -> None:
    cut = InjectedFault(start_s=60.0, end_s=100.0, at=Segment.ACCESS, loss=1.0)
    world = SimulatedSite(injected=(cut,), record=True)
    world.run(130.0)
    story = list(replay(recorded(world)))
    assert story == list(replay(recorded(world))), "the same recording, the same story"
    text = "\n".join(story)
    assert "fixed: interface complete" in text
    assert "fixed: icmp resolver ip4 timed_out, begun +60.725 s" in text
    assert "asks for 4 dns over fixed, 1 host over fixed, 16 icmp over fixed" in text
    assert "fixed: up -> down, access (carrier), access_silent, since +60.100 s" in text
    assert "lan: icmp gateway ip4: 1 ok, 0 failed" in text
    assert "access: icmp access-fixed ip4: 0 ok, 1 failed, timed_out" in text
    assert "carrier: icmp resolver ip4 over mobile:" in text
    assert story[-1].endswith(f"{len(world.changes)} changes")
