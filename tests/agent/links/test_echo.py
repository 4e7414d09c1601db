"""What counts as an answer to an echo, with real packets between namespaces."""

import asyncio
import socket
import time

import pytest

from tests.agent.links.anchor_by_hand import anchor_by_hand
from tests.agent.links.device import (
    ANCHOR4,
    ANCHOR6,
    FIXED,
    HANGS_S,
    MOBILE,
    PATIENT_S,
    on_device,
    until,
)
from thongsuot_agent.links.monitor import LinkMonitor
from thongsuot_agent.links.pending_echo import EchoResult
from thongsuot_agent.links.state import LinkUnusable
from thongsuot_agent.proto import icmp
from thongsuot_lab.lab import Lab
from thongsuot_lab.testing import needs_lab
from thongsuot_lab.topology.model import Impairment
from thongsuot_schema.inventory.model import Link as Spec
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family, QualityFlag

pytestmark = [pytest.mark.lab, needs_lab]

BOTH = (FIXED, MOBILE)
WAIT_S = 0.3
"""How long an echo waits that gets no answer; one that gets one may take far longer here."""


async def echo(
    monitor: LinkMonitor, link: str, address: str = ANCHOR4, timeout_s: float = PATIENT_S
) -> EchoResult:
    family = Family.IP6 if ":" in address else Family.IP4
    state = monitor.links[link]
    return await state.echoes(family).echo(state.egress(family, address), timeout_s=timeout_s)


def give_up_late(lab: Lab, interface: str) -> None:
    """Have the device look for a neighbour that is not there for minutes, not for three seconds."""
    setting = f"net.ipv4.neigh.{interface}.mcast_solicit=200"
    lab.node("device").run(["sysctl", "-qw", setting])


def test_an_echo_is_answered_over_each_link_and_family(lab: Lab) -> None:
    async def look(monitor: LinkMonitor) -> None:
        for link in ("fixed", "mobile"):
            for address, header in ((ANCHOR4, 20), (ANCHOR6, 40)):
                began_s = time.monotonic()
                got = await echo(monitor, link, address)
                waited_s = time.monotonic() - began_s
                assert got.reason is None
                assert got.rtt_s is not None
                assert 0 < got.rtt_s < waited_s
                assert got.hop_limit == 62
                assert got.doubts == frozenset()
                assert got.sent_bytes == got.received_bytes == header + 8 + 16

    on_device(lab, look, BOTH)


def test_the_round_trip_is_that_of_the_wire(lab: Lab) -> None:
    lab.impair("ont--internet", Impairment(delay_s=0.03), Impairment(delay_s=0.01))

    async def look(monitor: LinkMonitor) -> None:
        await echo(monitor, "fixed")
        got = await echo(monitor, "fixed")
        assert got.rtt_s is not None
        assert got.rtt_s >= 0.04

    on_device(lab, look, BOTH)


def test_the_kernel_tells_nobody_of_a_timestamp_that_is_read_after_the_request(lab: Lab) -> None:
    """It would do so after the timestamp and before the wire: microseconds of each round trip."""

    async def look(monitor: LinkMonitor) -> None:
        for _ in range(2):  # the first one also waits for the neighbour's address
            await echo(monitor, "fixed")
        channel = monitor.links["fixed"].echoes(Family.IP4)
        assert channel.is_raw
        assert not asyncio.get_running_loop().remove_reader(channel._socket.sender)

    on_device(lab, look, BOTH)


def test_many_echoes_at_once_find_each_their_own_answer(lab: Lab) -> None:
    async def look(monitor: LinkMonitor) -> None:
        every = [
            echo(monitor, link, address)
            for _ in range(50)
            for link in ("fixed", "mobile")
            for address in (ANCHOR4, ANCHOR6, "203.0.113.2")
        ]
        assert all(got.rtt_s is not None for got in await asyncio.gather(*every))
        oddities = monitor.links["fixed"].echoes(Family.IP4).unexpected_replies
        assert (oddities.unsolicited, oddities.duplicates, oddities.unproven) == (0, 0, 0)

    on_device(lab, look, BOTH)


def test_an_answer_by_the_other_interface_is_no_proof_and_no_loss(lab: Lab) -> None:
    """The carrier's router sends the answer to the mobile address down the fixed line."""
    device, ont, internet = (lab.node(name) for name in ("device", "ont", "internet"))
    device.run(["sysctl", "-qw", "net.ipv4.conf.all.rp_filter=0", "net.ipv4.conf.fix0.rp_filter=0"])
    lab.node("cpe").nft("flush ruleset")  # no address translation: the answer goes to us directly
    ont.nft("flush ruleset")
    internet.ip("route replace 192.168.8.0/24 via 100.65.0.2 dev fixed")
    ont.ip("route replace 192.168.8.10/32 via 192.168.1.10 dev lan")

    async def look(monitor: LinkMonitor) -> None:
        unexpected = monitor.links["mobile"].echoes(Family.IP4).unexpected_replies
        async with asyncio.timeout(HANGS_S):
            got = await echo(monitor, "mobile", timeout_s=WAIT_S)
            while not unexpected.unproven:  # it came after the end of the wait
                got = await echo(monitor, "mobile", timeout_s=WAIT_S)
        assert got.reason is Reason.EGRESS_UNPROVEN
        assert unexpected.unproven == 1

    on_device(lab, look, BOTH)


def test_silence_is_distinguished_from_packets_that_never_left(lab: Lab) -> None:
    lab.node("anchor").nft(
        "add table inet quiet",
        "add chain inet quiet in { type filter hook input priority 0; policy drop; }",
        # Neighbour discovery lives on: only the answers shall be missing.
        "add rule inet quiet in icmpv6 type != echo-request accept",
    )

    give_up_late(lab, "fix0")

    async def look(monitor: LinkMonitor) -> None:
        await echo(monitor, "fixed", "192.168.1.1")  # its hardware address is known from now on
        silent = await echo(monitor, "fixed", timeout_s=WAIT_S)
        assert (silent.reason, silent.detail) == (Reason.TIMED_OUT, "")
        unknown = await echo(monitor, "fixed", "192.168.1.99", timeout_s=WAIT_S)
        assert unknown.reason is Reason.TIMED_OUT
        assert "hardware address" in unknown.detail

    on_device(lab, look, BOTH)


def test_a_gateway_without_a_neighbour_is_unreachable_when_the_kernel_gives_up(lab: Lab) -> None:
    async def look(monitor: LinkMonitor) -> None:
        got = await echo(monitor, "fixed", "192.168.1.99")
        assert got.reason is Reason.HOST_UNREACHABLE

    on_device(lab, look, BOTH)


@pytest.mark.parametrize(
    ("address", "rule", "reason"),
    [
        (ANCHOR4, "ip daddr 203.0.113.1 reject with icmp type admin-prohibited", "packet_filtered"),
        (
            ANCHOR4,
            "ip daddr 203.0.113.1 reject with icmp type net-unreachable",
            "network_unreachable",
        ),
        (
            ANCHOR6,
            "ip6 daddr 2001:db8:f::1 reject with icmpv6 type admin-prohibited",
            "packet_filtered",
        ),
        (
            ANCHOR6,
            "ip6 daddr 2001:db8:f::1 reject with icmpv6 type addr-unreachable",
            "host_unreachable",
        ),
    ],
)
def test_a_routers_refusal_is_the_reason(lab: Lab, address: str, rule: str, reason: str) -> None:
    lab.node("internet").nft(
        "add table inet no",
        "add chain inet no f { type filter hook forward priority 0; }",
        f"add rule inet no f {rule}",
    )

    async def look(monitor: LinkMonitor) -> None:
        got = await echo(monitor, "mobile", address)
        assert got.reason == Reason(reason)
        assert got.received_bytes > 0

    on_device(lab, look, BOTH)


def test_an_answer_after_the_time_is_up_is_late_and_the_next_echo_reports_it(lab: Lab) -> None:
    async def look(monitor: LinkMonitor) -> None:
        async def answered() -> EchoResult:
            waiting = asyncio.create_task(echo(monitor, "fixed"))
            far.answer(await far.request())
            return await waiting

        got = await echo(monitor, "fixed", timeout_s=0.1)
        assert got.reason is Reason.TIMED_OUT
        assert got.late_rtt_s is None
        far.answer(await far.request())
        oddities = monitor.links["fixed"].echoes(Family.IP4).unexpected_replies
        await until(lambda: oddities.late == 1)
        following = await answered()
        assert following.rtt_s is not None
        assert following.late_rtt_s is not None
        assert following.late_rtt_s >= 0.1
        assert (await answered()).late_rtt_s is None, "it is told once"
        assert (oddities.late, oddities.duplicates) == (1, 0)

    with anchor_by_hand(lab) as far:
        on_device(lab, look, BOTH)


def test_a_refusal_after_the_time_is_up_is_not_a_late_answer(lab: Lab) -> None:
    """A router that finds no next hop refuses after three seconds, which proves no path."""

    async def look(monitor: LinkMonitor) -> None:
        assert (await echo(monitor, "fixed", timeout_s=0.1)).reason is Reason.TIMED_OUT
        far.refuse(await far.request())
        oddities = monitor.links["fixed"].echoes(Family.IP4).unexpected_replies
        await until(lambda: oddities.late == 1)
        following = asyncio.create_task(echo(monitor, "fixed"))
        far.refuse(await far.request())
        assert (await following).reason is Reason.HOST_UNREACHABLE
        assert (await following).late_rtt_s is None
        assert oddities.late == 1

    with anchor_by_hand(lab) as far:
        on_device(lab, look, BOTH)


def test_an_unanswered_flow_is_probed_again_by_a_fresh_flow(lab: Lab) -> None:
    """A NAT with a stuck entry for one identifier must not look like a dead line for ever."""
    lab.impair("ont--internet", Impairment(delay_s=0.2))

    async def look(monitor: LinkMonitor) -> None:
        everything = 0x0003  # ETH_P_ALL
        with socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(everything)) as ear:
            ear.setblocking(False)
            await echo(monitor, "fixed")
            await echo(monitor, "fixed")
            await echo(monitor, "fixed", timeout_s=0.05)
            await echo(monitor, "fixed")
            identifiers = sent_identifiers(ear)
        if monitor.links["fixed"].echoes(Family.IP4).is_raw:
            first, second, third, fourth = identifiers
            assert first == second == third, "a flow that is answered stays the flow that it is"
            assert fourth not in {first, second, third}

    on_device(lab, look, BOTH)


def sent_identifiers(ear: socket.socket) -> list[int]:
    """Return the identifiers of the echo requests that left, as a tap on the device saw them."""
    identifiers: list[int] = []
    while True:
        try:
            data, address = ear.recvfrom(2048)
        except BlockingIOError:
            return identifiers
        if address[2] != socket.PACKET_OUTGOING or data[9:10] != b"\x01":
            continue
        header_bytes = 4 * (data[0] & 15)
        if data[header_bytes] == icmp.IP4.request:
            identifiers.append(int.from_bytes(data[header_bytes + 4 : header_bytes + 6], "big"))


def test_duplicates_are_counted_once_as_answers(lab: Lab) -> None:
    """Both the anchor's kernel and a program there answer."""

    async def look(monitor: LinkMonitor) -> None:
        got = await echo(monitor, "fixed")
        assert got.rtt_s is not None
        far.answer(await far.request())
        oddities = monitor.links["fixed"].echoes(Family.IP4).unexpected_replies
        await until(lambda: oddities.duplicates == 1)
        assert oddities.unsolicited == 0

    with anchor_by_hand(lab, is_silent=False) as far:
        on_device(lab, look, BOTH)


def test_a_forged_answer_does_not_count(lab: Lab) -> None:
    """The forger guesses identifier and sequence number but cannot know the payload."""

    async def look(monitor: LinkMonitor) -> None:
        waiting = asyncio.create_task(echo(monitor, "fixed", timeout_s=2 * WAIT_S))
        far.answer(await far.request(), b"x" * 16)
        assert (await waiting).reason is Reason.TIMED_OUT
        oddities = monitor.links["fixed"].echoes(Family.IP4).unexpected_replies
        await until(lambda: oddities.unsolicited == 1)

    with anchor_by_hand(lab) as far:
        on_device(lab, look, BOTH)


def test_a_starved_process_loses_and_lengthens_nothing(lab: Lab) -> None:
    async def look(monitor: LinkMonitor) -> None:
        await echo(monitor, "fixed")
        waiting = asyncio.create_task(echo(monitor, "fixed", timeout_s=0.2))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        time.sleep(0.5)  # noqa: ASYNC251 - that is what is tested: the loop stands still
        got = await waiting
        assert got.reason is None
        assert got.rtt_s is not None
        assert got.rtt_s < 0.5, "the time for which the loop stood still is none of the line's"

    on_device(lab, look, BOTH)


def test_a_late_timer_is_a_doubt(lab: Lab) -> None:
    lab.node("anchor").run(["sysctl", "-qw", "net.ipv4.icmp_echo_ignore_all=1"])

    async def look(monitor: LinkMonitor) -> None:
        waiting = asyncio.create_task(echo(monitor, "fixed", timeout_s=0.05))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        time.sleep(0.3)  # noqa: ASYNC251 - the loop stands still
        got = await waiting
        assert got.reason is Reason.TIMED_OUT
        assert QualityFlag.TIMER_LATE in got.doubts

    on_device(lab, look, BOTH)


def test_closing_a_link_ends_what_is_under_way(lab: Lab) -> None:
    lab.node("anchor").run(["sysctl", "-qw", "net.ipv4.icmp_echo_ignore_all=1"])

    async def look(monitor: LinkMonitor) -> None:
        waiting = asyncio.create_task(echo(monitor, "fixed", timeout_s=HANGS_S))
        await asyncio.sleep(0)  # it is sent
        monitor.links["fixed"].close()
        assert (await waiting).reason is Reason.INTERFACE_DOWN

    on_device(lab, look, BOTH)


def test_packets_that_the_device_itself_refuses_are_unmeasured_and_leave_no_trace(lab: Lab) -> None:
    device = lab.node("device")

    async def look(monitor: LinkMonitor) -> None:
        await echo(monitor, "fixed")
        device.nft(
            "add table inet own",
            "add chain inet own out { type filter hook output priority 0; }",
            "add rule inet own out icmp type echo-request drop",
        )
        for _ in range(3):
            with pytest.raises(LinkUnusable) as caught:
                await echo(monitor, "fixed")
            assert caught.value.reason is Reason.PERMISSION_DENIED
        device.nft("delete table inet own")
        for _ in range(3):
            got = await echo(monitor, "fixed")
            # The stamps of sent packets still find their packets.
            assert (got.reason, got.doubts) == (None, frozenset())

    on_device(lab, look, BOTH)


def test_an_interface_that_was_plugged_in_again_gets_new_sockets(lab: Lab) -> None:
    device = lab.node("device")
    again = (
        "link add m0 type veth peer name m1",
        "link set m0 up",
        "link set m1 up",
        "addr add 10.7.0.1/24 dev m0",
    )
    device.ip(*again)

    async def look(monitor: LinkMonitor) -> None:
        link = monitor.links["modem"]
        first = link.echoes(Family.IP4)
        assert link.echoes(Family.IP4) is first
        device.ip("link del m0", *again)
        monitor.refresh()
        assert link.echoes(Family.IP4) is not first
        give_up_late(lab, "m0")
        # Nobody answers at the other end: but it can be sent again, which the old socket could not.
        got = await echo(monitor, "modem", "10.7.0.2", timeout_s=WAIT_S)
        assert got.reason is Reason.TIMED_OUT

    on_device(lab, look, (Spec(name="modem", interface="m0"),))
