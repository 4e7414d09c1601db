"""Services: when another page is asked for at once, instead of in its turn."""

import pytest

from tests.agent.judge.link_cases import NOW_NS, judged_link, pages
from thongsuot_agent.judge.diagnosis import Diagnosis
from thongsuot_agent.judge.memory import (
    FaultSlot,
    LinkMemory,
    Track,
)
from thongsuot_agent.judge.services import (
    _is_new_witness,
    _update_service_slot,
    _wants_more,
)
from thongsuot_agent.judge.settings import Settings
from thongsuot_agent.judge.symptoms.failure_modes import Health
from thongsuot_agent.judge.symptoms.service_over_link import ServiceOverLink
from thongsuot_schema.result import Family
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom

NEEDED = Settings().service_successes
REFUSES = Diagnosis(state=State.DOWN, segment=Segment.SERVICE, symptom=Symptom.SERVICE_REFUSED)


def over(health: Health, successes: int) -> ServiceOverLink:
    track = Track(kind="http", target="motcua", family=Family.IP4, successes=successes)
    return ServiceOverLink(
        link=LinkMemory(name="fixed"), health={Family.IP4: health}, tracks={Family.IP4: track}
    )


@pytest.mark.parametrize(
    ("health", "successes", "slot", "wants_more"),
    [
        (Health.GOOD, NEEDED - 1, FaultSlot(fault=REFUSES), True),
        (Health.GOOD, NEEDED, FaultSlot(fault=REFUSES), False),
        (Health.BAD, 0, FaultSlot(fault=REFUSES), False),
        (Health.GOOD, NEEDED - 1, FaultSlot(), False),
        (Health.GOOD, NEEDED - 1, None, False),
        (Health.DOUBTFUL, 0, None, True),
    ],
    ids=["works again", "proved", "fails still", "never failed", "never judged", "in doubt"],
)
def test_a_recovering_service_is_probed_until_its_fault_is_over(
    health: Health, successes: int, slot: FaultSlot | None, wants_more: bool
) -> None:
    assert _wants_more(over(health, successes), slot, Settings()) is wants_more


def two_families(successes4: int, successes6: int, health6: Health) -> ServiceOverLink:
    tracks = {
        family: Track(kind="http", target="motcua", family=family, successes=successes)
        for family, successes in ((Family.IP4, successes4), (Family.IP6, successes6))
    }
    health = {Family.IP4: Health.GOOD, Family.IP6: health6}
    return ServiceOverLink(link=LinkMemory(name="fixed"), health=health, tracks=tracks)


@pytest.mark.parametrize(
    ("successes", "wants_more"), [((9, 0), False), ((9, 1), True), ((9, 2), False), ((1, 0), True)]
)
def test_a_family_that_works_again_is_asked_for_and_one_that_fails_is_not(
    successes: tuple[int, int], *, wants_more: bool
) -> None:
    assert NEEDED == 2
    seen = two_families(*successes, Health.BAD if successes[1] == 0 else Health.GOOD)
    assert _wants_more(seen, FaultSlot(fault=REFUSES), Settings()) is wants_more
    assert _is_new_witness(seen, Settings()) is wants_more


def test_a_failure_over_a_link_is_no_new_witness() -> None:
    assert not _is_new_witness(over(Health.BAD, 1), Settings())
    assert _is_new_witness(over(Health.GOOD, 1), Settings())


def ended(fault: Diagnosis, *worked_since_ns: int) -> FaultSlot:
    """Return the slot of a service that works again, in one family after the other."""
    at = judged_link()
    slot = FaultSlot(fault=fault, onset_ns=100)
    families = (Family.IP4, Family.IP6)[: len(worked_since_ns)]
    here = ServiceOverLink(
        link=at.link,
        health=dict.fromkeys(families, Health.GOOD),
        tracks={
            family: pages(family=family, worked_since_ns=since_ns)
            for family, since_ns in zip(families, worked_since_ns, strict=True)
        },
    )
    _update_service_slot(slot, at, here, None)
    return slot


SLOW = Diagnosis(state=State.DEGRADED, segment=Segment.SERVICE, symptom=Symptom.SERVICE_SLOW)


@pytest.mark.parametrize(
    ("fault", "worked_since_ns", "onset_ns"),
    [
        (REFUSES, (300, 200), 200),
        (REFUSES, (300, 99), 300),
        (REFUSES, (300, 100), 100),
        (REFUSES, (99,), NOW_NS),
        (SLOW, (300, 200), NOW_NS),
    ],
    ids=["since the first", "before it failed", "when it failed", "only before", "pages that work"],
)
def test_a_service_recovered_with_its_first_working_page_and_is_quick_from_now_on(
    fault: Diagnosis, worked_since_ns: tuple[int, ...], onset_ns: int
) -> None:
    slot = ended(fault, *worked_since_ns)
    assert (slot.fault, slot.onset_ns) == (None, onset_ns)
