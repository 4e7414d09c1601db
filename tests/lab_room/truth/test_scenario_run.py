"""The product against the oracle: hand-made cases, a judge that errs, and playing again."""

from functools import partial
from pathlib import Path

import msgspec
import pytest

from tests.lab_room.truth.making import CUT, fault, scenario
from thongsuot_agent.judge import recording
from thongsuot_agent.judge.engine import StepOutcome, step
from thongsuot_agent.judge.events import Event
from thongsuot_agent.judge.memory import Memory
from thongsuot_agent.judge.settings import Settings
from thongsuot_agent.judge.site_probes import SiteProbes
from thongsuot_lab.truth import grammar
from thongsuot_lab.truth.assessment import Worth
from thongsuot_lab.truth.centre import messages_of
from thongsuot_lab.truth.device import SimulatedDevice, boot_ns
from thongsuot_lab.truth.places import PlaceKind
from thongsuot_lab.truth.scenario_run import play, story, write_recordings
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family, Result, Series, failed_finding
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom, Verdict, VerdictChange


def test_a_cut_line_is_reported_to_its_carrier_within_seconds() -> None:
    assessment = play(scenario(CUT)).assessment
    assert [(judged.worth, judged.message.party) for judged in assessment.assessed] == [
        (Worth.RIGHT, "carrier:north")
    ]
    (harm,) = assessment.harm_records
    assert harm.seen_s is not None
    assert harm.told_s is not None
    assert harm.seen_s < 8.0
    assert harm.told_s < 15.0
    assert assessment.failures() == []


def test_nobody_is_notified_of_a_healthy_hour() -> None:
    assessment = play(scenario(until_s=3600.0)).assessment
    assert (assessment.assessed, assessment.unrest) == ((), ())


def test_a_dead_box_is_reported_to_the_commune() -> None:
    assessment = play(scenario(fault(PlaceKind.BOX, "s1.fixed"))).assessment
    assert {judged.message.party for judged in assessment.assessed} == {"commune:s1"}
    assert {judged.worth for judged in assessment.assessed} == {Worth.RIGHT}


def _blaming_the_line(
    memory: Memory, event: Event, site_probes: SiteProbes, settings: Settings
) -> StepOutcome:
    ruling = step(memory, event, site_probes, settings)
    return msgspec.structs.replace(ruling, changes=tuple(map(_to_the_line, ruling.changes)))


def _to_the_line(change: VerdictChange) -> VerdictChange:
    verdict: Verdict = change.verdict
    if verdict.segment is Segment.LAN:
        verdict = msgspec.structs.replace(verdict, segment=Segment.ACCESS)
    return msgspec.structs.replace(change, verdict=verdict)


def test_a_judge_that_blames_the_line_for_the_box_is_found_out() -> None:
    dead = scenario(fault(PlaceKind.BOX, "s1.fixed"))
    assessment = play(dead, partial(SimulatedDevice, judge=_blaming_the_line)).assessment
    assert {judged.worth for judged in assessment.assessed} == {Worth.WRONG_PARTY}
    assert any(line.startswith("wrong party: carrier:north") for line in assessment.failures())


def _seeing_nothing(
    memory: Memory, event: Event, site_probes: SiteProbes, settings: Settings
) -> StepOutcome:
    ruling = step(memory, event, site_probes, settings)
    return msgspec.structs.replace(ruling, changes=())


def test_a_judge_that_sees_nothing_fails_the_scenario() -> None:
    assessment = play(scenario(CUT), partial(SimulatedDevice, judge=_seeing_nothing)).assessment
    (harm,) = assessment.harm_records
    assert harm.seen_s is None
    assert assessment.failures()[0].startswith("unseen: s1/fixed")


def test_playing_again_gives_the_same_story() -> None:
    made = grammar.scenario(1, 1)
    first, second = play(made), play(grammar.scenario(1, 1))
    assert story(made, first) == story(made, second)


def test_a_recording_judged_again_gives_the_same_verdicts(tmp_path: Path) -> None:
    played = play(scenario(CUT), is_recording=True)
    (file,) = write_recordings(played, tmp_path)
    with file.open("rb") as lines:
        site_probes, settings, events = recording.read(lines)
        memory = Memory()
        changes: list[VerdictChange] = []
        for event in events:
            ruling = step(memory, event, site_probes, settings)
            memory = ruling.memory
            changes += ruling.changes
    assert changes == played.changes["s1"]


LOST = Result(
    series=Series(kind="icmp", revision=1, link="fixed", target="hop-fixed", family=Family.IP4),
    boottime_ns=boot_ns(94.0),
    finding=failed_finding(Reason.TIMED_OUT),
)


@pytest.mark.parametrize(
    ("failed_s", "told_s"), [((), 115.0), ((94.0,), 205.0), ((94.0, 104.0), 115.0)]
)
def test_the_collector_is_told_of_failed_runs(failed_s: tuple[float, ...], told_s: float) -> None:
    lossy = Verdict(
        link="fixed",
        service="",
        state=State.DEGRADED,
        segment=Segment.ACCESS,
        symptom=Symptom.ACCESS_LOSS,
    )
    changes = [
        VerdictChange(
            verdict=verdict,
            before=State.UNKNOWN,
            onset_boottime_ns=boot_ns(at_s),
            decided_boottime_ns=boot_ns(at_s),
        )
        for verdict, at_s in (
            (Verdict(link="fixed", service="", state=State.UP), 1.0),
            (lossy, 100.0),
        )
    ]
    failures = [
        (boot_ns(at_s + 1.0), msgspec.structs.replace(LOST, boottime_ns=boot_ns(at_s)))
        for at_s in failed_s
    ]
    (told,) = messages_of(scenario(until_s=260.0), {"s1": changes}, {"s1": failures})
    assert told_s <= told.at_s < told_s + 4.0
