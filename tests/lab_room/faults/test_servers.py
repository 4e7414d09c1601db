"""Faults of resolvers, portals and hosts: what is answered instead."""

import socket
import time

import pytest

from tests.lab_room.prober import QUICK_S, WAIT_AT_MOST_S
from tests.lab_room.reachability import FIXED4, FIXED6, MOBILE4, PORTAL, broken_links, link_view
from thongsuot_lab.lab import Lab
from thongsuot_lab.spaces.announce import ArpAnnouncer
from thongsuot_lab.testing import needs_lab

pytestmark = [pytest.mark.lab, needs_lab]


@pytest.mark.parametrize(
    ("fault", "answer"),
    [
        ("resolver-refuses carrier=song-hong", "REFUSED"),
        ("resolver-forged-answer carrier=song-hong", "127.0.0.1"),
        ("resolver-forged-answer carrier=song-hong how=captive", "192.0.2.250"),
    ],
)
def test_a_resolver_answers_as_the_fault_says(lab: Lab, fault: str, answer: str) -> None:
    fixed, mobile = link_view(lab, *FIXED4), link_view(lab, *MOBILE4)
    truth = fixed.prober.resolve(fixed.addresses["N"], PORTAL)
    broken_links(lab, fault)
    assert fixed.prober.resolve(fixed.addresses["N"], PORTAL) == answer
    assert mobile.prober.resolve(mobile.addresses["N"], PORTAL) == truth
    lab.heal()
    assert fixed.prober.resolve(fixed.addresses["N"], PORTAL) == truth


def test_a_slow_resolver_answers_late(lab: Lab) -> None:
    fixed = link_view(lab, *FIXED4)
    lab.fault("resolver-slow", carrier="song-hong", delay_s=0.3)
    started_s = time.perf_counter()
    assert fixed.prober.resolve(fixed.addresses["N"], PORTAL).startswith("198.51.100.")
    assert time.perf_counter() - started_s >= 0.3


def test_a_name_that_is_gone_is_soon_unknown_everywhere(lab: Lab) -> None:
    fixed = link_view(lab, *FIXED4)
    lab.fault("name-removed", portal="motcua")
    deadline_s = time.monotonic() + WAIT_AT_MOST_S
    while fixed.prober.resolve(fixed.addresses["N"], "motcua.lab.test") != "NXDOMAIN":
        assert time.monotonic() < deadline_s, "the resolver goes on remembering"
        time.sleep(0.05)
    assert fixed.prober.resolve(fixed.addresses["N"], PORTAL).startswith("198.51.100.")


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        ("portal-refuses", "ConnectionRefusedError"),
        ("portal-error", "HTTP/1.1 500 Server Error"),
        ("portal-error status=503", "HTTP/1.1 503 Whatever"),
        ("portal-certificate", "certificate has expired"),
        ("portal-certificate kind=expiring", "HTTP/1.1 200 OK"),
        (
            "portal-certificate kind=wrong-name",
            f"Hostname mismatch, certificate is not valid for '{PORTAL}'.",
        ),
        ("portal-certificate kind=unknown-issuer", "unable to get local issuer certificate"),
    ],
)
def test_a_portal_answers_as_the_fault_says(lab: Lab, fault: str, status: str) -> None:
    fixed = link_view(lab, *FIXED6)
    broken_links(lab, fault)
    assert fixed.prober.fetch(fixed.addresses["S"], PORTAL)[0] == status
    lab.heal()
    assert fixed.prober.fetch(fixed.addresses["S"], PORTAL)[0] == "HTTP/1.1 200 OK"


def test_a_hanging_portal_connects_and_says_nothing(lab: Lab) -> None:
    fixed = link_view(lab, *FIXED4)
    lab.fault("portal-hangs")
    with fixed.prober._socket(fixed.addresses["S"], socket.SOCK_STREAM, 0, WAIT_AT_MOST_S) as sock:
        sock.connect((fixed.addresses["S"], 443))
    assert fixed.prober.fetch(fixed.addresses["S"], PORTAL, QUICK_S)[0] == "TimeoutError"


def test_a_slow_portal_answers_late(lab: Lab) -> None:
    fixed = link_view(lab, *FIXED4)
    lab.fault("portal-slow", delay_s=0.3)
    started_s = time.perf_counter()
    assert fixed.prober.fetch(fixed.addresses["S"], PORTAL)[0] == "HTTP/1.1 200 OK"
    assert time.perf_counter() - started_s >= 0.3


def test_a_portal_with_a_wrong_body_shows_another_text(lab: Lab) -> None:
    fixed = link_view(lab, *FIXED4)
    assert "Cổng dịch vụ công" in fixed.prober.fetch(fixed.addresses["S"], PORTAL)[1]
    lab.fault("portal-wrong-body", text="It works!")
    body = fixed.prober.fetch(fixed.addresses["S"], PORTAL)[1]
    assert "It works!" in body
    assert "Cổng dịch vụ công" not in body


def test_one_dead_address_of_a_portal_leaves_the_other(lab: Lab) -> None:
    fixed = link_view(lab, *FIXED4)
    v4 = [a for a in lab.topology.addresses_of("portal.dichvucong") if ":" not in a]
    lab.fault("portal-address-down")
    assert fixed.prober.fetch(v4[0], PORTAL)[0] == "HTTP/1.1 200 OK"
    assert fixed.prober.fetch(v4[1], PORTAL, QUICK_S)[0] == "TimeoutError"


def test_a_duplicate_address_takes_the_gateways_answers_away_again_and_again(lab: Lab) -> None:
    device, client, ont = (lab.node(f"s1.{name}") for name in ("device", "client", "ont"))
    hardware = device.run(["cat", "/sys/class/net/fix0/address"]).stdout.strip()
    fixed = link_view(lab, *FIXED4)

    def answers_go_to_device() -> bool:
        return hardware in ont.run(["ip", "neigh", "show", "192.168.1.10"]).stdout

    assert fixed.prober.ping(fixed.addresses["G"])
    assert answers_go_to_device()
    lab.fault("duplicate-address", site="s1")
    assert not answers_go_to_device()

    announcer = ArpAnnouncer(device.network, "fix0", "192.168.1.10")
    announcer.announce()
    announcer.close()
    deadline_s = time.monotonic() + WAIT_AT_MOST_S
    while answers_go_to_device():
        assert time.monotonic() < deadline_s, "the client gives the address up"

    lab.heal()
    assert fixed.prober.ping(fixed.addresses["G"])
    assert answers_go_to_device()
    assert "192.168.1.10" not in client.run(["ip", "-4", "addr", "show", "eth0"]).stdout


def test_a_duplicate_address_is_healed_also_where_nobody_asked_for_it(lab: Lab) -> None:
    lab.node("s1.ont").ip("neigh flush to 192.168.1.10")
    lab.fault("duplicate-address", site="s1")
    lab.node("s1.ont").ip("neigh flush to 192.168.1.10")
    lab.heal()
    fixed = link_view(lab, *FIXED4)
    assert fixed.prober.ping(fixed.addresses["G"])
