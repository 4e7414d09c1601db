"""Packets pass the places on their way, and faults touch what they say they touch."""

import random

import pytest

from tests.lab_room.truth.making import CITY, CUT, FIXED, MOBILE, SITE, fault
from thongsuot_lab.truth.fault import Effect, GeneratedFault, Touch
from thongsuot_lab.truth.network import SimulatedNetwork, SimulatedPacket
from thongsuot_lab.truth.places import AccessLine, PlaceKind
from thongsuot_lab.truth.tcp import TcpConnection

DURING_S = 150.0


def network(*faults: GeneratedFault, line: AccessLine = FIXED) -> SimulatedNetwork:
    return SimulatedNetwork(CITY, SITE, line, faults, random.Random(1))


def answered(net: SimulatedNetwork, host: str, at_s: float, packet: SimulatedPacket) -> bool:
    up = net.send(net.route(host), packet, at_s, is_up=True)
    if up is None or up.effect is not None:
        return False
    return net.send(net.route(host), packet, up.at_s, is_up=False) is not None


def echo(size_bytes: int = 44) -> SimulatedPacket:
    return SimulatedPacket("icmp", is_ip6=False, size_bytes=size_bytes, name="echo")


def test_a_cut_line_reaches_the_gateway_and_nothing_beyond() -> None:
    net = network(CUT)
    assert answered(net, "gateway", DURING_S, echo())
    assert not any(answered(net, host, DURING_S, echo()) for host in ("hop", "anchor", "exchange"))
    assert all(answered(net, host, 50.0, echo()) for host in ("hop", "anchor", "exchange"))


def test_a_fault_of_one_line_is_none_of_the_other() -> None:
    assert answered(network(CUT, line=MOBILE), "portal-one", DURING_S, echo())


def test_lost_large_packets_let_a_connection_open_and_stall() -> None:
    net = network(
        GeneratedFault(**{**_fields(CUT), "touch": Touch.LARGE, "least_bytes": 1200})  # type: ignore[arg-type]
    )
    connection = TcpConnection(net, net.route("portal-one"), is_ip6=False, deadline_s=DURING_S + 10)
    opened = connection.open(DURING_S)
    assert opened.is_done
    stalled = connection.transfer([1400] * 3, opened.at_s, is_up=False)
    assert not stalled.is_done
    assert stalled.at_s == pytest.approx(DURING_S + 10)


def test_a_lost_handshake_is_tried_again_after_a_second_and_then_two() -> None:
    net = network(fault(PlaceKind.ACCESS, "s1.fixed", end_s=DURING_S + 2.5))
    connection = TcpConnection(net, net.route("portal-one"), is_ip6=False, deadline_s=DURING_S + 15)
    opened = connection.open(DURING_S)
    assert opened.at_s == pytest.approx(DURING_S + 3.0, abs=0.2)
    assert opened.again == 2


def test_a_policer_passes_fewer_the_more_are_sent() -> None:
    policed = fault(
        PlaceKind.ACCESS, "s1.fixed", touch=Touch.ICMP, effect=Effect.POLICED, amount=2.0
    )
    few, many = network(policed), network(policed)
    passed_few = sum(
        few.send(few.route("hop"), echo(), 120.0 + n, is_up=True) is not None for n in range(30)
    )
    passed_many = sum(
        many.send(many.route("hop"), echo(), 120.0 + n / 10, is_up=True) is not None
        for n in range(300)
    )
    assert passed_few >= 29
    assert passed_many <= 65


@pytest.mark.parametrize("begin_s", [120.0, 120.3, 120.6, 120.9])
def test_a_policer_knows_no_seconds_of_the_clock(begin_s: float) -> None:
    """A page of forty packets takes two of fifteen seconds, whenever it begins."""
    policed = fault(
        PlaceKind.ACCESS, "s1.fixed", touch=Touch.TCP, effect=Effect.POLICED, amount=15.0
    )
    net = network(policed)
    connection = TcpConnection(net, net.route("portal-one"), is_ip6=False, deadline_s=begin_s + 10)
    opened = connection.open(begin_s)
    step = connection.transfer([1400] * 40, opened.at_s, is_up=False)
    assert step.is_done
    assert step.at_s - begin_s > 1.9


def _fields(generated: GeneratedFault) -> dict[str, object]:
    return {name: getattr(generated, name) for name in GeneratedFault.__dataclass_fields__}
