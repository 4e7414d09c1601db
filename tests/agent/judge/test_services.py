"""Services: when another page is asked for at once, instead of in its turn."""

import pytest

from thongsuot_agent.judge.diagnosis import Diagnosis
from thongsuot_agent.judge.memory import FaultSlot, LinkMemory, Track
from thongsuot_agent.judge.services import _wants_more
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
def test_what_works_again_is_asked_for_until_its_fault_is_over(
    health: Health, successes: int, slot: FaultSlot | None, wants_more: bool
) -> None:
    assert _wants_more(over(health, successes), slot, Settings()) is wants_more
