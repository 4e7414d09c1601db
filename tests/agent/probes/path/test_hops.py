"""How the answers to a trace become hops."""

from thongsuot_agent.probes.path.hops import HopAnswer, hop_from, last_number
from thongsuot_schema.path import Hop
from thongsuot_schema.reason import Reason


def answer(number: int, address: str, reason: Reason | None = None) -> HopAnswer:
    return HopAnswer(number=number, address=address, rtt_s=0.25, reason=reason)


CUT = [
    answer(1, "192.168.1.1"),
    *(answer(number, "192.168.1.1", Reason.HOST_UNREACHABLE) for number in (2, 2, 3, 4)),
]


def test_a_router_that_refuses_ends_the_way_once_however_far_probes_would_have_gone() -> None:
    assert last_number(CUT) == 2
    assert hop_from(2, 3, CUT) == Hop(
        number=2, sent=3, answered=2, addresses=("192.168.1.1",), refusal="!H"
    )


def test_the_time_of_a_refusal_is_not_a_round_trip() -> None:
    assert hop_from(1, 3, CUT).rtt_s == 0.25
    assert hop_from(2, 3, CUT).rtt_s is None


def test_a_hop_that_also_answered_is_a_hop() -> None:
    mixed = [answer(1, "a"), answer(2, "b"), answer(2, "a", Reason.NETWORK_UNREACHABLE)]
    hop = hop_from(2, 3, mixed)
    assert (hop.addresses, hop.answered, hop.refusal) == (("b",), 1, "")
    assert last_number(mixed) == 2


def test_hops_that_answered_before_a_cut_stay_in_the_way() -> None:
    cut_meanwhile = [answer(1, "a"), answer(3, "c"), answer(2, "a", Reason.PACKET_FILTERED)]
    assert last_number(cut_meanwhile) == 3
    assert hop_from(2, 3, cut_meanwhile).refusal == "!X"
    assert hop_from(4, 3, cut_meanwhile) == Hop(number=4, sent=3, answered=0)


def test_a_refusal_without_a_sign_of_its_own_is_a_bare_mark() -> None:
    assert hop_from(1, 1, [answer(1, "a", Reason.FAILED_OTHERWISE)]).refusal == "!"
