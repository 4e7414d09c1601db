"""Events: facts of an interface as the judge needs them."""

import pytest

from thongsuot_agent.judge.events import LinkFacts, facts_from, is_local
from thongsuot_agent.links.state import ABSENT, LinkState
from thongsuot_schema.result import Family


def test_facts_are_made_of_a_snapshot_of_the_interface() -> None:
    state = LinkState(
        present=True,
        carrier=True,
        index=2,
        addresses4=("192.168.1.10",),
        gateway4="192.168.1.1",
        has_route4=True,
    )
    facts = facts_from(state, ("203.0.113.9",))
    assert facts == LinkFacts(
        present=True,
        carrier=True,
        has_address4=True,
        has_route4=True,
        gateways=("192.168.1.1",),
    )
    assert facts.usable(Family.IP4)
    assert not facts.usable(Family.IP6)


def test_an_absent_interface_can_send_nothing() -> None:
    facts = facts_from(ABSENT)
    assert not facts.usable(Family.IP4)
    assert not facts.local_resolver


@pytest.mark.parametrize(
    ("address", "local"),
    [
        ("192.168.1.1", True),
        ("192.168.1.53", True),
        ("192.168.2.1", False),
        ("203.0.113.9", False),
        ("fe80::1", True),
        ("2001:db8::53", False),
        ("2001:db8::1", True),
    ],
)
def test_a_name_server_beside_the_gateway_is_a_box_of_the_site(address: str, local: bool) -> None:
    assert is_local(address, ("192.168.1.1", "2001:db8::1")) is local
