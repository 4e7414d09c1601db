"""Which link is tried first."""

from thongsuot_agent.uplink.preference import UploadCandidate, in_family_order, preferred_order
from thongsuot_schema.result import Family
from thongsuot_schema.state import State

FIBER = UploadCandidate(name="fiber", can_send=True, is_metered=False, state=State.UP)
MOBILE = UploadCandidate(name="mobile", can_send=True, is_metered=True, state=State.UP)


def way(
    name: str, state: State, *, is_metered: bool = False, can_send: bool = True
) -> UploadCandidate:
    return UploadCandidate(name=name, can_send=can_send, is_metered=is_metered, state=state)


def test_unmetered_comes_first_among_equals() -> None:
    assert preferred_order([MOBILE, FIBER], "") == ("fiber", "mobile")


def test_a_link_judged_down_comes_last_but_is_tried() -> None:
    down = way("fiber", State.DOWN)
    assert preferred_order([down, MOBILE], "fiber") == ("mobile", "fiber")


def test_a_link_that_cannot_send_is_left_out() -> None:
    unplugged = way("fiber", State.UP, can_send=False)
    assert preferred_order([unplugged, MOBILE], "fiber") == ("mobile",)
    assert preferred_order([unplugged], "") == ()


def test_the_link_that_took_the_last_push_comes_first() -> None:
    cable = way("cable", State.UP)
    assert preferred_order([FIBER, cable], "cable") == ("cable", "fiber")


def test_a_metered_link_is_left_as_soon_as_an_unmetered_one_is_up() -> None:
    assert preferred_order([FIBER, MOBILE], "mobile") == ("fiber", "mobile")
    doubtful = way("fiber", State.UNKNOWN)
    assert preferred_order([doubtful, MOBILE], "mobile") == ("mobile", "fiber")


def test_addresses_of_a_dead_family_are_tried_last() -> None:
    addresses = ("2001:db8::1", "192.0.2.1")
    assert in_family_order(addresses, None) == addresses
    assert in_family_order(addresses, Family.IP4) == addresses
    assert in_family_order(addresses, Family.IP6) == ("192.0.2.1", "2001:db8::1")
    assert in_family_order(addresses[:1], Family.IP6) == addresses[:1], "better than none"
