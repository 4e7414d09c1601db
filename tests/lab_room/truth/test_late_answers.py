"""Late answers: a line that delays more and more, until from one moment to the next it is well."""

import pytest

from tests.lab_room.truth.making import fault, parties, scenario, symptoms
from thongsuot_lab.truth.fault import Course, Effect
from thongsuot_lab.truth.places import PlaceKind
from thongsuot_lab.truth.scenario_run import play
from thongsuot_schema.verdict import Symptom


@pytest.mark.parametrize("line", ["fixed", "mobile"])
def test_lookups_that_came_too_late_are_no_lost_new_flows(line: str) -> None:
    """The first prompt echo proves the way, and the latest lookups and pages had all timed out."""
    slow = fault(
        PlaceKind.ACCESS,
        f"s1.{line}",
        effect=Effect.DELAYED,
        amount=1.5,
        end_s=246.4,
        course=Course.DRIFTING,
    )
    played = play(scenario(slow, seed=2, until_s=265.0))
    assert Symptom.SLOW_CAUSE_UNKNOWN in symptoms(played)
    assert Symptom.LAN_NEW_CONNECTIONS_FAIL not in symptoms(played)
    assert parties(played) == set(), played.messages
