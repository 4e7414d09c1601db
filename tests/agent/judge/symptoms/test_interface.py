"""What an interface itself says is wrong, at once and after its time to be configured."""

import pytest
from msgspec.structs import replace

from tests.agent.judge.simulated_site import FACTS_OK
from thongsuot_agent.judge.diagnosis import Diagnosis
from thongsuot_agent.judge.events import LinkFacts
from thongsuot_agent.judge.memory import LinkMemory
from thongsuot_agent.judge.symptoms.interface import (
    ADDRESS_CONFLICT,
    CABLE_UNPLUGGED,
    INTERFACE_ABSENT,
    NO_ADDRESS,
    NO_ADDRESS4,
    NO_ROUTE,
    NO_ROUTE4,
    SESSION_LOST,
    diagnosis_after_grace,
    diagnosis_at_once,
    immediate_diagnosis,
)

BARE = replace(FACTS_OK, has_address4=False, has_address6=False, has_route4=False, has_route6=False)
ONLY_IPV4 = replace(FACTS_OK, has_address6=False, has_route6=False)
ONLY_IPV6 = replace(FACTS_OK, has_address4=False, has_route4=False)
NO_ROUTES = replace(FACTS_OK, has_route4=False, has_route6=False)


@pytest.mark.parametrize(
    ("facts", "fault"),
    [
        (FACTS_OK, None),
        (BARE, None),
        (replace(FACTS_OK, present=False), INTERFACE_ABSENT),
        (replace(FACTS_OK, present=False, carrier=False), INTERFACE_ABSENT),
        (replace(FACTS_OK, carrier=False), CABLE_UNPLUGGED),
        (replace(FACTS_OK, point_to_point=True), None),
        (replace(FACTS_OK, point_to_point=True, carrier=False), SESSION_LOST),
        (replace(FACTS_OK, point_to_point=True, present=False), SESSION_LOST),
    ],
)
def test_a_missing_interface_or_carrier_is_a_fault_without_waiting(
    facts: LinkFacts, fault: Diagnosis | None
) -> None:
    assert immediate_diagnosis(facts) == fault


@pytest.mark.parametrize(
    ("facts", "had_ipv4", "fault"),
    [
        (FACTS_OK, True, None),
        (ONLY_IPV4, True, None),
        (ONLY_IPV6, False, None),
        (ONLY_IPV6, True, NO_ADDRESS4),
        (replace(FACTS_OK, has_route4=False), True, NO_ROUTE4),
        (replace(FACTS_OK, has_route4=False), False, None),
        (BARE, False, NO_ADDRESS),
        (BARE, True, NO_ADDRESS),
        (NO_ROUTES, True, NO_ROUTE),
        (replace(NO_ROUTES, has_address4=False), False, NO_ROUTE),
        (replace(NO_ROUTES, has_address6=False), False, NO_ROUTE),
        (replace(FACTS_OK, address_conflict=True), True, ADDRESS_CONFLICT),
        (replace(BARE, point_to_point=True), False, SESSION_LOST),
        (replace(NO_ROUTES, point_to_point=True), True, SESSION_LOST),
        (replace(ONLY_IPV4, point_to_point=True), True, None),
        (replace(ONLY_IPV6, point_to_point=True), False, None),
    ],
)
def test_a_link_is_well_with_one_family_unless_it_had_ipv4_and_lost_it(
    facts: LinkFacts, had_ipv4: bool, fault: Diagnosis | None
) -> None:
    assert diagnosis_after_grace(LinkMemory(name="fixed", had_ipv4=had_ipv4), facts) == fault


@pytest.mark.parametrize(
    ("age_ns", "expected"), [(179_999_999_999, CABLE_UNPLUGGED), (180_000_000_000, SESSION_LOST)]
)
def test_a_session_has_three_minutes_to_be_dialled_again_after_its_cable_was_out(
    age_ns: int, expected: Diagnosis
) -> None:
    link = LinkMemory(name="fixed", port_back_ns=7)
    gone = LinkFacts(present=False, carrier=False, point_to_point=True)
    assert diagnosis_at_once(link, gone, 7 + age_ns) == expected
    link.port_back_ns = None
    assert diagnosis_at_once(link, gone, 7 + age_ns) == SESSION_LOST
