"""Changes of a link in words, and when packets can leave by it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import cast

import pytest

from thongsuot_agent.app.link_registry import LinkRegistry, can_send, describe_change
from thongsuot_agent.links.link import LiveLink
from thongsuot_agent.links.state import ABSENT, LinkState
from thongsuot_schema.inventory.model import Link as Spec
from thongsuot_schema.state import State

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
def test_a_change_is_described_in_words(before: LinkState, after: LinkState, words: str) -> None:
    assert describe_change("fiber", before, after) == words


@dataclass
class FakeLink:
    """As much of a link as scheduling looks at."""

    spec: Spec
    state: LinkState = UP
    resolvers: tuple[str, ...] = ()
    first_hops: tuple[str, ...] = ()
    edges: tuple[str, ...] = ()


FIBER, CABLE = (Spec(name=name, interface=name) for name in ("fiber", "cable"))
MOBILE = Spec(name="5g", interface="wwan0", allowance_bytes=10**9)


@pytest.mark.parametrize(
    ("specs", "down", "is_alone"),
    [
        ((FIBER, MOBILE), (), False),
        ((FIBER, MOBILE), ("fiber",), True),
        ((FIBER, CABLE, MOBILE), ("fiber",), False),
        ((FIBER, CABLE, MOBILE), ("fiber", "cable"), True),
        ((MOBILE,), (), False),
        ((FIBER, MOBILE), ("fiber", "5g"), True),
    ],
)
def test_a_metered_link_stands_in_while_all_others_are_down(
    specs: tuple[Spec, ...], down: tuple[str, ...], is_alone: bool
) -> None:
    links = {spec.name: FakeLink(spec) for spec in specs}
    uplinks = LinkRegistry(cast("Mapping[str, LiveLink]", links))
    states = {spec.name: State.DOWN if spec.name in down else State.UP for spec in specs}
    standing_in = [
        link.spec.name for link in uplinks.schedulable_links(states) if link.is_backup_in_use
    ]
    assert standing_in == (["5g"] if is_alone else [])
    # What nobody has judged yet, or is merely bad, is not away.
    states |= dict.fromkeys(down, State.UNKNOWN)
    assert not any(link.is_backup_in_use for link in uplinks.schedulable_links(states))
    links["5g"].state = ABSENT
    states |= dict.fromkeys(down, State.DOWN)
    assert not any(link.is_backup_in_use for link in uplinks.schedulable_links(states))


def test_one_family_with_address_and_route_is_enough_to_send() -> None:
    assert can_send(UP)
    assert can_send(replace(UP, addresses4=()))
    assert not can_send(replace(UP, addresses4=(), has_route6=False))
    assert not can_send(replace(UP, carrier=False))
    assert not can_send(ABSENT)
