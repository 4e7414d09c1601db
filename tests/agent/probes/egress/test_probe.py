"""By whose line packets leave, asked of the real reflector behind a router with two lines."""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from ipaddress import ip_network
from itertools import count
from pathlib import Path
from threading import Thread

import pytest

from tests.agent.links.device import PATIENT_S, anchor, on_device
from tests.integration.reflecting import reflecting
from thongsuot_agent.links.monitor import LinkMonitor
from thongsuot_agent.probes.egress.probe import PROBE, run
from thongsuot_agent.probes.egress.settings import Settings
from thongsuot_lab.lab import Lab
from thongsuot_lab.testing import dual_wan, needs_lab
from thongsuot_lab.topology.small import CARRIER_LINES, INTERNET_V4
from thongsuot_schema.inventory.model import Link, Via
from thongsuot_schema.prefixes import PrefixTable
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family, Finding
from thongsuot_schema.stamp.packet import (
    ReflectorPacket,
    pack_reflector_packet,
    unpack_sender_packet,
)
from thongsuot_schema.stamp.timestamp import UNKNOWN_ERROR

pytestmark = [pytest.mark.lab, needs_lab]

KEY = "a-key-of-the-whole-city"
PORT = 8862
PATIENT = Settings(port=PORT, timeout_s=PATIENT_S)
"""For what is answered."""
LAN = Link(name="lan", interface="eth0", carrier="isp1")
NETWORKS = PrefixTable(
    {ip_network(f"{line}.0/27"): carrier for carrier, line in CARRIER_LINES.items()}
)
SOURCE_PORTS = count(40_000, 100)
OWN, ANSWERED = "egress_own_carrier_ratio", "egress_answered_ratio"


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with dual_wan() as running:
        yield running


@pytest.fixture
def reflector(lab: Lab, tmp_path: Path) -> Iterator[None]:
    address = f'stamp_address = "{INTERNET_V4[0]}:{PORT}"\nallow = ["0.0.0.0/0"]'
    with reflecting(lab, tmp_path, address):
        yield


@contextmanager
def second_line(lab: Lab) -> Iterator[None]:
    """Have the router send everything by its second line."""
    router = lab.node("router")
    router.ip("route replace default via 192.0.2.1 dev wan2 metric 50")
    yield
    router.ip("route del default via 192.0.2.1 dev wan2 metric 50")


def ask(
    lab: Lab,
    settings: Settings | None = None,
    *,
    link: Link = LAN,
    networks: PrefixTable = NETWORKS,
) -> Finding:
    async def look(monitor: LinkMonitor) -> Finding:
        monitor.update_carrier_networks(networks)
        target = anchor(INTERNET_V4[0])
        asked = settings or PATIENT
        return await run(monitor.links[link.name], target, Family.IP4, asked)

    # The router remembers which line a flow leaves by: a port of an earlier question leaves by the
    # line of that one, with an address that is not of this line, and is lost.
    first = next(SOURCE_PORTS)
    ports = f"net.ipv4.ip_local_port_range={first} {first + 99}"
    lab.node("device").run(["sysctl", "-qw", ports])
    return on_device(lab, look, (link,))


@pytest.mark.usefixtures("reflector")
def test_the_own_line_is_distinguished_from_the_other(lab: Lab) -> None:
    own = ask(lab)
    assert (own.values, own.evidence) == ({ANSWERED: 1.0, OWN: 1.0}, {})
    with second_line(lab):
        other = ask(lab)
    assert (other.values[OWN], other.evidence) == (0.0, {"other_carrier": "isp2"})


@pytest.mark.usefixtures("reflector")
def test_a_router_that_spreads_flows_is_seen_to_use_both(lab: Lab) -> None:
    router = lab.node("router")
    router.ip("route add default metric 50 nexthop via 198.51.100.1 nexthop via 192.0.2.1")
    router.run(["sysctl", "-qw", "net.ipv4.fib_multipath_hash_policy=1"])
    finding = ask(lab, replace(PATIENT, flows=16))
    router.ip("route del default metric 50")
    assert 0.0 < finding.values[OWN] < 1.0
    assert finding.evidence == {"other_carrier": "isp2"}


@pytest.mark.usefixtures("reflector")
@pytest.mark.parametrize(
    ("link", "networks"),
    [
        (LAN, PrefixTable({})),
        (LAN, PrefixTable({ip_network("198.18.0.0/15"): "isp1"})),
        (Link(name="lan", interface="eth0"), NETWORKS),
    ],
    ids=["no networks", "an address of nobody known", "a link of no carrier"],
)
def test_an_address_in_no_known_network_contradicts_no_carrier(
    lab: Lab, link: Link, networks: PrefixTable
) -> None:
    finding = ask(lab, link=link, networks=networks)
    assert (finding.values, finding.evidence) == ({ANSWERED: 1.0}, {})


def test_a_sealed_answer_is_believed_and_one_with_another_key_is_not(
    lab: Lab, tmp_path: Path
) -> None:
    key = tmp_path / "key"
    key.touch(mode=0o600)
    key.write_text(f"{KEY}\n", encoding="ascii")
    other = tmp_path / "other"
    other.touch(mode=0o600)
    other.write_text("another-key-of-the-city\n", encoding="ascii")
    address = f'stamp_address = "{INTERNET_V4[0]}:{PORT}"\nkey_file = "{key}"'
    with reflecting(lab, tmp_path, address):
        assert ask(lab, replace(PATIENT, key_file=str(key))).values[OWN] == 1.0
        refused = ask(lab, Settings(port=PORT, key_file=str(other), timeout_s=0.3))
    assert refused.reason in {Reason.TIMED_OUT, Reason.RESPONSE_INVALID}
    missing = ask(lab, replace(PATIENT, key_file=str(tmp_path / "none")))
    assert missing.reason is Reason.PERMISSION_DENIED


def test_a_reflector_that_does_not_say_proves_nothing(lab: Lab) -> None:
    def plain_answer(data: bytes) -> bytes:
        request = unpack_sender_packet(data)
        return pack_reflector_packet(
            ReflectorPacket(
                sequence_number=request.sequence_number,
                timestamp=0,
                error=UNKNOWN_ERROR,
                receive_timestamp=0,
                sender_sequence_number=request.sequence_number,
                sender_timestamp=request.timestamp,
            )
        )

    with answering(lab, plain_answer):
        assert ask(lab).reason is Reason.NOT_SUPPORTED


def test_refusal_nonsense_and_no_interface_are_distinguished(lab: Lab) -> None:
    assert ask(lab).reason is Reason.CONNECTION_REFUSED
    with answering(lab, lambda _: b"no test packet at all" * 4):
        tries = (ask(lab, Settings(port=PORT, timeout_s=0.5)).reason for _ in range(30))
        # On a busy machine the answer may come when the time is up.
        assert next(filter(_is_in_time, tries)) is Reason.RESPONSE_INVALID
    absent = Link(name="lan", interface="none0", carrier="isp1")
    assert ask(lab, link=absent).reason is Reason.INTERFACE_ABSENT


@pytest.mark.usefixtures("reflector")
def test_a_run_costs_what_the_schedule_was_told_at_most(lab: Lab) -> None:
    spent = ask(lab).cost_bytes
    assert spent == 4 * 2 * (28 + 44 + 4 + 24)
    assert spent <= PROBE.cost_bytes(anchor(INTERNET_V4[0]), Settings())


def test_a_dead_line_is_silent(lab: Lab) -> None:
    lab.cut("router--isp1")
    finding = ask(lab, Settings(port=PORT, timeout_s=0.3))
    assert (finding.reason, finding.values) == (Reason.TIMED_OUT, {ANSWERED: 0.0})
    lab.clear()


def _is_in_time(reason: Reason | None) -> bool:
    return reason is not Reason.TIMED_OUT


@contextmanager
def answering(lab: Lab, answer: Callable[[bytes], bytes]) -> Iterator[None]:
    """Have a program of the test answer in the reflector's place."""
    anchor = lab.node("anchor")
    with anchor.socket(socket.AF_INET, socket.SOCK_DGRAM) as opened:
        opened.bind((INTERNET_V4[0], PORT))

        def serve() -> None:
            while (received := opened.recvfrom(1500))[0]:
                data, sender = received
                opened.sendto(answer(data), sender)

        thread = Thread(target=serve)
        thread.start()
        try:
            yield
        finally:
            with anchor.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
                last.sendto(b"", (INTERNET_V4[0], PORT))  # which ends it
            thread.join()


@pytest.mark.usefixtures("reflector")
def test_a_link_chosen_by_the_router_reports_the_carrier_in_use(lab: Lab) -> None:
    finding = ask(lab, link=Link(name="lan", interface="eth0", via=Via.ROUTER), networks=NETWORKS)
    assert (finding.values, finding.evidence) == ({ANSWERED: 1.0}, {"used_carrier": "isp1"})
