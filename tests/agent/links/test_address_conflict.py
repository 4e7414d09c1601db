import asyncio
import logging
import socket
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.agent.links.device import until
from thongsuot_agent.links.address_conflict import (
    ConflictDetector,
    ConflictTiming,
    ListenPoint,
    listen_point,
)
from thongsuot_agent.links.rtnetlink_client import RtnetlinkClient
from thongsuot_agent.links.state import LinkState
from thongsuot_agent.proto import arp
from thongsuot_agent.proto.rtnetlink import IFF_NOARP, LinkMessage
from thongsuot_lab.lab import Lab
from thongsuot_lab.testing import needs_lab, pair
from thongsuot_lab.topology.small import LEFT_V4, RIGHT_V4

PROGRAM = Path(__file__).with_name("address_conflict_program.py")
OURS, OTHER = LEFT_V4, RIGHT_V4
STRANGER = bytes.fromhex("02fc000000aa")
SWIFT = ConflictTiming(first_s=0.0, quiet_s=0.02, claimed_s=0.02, hold_s=1.0)
BRIEF = replace(SWIFT, hold_s=0.1)
NEVER_ASKS = ConflictTiming(first_s=3600.0, quiet_s=3600.0, claimed_s=3600.0)

MESSAGE = LinkMessage(
    family=0,
    index=7,
    name="eth0",
    hardware_type=1,
    flags=0x1043,
    operstate=6,
    carrier=True,
    mtu=1500,
    hardware_address=STRANGER,
    carrier_changes=1,
    counters=None,
)


def test_the_place_is_the_interface_with_its_addresses() -> None:
    state = LinkState(addresses4=(OURS,))
    assert listen_point(MESSAGE, state) == ListenPoint(
        interface="eth0", index=7, hardware=STRANGER, addresses=(socket.inet_aton(OURS),)
    )


def test_there_is_no_place_without_an_interface_arp_or_an_address() -> None:
    state = LinkState(addresses4=(OURS,))
    assert listen_point(None, state) is None
    assert listen_point(MESSAGE, LinkState()) is None
    assert listen_point(replace(MESSAGE, flags=MESSAGE.flags | IFF_NOARP), state) is None
    assert listen_point(replace(MESSAGE, hardware_type=512), state) is None  # point to point


@pytest.fixture
def two() -> Iterator[Lab]:
    """``left``, which listens, and ``right``, which is to have its address as well."""
    with pair() as running:
        yield running


def hardware_of(lab: Lab, node: str) -> bytes:
    def look() -> bytes:
        with RtnetlinkClient() as kernel:
            return kernel.link(socket.if_nametoindex("eth0")).hardware_address

    return lab.node(node).call(look)


def place_in(lab: Lab) -> ListenPoint:
    return ListenPoint(
        interface="eth0",
        index=lab.node("left").call(lambda: socket.if_nametoindex("eth0")),
        hardware=hardware_of(lab, "left"),
        addresses=(socket.inet_aton(OURS),),
    )


def listening(
    lab: Lab,
    work: Callable[[ConflictDetector, list[None]], Awaitable[None]],
    pace: ConflictTiming,
    own: tuple[bytes, ...] = (),
) -> None:
    """Run a coroutine on ``left`` with an ear there, and a list that grows with every news."""
    place = place_in(lab)

    async def main() -> None:
        news: list[None] = []
        ear = ConflictDetector(lambda: news.append(None), pace)
        try:
            ear.follow(place, own)
            await work(ear, news)
        finally:
            ear.close()

    lab.node("left").call(lambda: asyncio.run(main()))


def claiming(lab: Lab) -> socket.socket:
    """A socket on ``right`` to say things with."""
    opened = lab.node("right").socket(socket.AF_PACKET, socket.SOCK_DGRAM)
    opened.bind(("eth0", 0))
    return opened


def claim(opened: socket.socket, hardware: bytes, address: str = OURS) -> None:
    """Say to everyone that a hardware address has an IPv4 address (an announcement)."""
    packed = socket.inet_aton(address)
    packet = arp.build_request(hardware=hardware, source=packed, target=packed)
    opened.sendto(packet, ("eth0", arp.ETHERTYPE_ARP, 0, 0, arp.BROADCAST))


@pytest.mark.lab
@needs_lab
def test_a_host_that_announces_our_address_is_heard_once(two: Lab) -> None:
    async def work(ear: ConflictDetector, news: list[None]) -> None:
        with claiming(two) as opened:
            claim(opened, STRANGER, OTHER)
            for _ in range(500):
                claim(opened, STRANGER)
        await until(lambda: bool(ear.claims((OURS,))))
        assert ear.claims((OTHER, OURS)) == (f"{OURS} is claimed by {STRANGER.hex(':')}",)
        assert len(news) == 1

    listening(two, work, NEVER_ASKS)


@pytest.mark.lab
@needs_lab
def test_a_quiet_host_is_found_by_asking_and_the_conflict_ends_with_it(two: Lab) -> None:
    right, hardware = two.node("right"), hardware_of(two, "right").hex(":")

    async def work(ear: ConflictDetector, news: list[None]) -> None:
        right.ip(f"addr add {OURS}/24 dev eth0")  # which says nothing by itself (arp_notify 0)
        await until(lambda: ear.claims((OURS,)) == (f"{OURS} is claimed by {hardware}",))
        right.ip(f"addr del {OURS}/24 dev eth0")
        await until(lambda: not ear.claims((OURS,)))
        assert len(news) == 2

    listening(two, work, SWIFT)


@pytest.mark.lab
@needs_lab
def test_a_conflict_does_not_end_while_the_process_stands_still(two: Lab) -> None:
    hardware = hardware_of(two, "right").hex(":")

    async def work(ear: ConflictDetector, news: list[None]) -> None:
        two.node("right").ip(f"addr add {OURS}/24 dev eth0")
        for _ in range(3):
            await until(lambda: ear.claims((OURS,)) == (f"{OURS} is claimed by {hardware}",))
            time.sleep(2 * BRIEF.hold_s)  # noqa: ASYNC251 - that is what is tested
            await asyncio.sleep(BRIEF.claimed_s)
        assert len(news) == 1

    listening(two, work, BRIEF)


@pytest.mark.lab
@needs_lab
def test_another_interface_of_our_own_is_no_conflict(two: Lab) -> None:
    async def work(ear: ConflictDetector, news: list[None]) -> None:
        with claiming(two) as opened:
            claim(opened, hardware_of(two, "right"))
            claim(opened, STRANGER)
        await until(lambda: bool(news))
        assert STRANGER.hex(":") in ear.claims((OURS,))[0]
        assert len(news) == 1

    listening(two, work, NEVER_ASKS, own=(hardware_of(two, "right"),))


@pytest.mark.lab
@needs_lab
def test_conflicts_are_detected_again_after_the_interface_was_down(
    two: Lab, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "thongsuot_agent.links.address_conflict")

    async def work(ear: ConflictDetector, _: list[None]) -> None:
        two.node("left").ip("link set eth0 down")
        await until(lambda: caplog.text.count("cannot query own addresses") >= 3)
        two.node("left").ip("link set eth0 up")
        with claiming(two) as opened:

            def heard() -> bool:
                claim(opened, STRANGER)  # the first may be lost while the interface comes up
                return bool(ear.claims((OURS,)))

            await until(heard)

    listening(two, work, SWIFT)


@pytest.mark.lab
@needs_lab
def test_an_address_that_is_given_up_is_no_longer_in_conflict(two: Lab) -> None:
    async def work(ear: ConflictDetector, _: list[None]) -> None:
        with claiming(two) as opened:
            claim(opened, STRANGER)
        await until(lambda: bool(ear.claims((OURS,))))
        ear.follow(replace(place_in(two), addresses=(socket.inet_aton(OTHER),)), ())
        ear.follow(place_in(two), ())
        assert ear.claims((OURS,)) == ()
        ear.follow(None, ())

    listening(two, work, NEVER_ASKS)


@pytest.mark.lab
@needs_lab
def test_an_interface_that_is_gone_is_tried_again_at_the_next_reading(two: Lab) -> None:
    gone = replace(place_in(two), interface="eth7", index=99)

    async def work(ear: ConflictDetector, _: list[None]) -> None:
        ear.follow(gone, ())
        ear.follow(place_in(two), ())
        with claiming(two) as opened:
            claim(opened, STRANGER)
        await until(lambda: bool(ear.claims((OURS,))))

    listening(two, work, NEVER_ASKS)


@pytest.mark.lab
@needs_lab
@pytest.mark.parametrize("capabilities", [(), ("net_raw",)])
def test_an_ordinary_user_receives_it_with_cap_net_raw_and_reports_its_absence_without(
    lab: Lab, capabilities: tuple[str, ...]
) -> None:
    lab.node("ont").ip("addr add 192.168.1.10/32 dev lan")
    done = lab.node("device").run(
        [sys.executable, str(PROGRAM)], user=65534, capabilities=capabilities
    )
    if capabilities:
        assert "192.168.1.10 is claimed by" in done.stdout
    else:
        assert "cannot listen to ARP (fix0): no CAP_NET_RAW" in done.stdout
