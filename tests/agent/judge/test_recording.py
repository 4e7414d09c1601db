"""Recordings: written and read back, and mistakes in them named by line."""

import pytest

from tests.agent.judge import reference
from tests.agent.judge.inventories import one_link
from tests.agent.judge.simulated_site import NS
from thongsuot_agent.judge import recording
from thongsuot_agent.judge.events import LinkEvent, LinkFacts, Tick
from thongsuot_agent.judge.recording import RecordingError
from thongsuot_agent.judge.settings import Settings

HEADER = recording.header_line(one_link(), Settings(quorum=3))


def test_a_recording_holds_its_inventory_and_its_thresholds() -> None:
    tick = Tick(boottime_ns=NS, wall_s=1.5)
    site_probes, settings, events = recording.read([HEADER, b"\n", recording.event_line(tick)])
    assert site_probes.inventory == one_link().inventory
    assert settings.quorum == 3
    assert list(events) == [tick]


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        ([], "line 1: the recording is empty"),
        (['{"event": "tick", "boottime_ns": 1}'], "line 1: a recording begins with its header"),
        ([HEADER.replace(b'"version":1', b'"version":9')], "line 1: version 9"),
        ([HEADER, HEADER], "line 2: a second header"),
        ([HEADER, "nonsense"], "line 2: JSON is malformed"),
        ([HEADER, '{"event": "tick"}'], "line 2: Object missing required field"),
    ],
)
def test_a_mistake_is_named_with_its_line(lines: list[bytes | str], sentence: str) -> None:
    def read_all() -> None:
        list(recording.read(lines)[2])

    with pytest.raises(RecordingError) as caught:
        read_all()
    assert str(caught.value).startswith(sentence)


def test_seconds_without_a_tick_get_one() -> None:
    events: list[recording.Recorded] = [
        Tick(boottime_ns=NS),
        LinkEvent(boottime_ns=5 * NS, link="fixed", facts=LinkFacts(present=True, carrier=True)),
    ]
    times = [event.boottime_ns // NS for event in recording.with_ticks(events)]
    assert times == [1, 2, 3, 5]


def test_the_recording_on_the_reference_page_can_be_judged() -> None:
    page = reference.PAGE.read_text(encoding="utf-8")
    lines = page.partition("```json\n")[2].partition("```")[0].splitlines()
    events = list(recording.read(lines)[2])
    assert [type(event).__name__ for event in events] == ["LinkEvent", "ResultArrival", "Tick"]
