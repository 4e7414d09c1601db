"""What must be proved before a portal is blamed: its own failing, the way to it, the clock."""

import pytest

from tests.agent.judge.link_cases import NOW_NS, add_link, ago, echoes, judged_link, pages
from thongsuot_agent.judge.memory import Track
from thongsuot_agent.judge.symptoms.attribution import attribute_failure
from thongsuot_agent.judge.symptoms.failure_modes import Health
from thongsuot_agent.judge.symptoms.service_over_link import ServiceOverLink
from thongsuot_agent.judge.symptoms.service_proofs import (
    clock_is_proved,
    fell_away_apart,
    is_way_proved,
)
from thongsuot_schema.inventory.model import Link
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family
from thongsuot_schema.segment import Segment

RESET, TIMED_OUT = Reason.CONNECTION_RESET, Reason.TIMED_OUT


def turned_away(*, since_s: float, worked_s: float, reason: Reason = RESET) -> Track:
    """Return pages that are turned away for so long, and that worked last so long ago."""
    return pages(
        failures=4,
        failed_ns=NOW_NS,
        failed_since_ns=ago(since_s),
        worked_ns=ago(worked_s),
        reason=reason,
    )


def segment_of(
    here: Track, there: Track, *others: Track, others_carrier: str = "cuu-long"
) -> Segment | None:
    """Return where it is said to be what both lines show of a portal; ``others`` are others."""
    at = judged_link(here, *others)
    other = add_link(at.memory, "mobile", [there])
    own_entry = Link(name="fixed", interface="", carrier="song-hong")
    other_entry = Link(name="mobile", interface="", carrier=others_carrier)
    own = ServiceOverLink(at.link, {Family.IP4: Health.BAD}, {Family.IP4: here}, own_entry)
    elsewhere = ServiceOverLink(other, {Family.IP4: Health.BAD}, {Family.IP4: there}, other_entry)
    return attribute_failure(at, own, here, [elsewhere]).segment


@pytest.mark.parametrize("is_earlier_here", [True, False])
@pytest.mark.parametrize(("worked_s", "segment"), [(40.0, None), (41.0, Segment.SERVICE)])
def test_a_fault_that_began_a_minute_earlier_over_one_carrier_is_not_the_portals(
    worked_s: float, segment: Segment | None, *, is_earlier_here: bool
) -> None:
    earlier = turned_away(since_s=100.0, worked_s=130.0)
    later = turned_away(since_s=20.0, worked_s=worked_s)
    lines = (earlier, later) if is_earlier_here else (later, earlier)
    assert segment_of(*lines) is segment


def test_silence_and_failures_over_one_carrier_do_not_clear_the_portal() -> None:
    earlier = turned_away(since_s=100.0, worked_s=130.0)
    later = turned_away(since_s=20.0, worked_s=40.0, reason=TIMED_OUT)
    assert segment_of(earlier, later) is Segment.SERVICE
    at_once = turned_away(since_s=100.0, worked_s=120.0)
    assert segment_of(earlier, at_once) is Segment.SERVICE


@pytest.mark.parametrize(
    ("carrier", "is_apart"), [("song-hong", False), ("cuu-long", True), ("", True)]
)
def test_two_lines_of_one_carrier_that_are_turned_away_one_after_the_other_are_no_two_carriers(
    carrier: str, *, is_apart: bool
) -> None:
    earlier = turned_away(since_s=100.0, worked_s=130.0)
    later = turned_away(since_s=20.0, worked_s=40.0)
    line = add_link(judged_link(earlier).memory, "mobile", [later])
    entry = Link(name="mobile", interface="", carrier=carrier)
    beside = ServiceOverLink(line, {Family.IP4: Health.BAD}, {Family.IP4: later}, entry)
    assert fell_away_apart(earlier, "song-hong", [beside]) is is_apart
    assert fell_away_apart(earlier, "", [beside]), "a line of a carrier that nobody named"


UNTRUSTED, WRONG_NAME = Reason.CERTIFICATE_UNTRUSTED, Reason.CERTIFICATE_NAME_MISMATCH


@pytest.mark.parametrize(
    ("here", "there", "segment"),
    [
        (RESET, UNTRUSTED, None),
        (UNTRUSTED, RESET, None),
        (TIMED_OUT, WRONG_NAME, None),
        (WRONG_NAME, TIMED_OUT, None),
        (UNTRUSTED, WRONG_NAME, Segment.SERVICE),
        (RESET, Reason.CONNECTION_REFUSED, Segment.SERVICE),
        (RESET, TIMED_OUT, Segment.SERVICE),
    ],
)
@pytest.mark.parametrize("carrier", ["cuu-long", "song-hong"])
def test_a_foreign_certificate_over_one_line_and_no_connection_over_another_bear_nothing_out(
    here: Reason, there: Reason, carrier: str, segment: Segment | None
) -> None:
    """A portal that takes no connections shows no certificate: one of the two is the path's."""
    own = turned_away(since_s=30.0, worked_s=60.0, reason=here)
    other = turned_away(since_s=30.0, worked_s=60.0, reason=there)
    beyond = echoes("exchange", answered_ns=NOW_NS)
    assert segment_of(own, other, beyond, others_carrier=carrier) is segment


@pytest.mark.parametrize(("reason", "segment"), [(UNTRUSTED, None), (RESET, Segment.SERVICE)])
def test_foreign_certificates_by_turns_bear_no_refusal_out(
    reason: Reason, segment: Segment | None
) -> None:
    own = turned_away(since_s=30.0, worked_s=60.0)
    there = pages(successes=1, episodes_ns=[ago(40.0)], reason=reason)
    at = judged_link(own)
    entry = Link(name="mobile", interface="", carrier="cuu-long")
    other = add_link(at.memory, "mobile", [there])
    by_turns = ServiceOverLink(other, {Family.IP4: Health.PARTLY}, {Family.IP4: there}, entry)
    entry = Link(name="fixed", interface="", carrier="song-hong")
    here = ServiceOverLink(at.link, {Family.IP4: Health.BAD}, {Family.IP4: own}, entry)
    assert attribute_failure(at, here, own, [by_turns]).segment is segment


@pytest.mark.parametrize(
    ("second", "segment"),
    [(RESET, Segment.SERVICE), (UNTRUSTED, None)],
    ids=["fails alike", "fails otherwise"],
)
def test_of_two_other_lines_one_that_fails_alike_is_enough(
    second: Reason, segment: Segment | None
) -> None:
    own = turned_away(since_s=30.0, worked_s=60.0)
    at = judged_link(own)
    elsewhere = []
    for name, reason in (("mobile", UNTRUSTED), ("leased", second)):
        there = turned_away(since_s=30.0, worked_s=60.0, reason=reason)
        entry = Link(name=name, interface="", carrier=name)
        link = add_link(at.memory, name, [there])
        bad = {Family.IP4: Health.BAD}
        elsewhere.append(ServiceOverLink(link, bad, {Family.IP4: there}, entry))
    here = ServiceOverLink(
        at.link,
        {Family.IP4: Health.BAD},
        {Family.IP4: own},
        Link(name="fixed", interface="", carrier="song-hong"),
    )
    assert attribute_failure(at, here, own, elsewhere).segment is segment


@pytest.mark.parametrize(
    ("other", "is_proved"),
    [
        (echoes("exchange", answered_ns=ago(30.0)), True),
        (echoes("exchange", answered_ns=ago(30.0, early_ns=1)), False),
        (echoes("exchange"), False),
        (echoes("core-fixed", answered_ns=NOW_NS), False),
        (pages(family=Family.IP6, answered_ns=NOW_NS), False),
        (echoes("gone", answered_ns=NOW_NS), False),
    ],
    ids=[
        "as far",
        "before it",
        "silent",
        "the carrier's own",
        "the portal itself",
        "asked no more",
    ],
)
def test_the_path_is_proved_by_an_answer_from_another_target_equally_far_out(
    other: Track, *, is_proved: bool
) -> None:
    failing = pages(failures=2, failed_since_ns=ago(30.0))
    assert is_way_proved(judged_link(failing, other), failing) is is_proved


@pytest.mark.parametrize(
    ("other", "is_proved"),
    [
        (pages("dichvucong", expires_s=1.0, worked_ns=ago(900.0, early_ns=-1)), True),
        (pages("dichvucong", expires_s=1.0, worked_ns=ago(900.0)), False),
        (pages("dichvucong", worked_ns=NOW_NS), False),
        (pages("dichvucong", expires_s=1.0), False),
        (echoes("exchange", expires_s=1.0, worked_ns=NOW_NS), False),
    ],
    ids=["fifteen minutes ago", "longer ago", "without TLS", "never worked", "no page"],
)
def test_a_certificate_found_valid_over_any_line_proves_the_clock(
    other: Track, *, is_proved: bool
) -> None:
    at = judged_link()
    add_link(at.memory, "mobile", [other])
    assert clock_is_proved(at) is is_proved
    at.memory.wall_s = 1_795_540_000.0
    assert clock_is_proved(at), "the kernel's clock is synchronised"


def other_service(reason: Reason, family: Family = Family.IP4) -> Track:
    return pages("dichvucong", family=family, failures=2, reason=reason)


@pytest.mark.parametrize(
    ("others", "segment"),
    [
        ([other_service(Reason.CONNECTION_REFUSED)], None),
        ([other_service(RESET)], None),
        ([other_service(Reason.NAME_NOT_FOUND)], None),
        ([other_service(Reason.STATUS_UNEXPECTED)], Segment.SERVICE),
        ([other_service(Reason.CERTIFICATE_UNTRUSTED)], Segment.SERVICE),
        ([pages("dichvucong", successes=3)], Segment.SERVICE),
        ([other_service(Reason.CONNECTION_REFUSED, Family.IP6)], Segment.SERVICE),
        ([], Segment.SERVICE),
    ],
    ids=[
        "refused",
        "reset",
        "without a name",
        "an error page",
        "another certificate",
        "works",
        "refused in the other family",
        "there is no other",
    ],
)
def test_a_portal_that_stalls_is_not_named_if_no_other_has_large_packets_to_pass(
    others: list[Track], segment: Segment | None
) -> None:
    """Nothing tells it from a path that loses those: the exchange did."""
    own = turned_away(since_s=30.0, worked_s=60.0, reason=Reason.TLS_TIMED_OUT)
    there = turned_away(since_s=30.0, worked_s=60.0, reason=Reason.TLS_TIMED_OUT)
    assert segment_of(own, there, *others) is segment


def test_a_portal_whose_connections_do_not_open_is_named_beside_one_that_refuses() -> None:
    own = turned_away(since_s=30.0, worked_s=60.0, reason=TIMED_OUT)
    there = turned_away(since_s=30.0, worked_s=60.0, reason=TIMED_OUT)
    refused = other_service(Reason.CONNECTION_REFUSED)
    assert segment_of(own, there, refused) is Segment.SERVICE
