"""What an ordinary user can do, with CAP_NET_RAW, with ping sockets, and with neither."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.agent.links.device import ANCHOR4, ANCHOR6
from thongsuot_lab.lab import Lab
from thongsuot_lab.testing import needs_lab

pytestmark = [pytest.mark.lab, needs_lab]

USER = 65534
PROGRAM = Path(__file__).with_name("echo_program.py")


def echoes(lab: Lab, *addresses: str, capabilities: tuple[str, ...] = ()) -> list[dict[str, Any]]:
    """Run the program as an ordinary user on the device, and return what it found."""
    done = lab.node("device").run(
        [sys.executable, str(PROGRAM), *addresses], user=USER, capabilities=capabilities
    )
    reports: list[dict[str, Any]] = json.loads(done.stdout)
    return reports


def allow(lab: Lab, low: int, high: int) -> None:
    """Set who may open ping sockets on the device, by group."""
    line = f"net.ipv4.ping_group_range={low} {high}"
    lab.node("device").run(["sysctl", "-qw", line])


def test_cap_net_raw_is_all_that_is_needed(lab: Lab) -> None:
    allow(lab, 1, 0)
    replies = echoes(lab, ANCHOR4, ANCHOR6, capabilities=("net_raw",))
    assert [
        (reply["link"], reply["raw"], reply["reason"], reply["hop_limit"]) for reply in replies
    ] == [
        ("fixed", True, None, 62),
        ("fixed", True, None, 62),
        ("mobile", True, None, 62),
        ("mobile", True, None, 62),
    ]
    assert all(reply["rtt_s"] > 0 and reply["doubts"] == [] for reply in replies)


def test_without_it_ping_sockets_serve_where_the_group_is_allowed(lab: Lab) -> None:
    allow(lab, USER, USER)
    replies = echoes(lab, ANCHOR4, ANCHOR6)
    assert [
        (reply["link"], reply["raw"], reply["reason"], reply["hop_limit"]) for reply in replies
    ] == [
        ("fixed", False, None, 62),
        ("fixed", False, None, 62),
        ("mobile", False, None, 62),
        ("mobile", False, None, 62),
    ]
    assert all(reply["rtt_s"] > 0 and reply["doubts"] == [] for reply in replies)


def test_a_ping_socket_tells_a_routers_refusal(lab: Lab) -> None:
    allow(lab, USER, USER)
    lab.node("internet").nft(
        "add table inet no",
        "add chain inet no f { type filter hook forward priority 0; }",
        "add rule inet no f ip daddr 203.0.113.1 reject with icmp type admin-prohibited",
        "add rule inet no f ip6 daddr 2001:db8:f::1 reject with icmpv6 type addr-unreachable",
    )
    replies = echoes(lab, ANCHOR4, ANCHOR6)
    assert [reply["reason"] for reply in replies] == ["packet_filtered", "host_unreachable"] * 2


def test_a_ping_socket_does_not_leave_by_the_other_link(lab: Lab) -> None:
    allow(lab, USER, USER)
    lab.node("device").ip("route del default dev fix0", "route del ::/0 dev fix0")
    replies = echoes(lab, ANCHOR4, ANCHOR6)
    assert [reply["reason"] for reply in replies] == ["no_route", "no_route", None, None]


def test_with_neither_the_reason_says_what_to_grant(lab: Lab) -> None:
    allow(lab, 1, 0)
    replies = echoes(lab, ANCHOR4)
    assert [reply["reason"] for reply in replies] == ["permission_denied"] * 2
    assert "CAP_NET_RAW" in replies[0]["detail"]
    assert f"ping_group_range='{USER} {USER}'" in replies[0]["detail"]
