"""Attribution at its limits: what explains a failure, who is a witness, and how close in time."""

import pytest

from tests.agent.judge.link_cases import (
    NOW_NS,
    Shown,
    add_link,
    ago,
    echoes,
    fault,
    held,
    judged_link,
    lookups,
    pages,
)
from thongsuot_agent.judge.diagnosis import Diagnosis
from thongsuot_agent.judge.events import LinkFacts
from thongsuot_agent.judge.link_context import LinkContext
from thongsuot_agent.judge.memory import LinkMemory, ServiceAddress, Track, Traffic
from thongsuot_agent.judge.symptoms.attribution import (
    RELATION,
    attribute_failure,
    explained_by_link,
)
from thongsuot_agent.judge.symptoms.failure_modes import Health
from thongsuot_agent.judge.symptoms.own_queue import CAUSE_UNKNOWN
from thongsuot_agent.judge.symptoms.service_over_link import ServiceOverLink
from thongsuot_agent.judge.verdicts import UNKNOWN
from thongsuot_schema.inventory.model import Link
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom

NAME, PATH, ANSWER = Reason.NAME_NOT_FOUND, Reason.TIMED_OUT, Reason.STATUS_UNEXPECTED
BOTH = (True, True, False)
PATH_ALONE, NAME_ALONE = (True, False, False), (False, True, False)


@pytest.mark.parametrize(
    ("symptom", "explained"),
    [
        (Symptom.CARRIER_PARTIAL_OUTAGE, PATH_ALONE),
        (Symptom.INTERNATIONAL_TRANSIT_SILENT, PATH_ALONE),
        (Symptom.TRANSIT_SILENT, BOTH),
        (Symptom.ACCESS_FLAPPING, BOTH),
        (Symptom.ADDRESS_CONFLICT, BOTH),
        (Symptom.ACCESS_LOSS, BOTH),
        (Symptom.CARRIER_LOSS, BOTH),
        (Symptom.TRANSIT_LOSS, BOTH),
        (Symptom.LAN_LOSS, BOTH),
        (Symptom.LARGE_PACKETS_LOST, PATH_ALONE),
        (Symptom.LAN_LARGE_PACKETS_LOST, PATH_ALONE),
        (Symptom.LARGE_PACKETS_CAUSE_UNKNOWN, PATH_ALONE),
        (Symptom.NEW_CONNECTIONS_FAIL, BOTH),
        (Symptom.LAN_NEW_CONNECTIONS_FAIL, BOTH),
        (Symptom.CARRIER_NEW_CONNECTIONS_FAIL, BOTH),
        (Symptom.RESOLVER_SILENT, NAME_ALONE),
        (Symptom.RESOLVER_SLOW, NAME_ALONE),
        (Symptom.RESOLVER_FORGED_ANSWER, BOTH),
        (Symptom.IPV6_DOWN, (False, False, False)),
    ],
)
def test_a_fault_of_the_link_explains_what_it_can_have_caused_and_no_answer(
    symptom: Symptom, explained: tuple[bool, bool, bool]
) -> None:
    link = LinkMemory(name="fixed", silence=held(symptom, Segment.CARRIER))
    shown = tuple(
        explained_by_link(link, pages(failures=2, reason=reason))
        == fault(symptom, Segment.CARRIER, State.DOWN)
        for reason in (PATH, NAME, ANSWER)
    )
    assert shown == explained
    link.silence = held(symptom, None)
    for reason, is_explained in zip((PATH, NAME, ANSWER), explained, strict=True):
        told = fault(symptom, None, State.UNKNOWN) if is_explained else None
        assert explained_by_link(link, pages(failures=2, reason=reason)) == told, "of no place"


@pytest.mark.parametrize(
    "slot",
    ["facts_slot", "silence", "large_packets", "loss_fault", "carried_fault", "resolver"],
)
def test_each_fault_of_the_link_that_loses_packets_explains_silence(slot: str) -> None:
    link = LinkMemory(name="fixed")
    assert explained_by_link(link, pages(reason=PATH)) is None
    setattr(link, slot, held(Symptom.ACCESS_LOSS, Segment.LAN))
    told = fault(Symptom.ACCESS_LOSS, Segment.LAN, State.DOWN)
    assert explained_by_link(link, pages(reason=PATH)) == told


def test_a_link_that_comes_and_goes_explains_more_than_its_loss() -> None:
    link = LinkMemory(name="fixed", loss_fault=held(Symptom.ACCESS_LOSS, Segment.LAN))
    link.flap_state.active, link.flap_state.fault = True, fault(segment=Segment.CARRIER)
    told = fault(Symptom.ACCESS_FLAPPING, Segment.CARRIER, State.DOWN)
    assert explained_by_link(link, pages(reason=PATH)) == told


@pytest.mark.parametrize(
    ("reason", "is_explained"),
    [
        (Reason.TIMED_OUT, True),
        (Reason.TLS_TIMED_OUT, True),
        (Reason.NAME_SERVER_TIMED_OUT, True),
        (Reason.CONNECTION_REFUSED, False),
        (Reason.NAME_NOT_FOUND, False),
    ],
)
def test_a_slow_link_explains_answers_that_were_not_there_in_time(
    reason: Reason, *, is_explained: bool
) -> None:
    link = LinkMemory(name="fixed", slow=held(Symptom.ACCESS_SLOW, Segment.ACCESS))
    told = fault(Symptom.ACCESS_SLOW, Segment.ACCESS, State.DOWN)
    assert explained_by_link(link, pages(reason=reason)) == (told if is_explained else None)
    link.slow = held(Symptom.SLOW_CAUSE_UNKNOWN, None, State.UNKNOWN)
    told = fault(Symptom.SLOW_CAUSE_UNKNOWN, None, State.UNKNOWN)
    assert explained_by_link(link, pages(reason=reason)) == (told if is_explained else None)


def failing_page(reason: Reason = PATH, **shown: object) -> Track:
    fails: Shown = {
        "failures": 3,
        "failed_ns": ago(1.0),
        "failed_since_ns": ago(60.0),
        "reason": reason,
        "addresses": {"198.51.1.1": ServiceAddress(failures=3, tried_ns=ago(1.0))},
    }
    return pages(**fails | shown)


WORKS: Shown = {"successes": 2, "worked_ns": ago(1.0), "worked_since_ns": ago(99.0)}


def working_page(**shown: object) -> Track:
    return pages(**WORKS | shown)


def seen_over(
    track: Track,
    *,
    name: str = "mobile",
    carrier: str = "cuu-long",
    shares: tuple[str, ...] = (),
) -> ServiceOverLink:
    """Return how a service is over a link by one series."""
    health = Health.BAD if track.failures else Health.GOOD
    return ServiceOverLink(
        LinkMemory(name=name, known=True),
        {track.family: health},
        {track.family: track},
        Link(name=name, interface="", carrier=carrier, shares=shares),
    )


def attributed(
    failing: Track,
    *elsewhere: ServiceOverLink,
    at: LinkContext | None = None,
    carrier: str = "sh",
    shares: tuple[str, ...] = (),
) -> Diagnosis:
    at = at or judged_link(failing)
    here = seen_over(failing, name="fixed", carrier=carrier, shares=shares)
    return attribute_failure(at, here, failing, elsewhere)


def portals(symptom: Symptom) -> Diagnosis:
    return fault(symptom, Segment.SERVICE, State.DOWN)


def nobodys(symptom: Symptom) -> Diagnosis:
    return fault(symptom, None, State.UNKNOWN)


@pytest.mark.parametrize(
    ("worked_s", "expires_s", "wall_s", "is_told"),
    [
        (899.9, 1.0, None, True),
        (900.0, 1.0, None, False),
        (899.9, None, None, False),
        (None, 1.0, None, False),
        (None, None, 1.0, True),
    ],
    ids=[
        "a certificate was good of late",
        "it was good too long ago",
        "a page without certificate",
        "a page that never came",
        "the clock is trusted",
    ],
)
def test_a_certificates_dates_are_judged_by_a_clock_that_is_proved(
    worked_s: float | None, expires_s: float | None, wall_s: float | None, *, is_told: bool
) -> None:
    failing = failing_page(Reason.CERTIFICATE_EXPIRED)
    worked_ns = None if worked_s is None else ago(worked_s)
    other = pages("dichvucong", expires_s=expires_s, worked_ns=worked_ns)
    at = judged_link(failing, other)
    at.memory.wall_s = wall_s
    told = portals(Symptom.CERTIFICATE_EXPIRED) if is_told else UNKNOWN
    assert attributed(failing, at=at) == told


def test_an_answer_that_only_the_portal_can_have_given_is_its_fault_whatever_others_show() -> None:
    failing = failing_page(Reason.STATUS_UNEXPECTED)
    assert attributed(failing, seen_over(working_page())) == portals(Symptom.SERVICE_ERROR)


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        (Reason.TIMED_OUT, RELATION),
        (Reason.CONNECTION_REFUSED, RELATION),
        (NAME, RELATION),  # the other may remember it: see test_missing_names
        (
            Reason.NAME_ANSWER_FORGED,
            fault(Symptom.RESOLVER_FORGED_ANSWER, Segment.CARRIER, State.DOWN),
        ),
        (Reason.NAME_WITHOUT_ADDRESS, RELATION),
        (
            Reason.NAME_SERVER_TIMED_OUT,
            fault(Symptom.RESOLVER_SILENT, Segment.CARRIER, State.DOWN),
        ),
        (
            Reason.NAME_SERVER_FAILED,
            fault(Symptom.RESOLVER_SILENT, Segment.CARRIER, State.DOWN),
        ),
    ],
)
def test_a_page_that_works_over_another_link_shows_a_relation_or_a_bad_name_server(
    reason: Reason, told: Diagnosis
) -> None:
    assert attributed(failing_page(reason), seen_over(working_page())) == told


def test_a_question_that_may_have_been_lost_with_the_rest_accuses_no_name_server() -> None:
    failing = failing_page(Reason.NAME_ANSWER_FORGED)
    at = judged_link(failing)
    works = seen_over(working_page())
    at.link.loss_test.ratio = 0.0199
    assert attributed(failing, works, at=at).symptom is Symptom.RESOLVER_FORGED_ANSWER
    at.link.loss_test.ratio = 0.02
    assert attributed(failing, works, at=at) == UNKNOWN


def test_a_lookup_that_a_queue_of_the_line_may_have_dropped_accuses_no_name_server() -> None:
    """Once, two lookups lost in a long transfer were reported as a dead name server (7306:0)."""
    failing = failing_page(Reason.NAME_SERVER_TIMED_OUT, failures=2)
    at = judged_link(failing)
    works = seen_over(working_page())
    assert attributed(failing, works, at=at).symptom is Symptom.RESOLVER_SILENT
    at.link.traffic = Traffic(read_ns=NOW_NS, down_bits_per_second=9e6, down_peak=9e6)
    assert attributed(failing, works, at=at) == CAUSE_UNKNOWN
    failing.failures = 3
    assert attributed(failing, works, at=at).symptom is Symptom.RESOLVER_SILENT


def test_a_name_server_that_is_the_whole_devices_is_not_accused() -> None:
    failing = failing_page(NAME)
    at = judged_link(failing)
    at.link.facts = LinkFacts(present=True, carrier=True, shared_resolvers=True)
    add_link(at.memory, "mobile", ())
    assert attributed(failing, seen_over(working_page()), at=at) == UNKNOWN


def test_a_question_is_a_new_flow_as_well() -> None:
    """Lookups and a page fell silent while echoes are answered: the connection table is full."""
    failing = failing_page(Reason.NAME_SERVER_TIMED_OUT)
    silent_page = pages("dichvucong", silent_ns=ago(1.0), silences=2, silent_since_ns=ago(9.0))
    silent_lookups = lookups(silent_ns=ago(1.0), silences=2, recent=0b1_0000_0011)
    at = judged_link(failing, silent_page, silent_lookups, echoes("zone", recent=0b1_0000_0000))
    works = seen_over(working_page())
    assert attributed(failing, works, at=at) == RELATION
    silent_lookups.recent = 0b1_0000_0001
    assert attributed(failing, works, at=at).symptom is Symptom.RESOLVER_SILENT


@pytest.mark.parametrize(
    ("own_carrier", "other_carrier", "answered_s", "is_told"),
    [
        ("sh", "cuu-long", None, True),
        ("sh", "sh", None, False),
        ("sh", "sh", 60.0, True),
        ("sh", "sh", 60.000001, False),
        ("", "", None, True),
    ],
    ids=[
        "it fails over another carrier",
        "over the same carrier",
        "and the way is proved since it fails",
        "and the way was proved before",
        "of carriers nothing is known",
    ],
)
def test_a_portal_is_named_where_another_carrier_or_the_way_is_a_witness(
    own_carrier: str, other_carrier: str, answered_s: float | None, *, is_told: bool
) -> None:
    failing = failing_page()
    at = judged_link(failing)
    if answered_s is not None:
        track = echoes("zone", answered_ns=ago(answered_s))
        at = judged_link(failing, track)
    other = seen_over(failing_page(), carrier=other_carrier)
    told = attributed(failing, other, at=at, carrier=own_carrier)
    assert told == (portals if is_told else nobodys)(Symptom.SERVICE_TIMEOUT)


def test_lines_of_two_carriers_through_one_box_are_one_witness_against_a_portal() -> None:
    other = seen_over(failing_page(), shares=("duct", "box"))
    told = attributed(failing_page(), other, shares=("box",))
    assert told == nobodys(Symptom.SERVICE_TIMEOUT)
    apart = attributed(failing_page(), other, shares=("pole",))
    assert apart == portals(Symptom.SERVICE_TIMEOUT)


@pytest.mark.parametrize(
    ("reason", "is_told"),
    [
        (Reason.CONNECTION_REFUSED, True),
        (Reason.NAME_NOT_FOUND, True),
        (Reason.NAME_SERVER_TIMED_OUT, False),
        (Reason.NAME_SERVER_REFUSED, False),
    ],
)
def test_over_one_link_alone_a_name_server_that_is_silent_proves_nothing_of_the_portal(
    reason: Reason, *, is_told: bool
) -> None:
    failing = failing_page(reason)
    at = judged_link(failing, echoes("zone", answered_ns=ago(1.0)))
    assert (attributed(failing, at=at).segment is Segment.SERVICE) is is_told


@pytest.mark.parametrize(
    ("proof", "is_told"),
    [
        (echoes("zone", answered_ns=ago(1.0)), True),
        (echoes("core-fixed", answered_ns=ago(1.0)), False),
        (echoes("gone", answered_ns=ago(1.0)), False),
        (pages("dichvucong", answered_ns=ago(1.0)), True),
        (pages("motcua", family=Family.IP6, answered_ns=ago(1.0)), False),
        (echoes("zone"), False),
    ],
    ids=[
        "an anchor beyond the carrier",
        "one of the carrier's",
        "asked no more",
        "another portal",
        "the portal itself",
        "never answered",
    ],
)
def test_the_way_is_proved_by_what_lies_as_far_out(proof: Track, *, is_told: bool) -> None:
    failing = failing_page()
    at = judged_link(failing, proof)
    assert (attributed(failing, at=at).segment is Segment.SERVICE) is is_told


def test_a_failure_without_a_beginning_began_now() -> None:
    failing = failing_page(failed_since_ns=None)
    for answered_ns, is_told in ((NOW_NS, True), (NOW_NS - 1, False)):
        at = judged_link(failing, echoes("zone", answered_ns=answered_ns))
        assert (attributed(failing, at=at).segment is Segment.SERVICE) is is_told
