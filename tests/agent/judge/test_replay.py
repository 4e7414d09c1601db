"""Replay: the words of a story, line by line."""

import pytest
from msgspec import structs

from tests.agent.judge.inventories import two_links
from tests.agent.judge.simulated_site import FACTS_OK
from thongsuot_agent.judge import recording, replay
from thongsuot_agent.judge.events import ConfirmationProbe, LinkEvent, LinkFacts, ResultArrival
from thongsuot_agent.judge.link_context import NS_PER_S
from thongsuot_agent.judge.recording import Recorded
from thongsuot_agent.judge.settings import Settings
from thongsuot_schema.catalogue import icmp
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family, Finding, Result, Series, failed_finding, ok_finding
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Evidence, Symptom, Verdict, VerdictChange

START_S = 100.0


def ns(at_s: float) -> int:
    return round((START_S + at_s) * NS_PER_S)


def arrival(at_s: float, finding: Finding, *, took_s: float = 1.0) -> ResultArrival:
    series = Series(kind="icmp", revision=1, link="fixed", target="zone", family=Family.IP4)
    result = Result(series=series, boottime_ns=ns(at_s - took_s), finding=finding)
    return ResultArrival(boottime_ns=ns(at_s), result=result)


def facts_event(at_s: float, facts: LinkFacts = FACTS_OK, link: str = "fixed") -> LinkEvent:
    return LinkEvent(boottime_ns=ns(at_s), link=link, facts=facts)


def story_of(*events: Recorded) -> list[str]:
    header = recording.header_line(two_links(), Settings())
    return list(replay.replay([header, *(recording.event_line(event) for event in events)]))


def test_the_story_counts_time_from_the_first_event_and_omits_runs_that_worked() -> None:
    story = story_of(
        facts_event(0.0),
        arrival(1.0, ok_finding({icmp.RTT: 0.01})),
        arrival(1.25, failed_finding(Reason.TIMED_OUT)),
        arrival(1.5, failed_finding(Reason.OVERRUN, detail="late by 2 s")),
    )
    told = [line for line in story if "zone" in line or "interface" in line]
    assert told == [
        "    +0.000 s  fixed: interface complete",
        "    +1.250 s  fixed: icmp zone ip4 timed_out, begun +0.250 s",
        "    +1.500 s  fixed: icmp zone ip4 overrun (late by 2 s), begun +0.500 s",
    ]
    assert story[-1].startswith("3 results, 1 failed, 1 unmeasured; ")


def test_requests_and_verdicts_are_counted() -> None:
    story = story_of(
        facts_event(0.0),
        facts_event(1.0, structs.replace(FACTS_OK, carrier=False)),
        facts_event(9.0),
        facts_event(10.0, structs.replace(FACTS_OK, carrier=False)),
        facts_event(11.0, structs.replace(FACTS_OK, carrier=False), "mobile"),
    )
    asked = [line for line in story if "asks for" in line]
    said = [line for line in story if "cable_unplugged" in line and "->" in line]
    assert said[0] == (
        "    +1.000 s  fixed: unknown -> down, lan (commune), cable_unplugged, since +1.000 s"
    )
    numbers = [int(word) for line in asked for word in line.split() if word.isdecimal()]
    changes = sum("->" in line for line in story)
    assert sum(numbers) > len(asked) > 0
    assert changes > 1
    ending = f"; {sum(numbers)} runs asked for; {changes} changes"
    assert story[-1] == f"0 results, 0 failed, 0 unmeasured{ending}"


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        (FACTS_OK, "complete"),
        (structs.replace(FACTS_OK, address_conflict=True), "complete, address used twice"),
        (
            LinkFacts(present=False, carrier=False),
            "lacks interface, signal, IPv4 address, IPv6 address, IPv4 route, IPv6 route",
        ),
        (
            structs.replace(FACTS_OK, has_route6=False, address_conflict=True),
            "lacks IPv6 route, address used twice",
        ),
    ],
)
def test_an_interface_line_lists_what_is_missing(facts: LinkFacts, words: str) -> None:
    assert story_of(facts_event(0.0, facts))[0] == f"    +0.000 s  fixed: interface {words}"


def test_probes_that_are_asked_for_are_counted_by_link_and_kind() -> None:
    asked = [
        ConfirmationProbe(kind=kind, link=link, target=target, family=Family.IP4)
        for link, kind, target in (
            ("mobile", "icmp", "zone"),
            ("fixed", "icmp", "zone"),
            ("fixed", "dns", "zone"),
            ("fixed", "icmp", "far"),
        )
    ]
    words = "1 dns over fixed, 2 icmp over fixed, 1 icmp over mobile"
    assert replay._probe_counts(asked) == words


@pytest.mark.parametrize(
    ("verdict", "words"),
    [
        (
            Verdict(
                link="fixed",
                service="",
                state=State.DOWN,
                segment=Segment.ACCESS,
                symptom=Symptom.ACCESS_SILENT,
            ),
            "fixed: up -> down, access (carrier), access_silent, since -2.500 s",
        ),
        (
            Verdict(link="fixed", service="motcua", state=State.UP),
            "fixed motcua: up -> up, since -2.500 s",
        ),
        (
            Verdict(
                link="", service="motcua", state=State.UNKNOWN, symptom=Symptom.SLOW_CAUSE_UNKNOWN
            ),
            "site motcua: up -> unknown, slow_cause_unknown, since -2.500 s",
        ),
    ],
)
def test_a_change_line_states_its_subject_its_party_and_its_onset(
    verdict: Verdict, words: str
) -> None:
    change = VerdictChange(
        verdict=verdict,
        before=State.UP,
        onset_boottime_ns=ns(-2.5),
        decided_boottime_ns=ns(7.0),
    )
    assert list(replay._change_lines(change, ns(0.0))) == [f"    +7.000 s  {words}"]


@pytest.mark.parametrize(
    ("evidence", "words"),
    [
        (Evidence(kind="host", ok=1), "-: host : 1 ok, 0 failed"),
        (
            Evidence(
                kind="icmp",
                target="zone",
                family=Family.IP6,
                segment=Segment.TRANSIT,
                link="mobile",
                failed=2,
                reason=Reason.TIMED_OUT,
            ),
            "transit: icmp zone ip6 over mobile: 0 ok, 2 failed, timed_out",
        ),
        (
            Evidence(kind="icmp", target="zone", ok=3, metric="rtt_seconds", value=0.25),
            "-: icmp zone: 3 ok, 0 failed; rtt_seconds 0.25",
        ),
        (
            Evidence(kind="icmp", target="zone", metric="rtt_seconds", value=0.0, limit=0.1),
            "-: icmp zone: 0 ok, 0 failed; rtt_seconds 0 (limit 0.1)",
        ),
        (Evidence(kind="icmp", target="zone", limit=0.1), "-: icmp zone: 0 ok, 0 failed"),
    ],
)
def test_evidence_is_shown_with_its_figure_and_limit(evidence: Evidence, words: str) -> None:
    assert replay._evidence_text(evidence) == words
    verdict = Verdict(link="fixed", service="", state=State.UP, evidence=(evidence,))
    change = VerdictChange(
        verdict=verdict, before=State.UP, onset_boottime_ns=0, decided_boottime_ns=0
    )
    assert list(replay._change_lines(change, 0))[1:] == [f"{' ' * 16}{words}"]
