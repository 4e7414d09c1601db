"""What changed about a link, in words; and when packets can leave by it."""

from dataclasses import replace

import pytest

from thongsuot_agent.app.uplinks import can_send, difference
from thongsuot_agent.links.state import ABSENT, LinkState

UP = LinkState(
    present=True,
    carrier=True,
    index=2,
    addresses4=("192.168.1.10",),
    addresses6=("2001:db8::10",),
    gateway4="192.168.1.1",
    gateway6="fe80::1",
    has_route4=True,
    has_route6=True,
)


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (UP, UP, ""),
        (UP, replace(UP, carrier=False), "fiber: carrier lost"),
        (replace(UP, carrier=False), UP, "fiber: carrier gained"),
        (
            UP,
            replace(UP, addresses4=("10.0.0.7",), gateway4=None),
            "fiber: ip4 address 192.168.1.10 to 10.0.0.7, ip4 gateway 192.168.1.1 to none",
        ),
        (UP, replace(UP, address_conflict=True), "fiber: address conflict"),
        (
            UP,
            ABSENT,
            (
                "fiber: interface disappeared, carrier lost, ip4 address 192.168.1.10 to none,"
                " ip4 gateway 192.168.1.1 to none, ip6 address 2001:db8::10 to none,"
                " ip6 gateway fe80::1 to none"
            ),
        ),
    ],
)
def test_a_change_is_told_in_words(before: LinkState, after: LinkState, words: str) -> None:
    assert difference("fiber", before, after) == words


def test_one_family_with_address_and_route_is_enough_to_send() -> None:
    assert can_send(UP)
    assert can_send(replace(UP, addresses4=()))
    assert not can_send(replace(UP, addresses4=(), has_route6=False))
    assert not can_send(replace(UP, carrier=False))
    assert not can_send(ABSENT)
