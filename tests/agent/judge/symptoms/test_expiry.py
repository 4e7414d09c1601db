"""A certificate that runs out within its days is announced, by a clock that is trusted alone."""

import pytest

from tests.agent.judge.link_cases import Shown, add_link, pages
from thongsuot_agent.judge.link_context import NS_PER_S
from thongsuot_agent.judge.memory import FaultSlot, Memory, ServiceMemory, Track
from thongsuot_agent.judge.symptoms.expiry import expiring_slot
from thongsuot_schema.catalogue import http
from thongsuot_schema.result import Family
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom

DAY_S = 86_400.0
WALL_S = 1_000_000_000.0
READ_NS, NOW_NS = 1_000 * NS_PER_S, 1_060 * NS_PER_S
"""The wall clock was read a minute ago."""
PRESENT_S = WALL_S + 60.0


def page(in_days: float, target: str = "motcua", **shown: object) -> Track:
    """Return the pages of a portal whose certificate runs out in so many days."""
    of_page: Shown = {"expires_s": PRESENT_S + in_days * DAY_S, "worked_ns": NOW_NS - 5}
    return pages(target, **of_page | shown)


def known(*tracks: Track, wall_s: float | None = WALL_S) -> Memory:
    memory = Memory(now_ns=NOW_NS, wall_s=wall_s, wall_ns=READ_NS)
    add_link(memory, "fixed", tracks)
    return memory


def found(*tracks: Track, days: float = 14.0, held: FaultSlot | None = None) -> FaultSlot | None:
    service = ServiceMemory(name="motcua", expiring=held or FaultSlot())
    return expiring_slot(known(*tracks), service, days)


@pytest.mark.parametrize(("in_days", "is_told"), [(14.0, True), (14.0001, False), (-1.0, True)])
def test_a_certificate_is_announced_from_fourteen_days_before_its_end(
    in_days: float, *, is_told: bool
) -> None:
    assert (found(page(in_days)) is not None) is is_told


def test_an_expiring_certificate_is_reported_with_onset_and_evidence() -> None:
    slot = found(page(3.0, family=Family.IP6))
    assert slot is not None
    assert slot.fault is not None
    assert (slot.fault.state, slot.fault.segment, slot.fault.symptom) == (
        State.DEGRADED,
        Segment.SERVICE,
        Symptom.CERTIFICATE_EXPIRING,
    )
    assert slot.onset_ns == NOW_NS - 5
    (evidence,) = slot.evidence
    assert (evidence.kind, evidence.target, evidence.family) == ("http", "motcua", Family.IP6)
    assert (evidence.segment, evidence.metric) == (Segment.SERVICE, http.CERTIFICATE_EXPIRY.name)
    assert evidence.value == PRESENT_S + 3.0 * DAY_S
    assert evidence.limit == PRESENT_S + 14.0 * DAY_S
    slot = found(page(3.0, worked_ns=None))
    assert slot is not None
    assert slot.onset_ns == NOW_NS


def test_the_earliest_expiry_of_certificates_shown_by_working_pages_counts() -> None:
    late = page(30.0)
    for other, is_told in (
        (page(3.0, family=Family.IP6), True),
        (page(3.0, family=Family.IP6, failures=1), False),
        (page(3.0, "dichvucong"), False),
        (page(3.0, family=Family.IP6, expires_s=None), False),
    ):
        assert (found(late, other) is not None) is is_told
    assert found() is None
    memory = known(late)
    add_link(memory, "mobile", [page(3.0)])
    assert expiring_slot(memory, ServiceMemory(name="motcua"), 14.0) is not None


def test_a_reported_expiry_stays_until_another_certificate_is_shown() -> None:
    service = ServiceMemory(name="motcua")
    first = expiring_slot(known(page(3.0)), service, 14.0)
    assert first is not None
    assert expiring_slot(known(page(2.0, worked_ns=NOW_NS)), service, 14.0) is first
    assert expiring_slot(known(page(400.0)), service, 14.0) is None
    assert service.expiring.fault is None


def test_with_an_untrusted_clock_an_expiry_is_neither_reported_nor_withdrawn() -> None:
    service = ServiceMemory(name="motcua")
    assert expiring_slot(known(page(3.0), wall_s=None), service, 14.0) is None
    told = expiring_slot(known(page(3.0)), service, 14.0)
    assert told is not None
    assert expiring_slot(known(page(400.0), wall_s=None), service, 14.0) is told


def test_where_no_page_shows_a_certificate_any_more_nothing_is_reported() -> None:
    service = ServiceMemory(name="motcua")
    assert expiring_slot(known(page(3.0)), service, 14.0) is not None
    assert expiring_slot(known(page(3.0, failures=1)), service, 14.0) is None
