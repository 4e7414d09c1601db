"""Name servers, asked over the network of a lab: what faults do not cover."""

import socket
import struct
from collections.abc import Iterator

import dns.message
import dns.query
import dns.rcode
import pytest

from tests.lab_room.prober import WAIT_AT_MOST_S, NodeProber
from thongsuot_lab.lab import Lab
from thongsuot_lab.testing import needs_lab
from thongsuot_lab.topology.city import city

pytestmark = [pytest.mark.lab, needs_lab]

NAME = "dichvucong.lab.test"


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with Lab(city(1)) as lab:
        yield lab


def resolver(lab: Lab) -> str:
    return lab.topology.addresses_of("song-hong.resolver")[0]


def test_a_name_has_the_addresses_of_the_family_asked_for(lab: Lab) -> None:
    prober = NodeProber(lab, "s1.device", "fix0")
    v4, v6 = lab.topology.addresses_of("song-hong.resolver")
    assert prober.resolve(v4, NAME) == "198.51.100.10 198.51.100.11"
    assert prober.resolve(v6, NAME) == "2001:db8:f001:1::2 2001:db8:f001:1::3"


def test_a_name_that_there_is_none_of_is_said_not_to_exist(lab: Lab) -> None:
    assert NodeProber(lab, "s1.device", "fix0").resolve(resolver(lab), "no.lab.test") == "NXDOMAIN"


def test_tcp_is_answered_as_udp_is_and_more_than_once(lab: Lab) -> None:
    with lab.node("s1.device").socket(socket.AF_INET, socket.SOCK_STREAM) as sock:
        sock.settimeout(WAIT_AT_MOST_S)
        sock.connect((resolver(lab), 53))
        for _ in range(2):
            query = dns.message.make_query(NAME, "A")
            wire = query.to_wire()
            sock.sendall(struct.pack("!H", len(wire)) + wire)
            data = sock.recv(65_535)
            answer = dns.message.from_wire(data[2:])
            assert query.is_response(answer)
            assert len(answer.answer[0]) == 2


def test_nonsense_is_ignored_and_the_next_question_answered(lab: Lab) -> None:
    with lab.node("s1.device").socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(WAIT_AT_MOST_S)
        sock.sendto(b"nonsense", (resolver(lab), 53))
        sock.sendto(dns.message.make_query(NAME, "A").to_wire(), (resolver(lab), 53))
        assert dns.message.from_wire(sock.recv(65_535)).answer


def test_a_resolver_that_cannot_reach_the_zone_repeats_itself_or_reports_it(lab: Lab) -> None:
    prober = NodeProber(lab, "s1.device", "fix0")
    known = prober.resolve(resolver(lab), NAME)
    lab.fault("exchange-down")
    try:
        assert prober.resolve(resolver(lab), NAME) == known
        assert prober.resolve(resolver(lab), "never-asked.lab.test") == "SERVFAIL"
    finally:
        lab.heal()


def test_the_system_resolver_of_a_device_asks_its_carriers(lab: Lab) -> None:
    addresses = lab.node("s1.device").run(["getent", "ahostsv4", NAME]).stdout
    assert "198.51.100.10" in addresses
