import asyncio
import itertools
import logging
import re
import socket
from collections.abc import Awaitable, Callable
from dataclasses import replace

import msgspec
import pytest

from tests.agent.links.device import FIXED, MOBILE, both, on_device, until
from thongsuot_agent.links.monitor import LinkMonitor, spec_for
from thongsuot_agent.links.state import ABSENT, LinkState
from thongsuot_lab.lab import Lab
from thongsuot_lab.testing import needs_lab
from thongsuot_schema.inventory.fields import Medium
from thongsuot_schema.inventory.model import Link as Spec

pytestmark = [pytest.mark.lab, needs_lab]

Change = tuple[str, LinkState, LinkState]


async def following(
    monitor: LinkMonitor, work: Callable[[], Awaitable[object]], changes: list[Change]
) -> None:
    """Run ``work`` while the monitor follows netlink into ``changes``."""
    task = asyncio.create_task(monitor.run(lambda *change: changes.append(change)))
    try:
        await work()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def test_every_interface_with_a_default_route_is_a_link(lab: Lab) -> None:
    async def look(monitor: LinkMonitor) -> None:
        assert set(monitor.links) == {"fix0", "wwan0"}
        fixed, mobile = both(monitor)
        assert fixed.state == replace(
            fixed.state,
            present=True,
            carrier=True,
            addresses4=("192.168.1.10",),
            addresses6=("2001:db8:a1::10",),
            gateway4="192.168.1.1",
            gateway6="2001:db8:a1::1",
            has_route4=True,
            has_route6=True,
            address_conflict=False,
        )
        assert fixed.state.index == socket.if_nametoindex("fix0")
        assert fixed.state.link_local6 is not None
        assert fixed.spec.medium is Medium.ETHERNET
        assert mobile.spec.medium is Medium.RADIO_5G

    on_device(lab, look)


def test_the_inventory_of_a_followed_link_can_change_and_be_restored(
    lab: Lab,
) -> None:
    def known(spec: Spec) -> Spec:
        return msgspec.structs.replace(spec, carrier="vnpt", resolvers=("192.0.2.53",))

    async def look(monitor: LinkMonitor) -> None:
        fixed, mobile = both(monitor)
        state, resolvers = fixed.state, fixed.resolvers
        monitor.update_specs(known)
        assert (fixed.spec.carrier, fixed.spec.interface) == ("vnpt", "fix0")
        assert fixed.resolvers == mobile.resolvers == ("192.0.2.53",)
        assert fixed.state is state, "what the kernel says has not changed"
        monitor.refresh()
        assert both(monitor) == (fixed, mobile)
        monitor.update_specs(lambda spec: spec)
        assert (fixed.spec.carrier, fixed.resolvers) == ("", resolvers)

    on_device(lab, look)


def test_links_of_the_inventory_are_followed_whether_they_exist_or_not(lab: Lab) -> None:
    ghost = Spec(name="ghost", interface="eth7")

    async def look(monitor: LinkMonitor) -> None:
        assert list(monitor.links) == ["fixed", "ghost"]
        assert monitor.links["ghost"].state == ABSENT
        assert monitor.links["fixed"].state.has_route4

    on_device(lab, look, (FIXED, ghost))


def test_a_cable_that_is_pulled_is_reported_at_once_and_again_when_it_is_back(lab: Lab) -> None:
    async def follow(monitor: LinkMonitor) -> None:
        changes: list[Change] = []
        fixed = monitor.links["fixed"]

        async def pull() -> None:
            lab.cut("device--ont")
            await until(lambda: not fixed.state.carrier)
            lab.clear()
            await until(lambda: fixed.state.carrier and fixed.state.has_route4)

        await following(monitor, pull, changes)
        assert {name for name, _, _ in changes} == {"fixed"}
        assert [after.carrier for _, before, after in changes if before.carrier != after.carrier][
            :2
        ] == [False, True]
        for (_, _, after), (_, before, _) in itertools.pairwise(changes):
            assert after == before

    on_device(lab, follow, (FIXED, MOBILE))


def test_a_flap_shorter_than_a_reading_is_reported(lab: Lab) -> None:
    device = lab.node("device")

    async def follow(monitor: LinkMonitor) -> None:
        changes: list[Change] = []

        async def flap() -> None:
            await asyncio.sleep(0)
            device.ip(*["link set wwan0 down", "link set wwan0 up"] * 3)
            await until(lambda: len(changes) >= 6)

        await following(monitor, flap, changes)
        carriers = [
            after.carrier for _, before, after in changes if before.carrier != after.carrier
        ]
        assert carriers.count(False) == 3

    on_device(lab, follow, (MOBILE,))


def test_leaving_a_bridge_is_no_loss_of_carrier(lab: Lab) -> None:
    device = lab.node("device")
    device.ip("link add br0 type bridge", "link set br0 up")

    async def follow(monitor: LinkMonitor) -> None:
        changes: list[Change] = []

        async def join_and_leave() -> None:
            device.ip(
                "link set wwan0 master br0",
                "link set wwan0 nomaster",
                "addr add 10.9.9.9/32 dev wwan0",
            )
            await until(lambda: "10.9.9.9" in monitor.links["mobile"].state.addresses4)

        await following(monitor, join_and_leave, changes)
        assert all(after.carrier for _, _, after in changes)

    on_device(lab, follow, (MOBILE,))


def test_a_route_that_goes_leaves_the_link_and_one_that_comes_makes_one(lab: Lab) -> None:
    device = lab.node("device")
    device.ip("route del default dev wwan0", "route del ::/0 dev wwan0")

    async def follow(monitor: LinkMonitor) -> None:
        assert set(monitor.links) == {"fix0"}
        changes: list[Change] = []

        async def move() -> None:
            device.ip("route add default via 192.168.8.1 dev wwan0 metric 7")
            await until(lambda: "wwan0" in monitor.links)
            assert changes[-1][:2] == ("wwan0", ABSENT)
            device.ip("route del default dev fix0")
            await until(lambda: not monitor.links["fix0"].state.has_route4)
            assert monitor.links["fix0"].state.gateway4 is None
            assert monitor.links["fix0"].state.has_route6

        await following(monitor, move, changes)

    on_device(lab, follow)


def test_an_address_that_changes_is_followed(lab: Lab) -> None:
    device = lab.node("device")

    async def follow(monitor: LinkMonitor) -> None:
        mobile = monitor.links["mobile"]

        async def change() -> None:
            device.ip("addr del 192.168.8.10/24 dev wwan0", "addr add 192.168.8.77/24 dev wwan0")
            await until(lambda: mobile.state.addresses4 == ("192.168.8.77",))

        await following(monitor, change, [])

    on_device(lab, follow, (MOBILE,))


def test_an_interface_that_goes_and_comes_back_is_followed_under_its_new_number(lab: Lab) -> None:
    device = lab.node("device")
    device.ip("link add modem0 type veth peer name m1")

    async def follow(monitor: LinkMonitor) -> None:
        modem = monitor.links["modem"]
        before = modem.state.index
        assert before > 0

        async def replug() -> None:
            device.ip("link del modem0")
            await until(lambda: not modem.state.present)
            device.ip(
                "link add modem0 type veth peer name m1", "link set modem0 up", "link set m1 up"
            )
            await until(lambda: modem.state.carrier)
            assert modem.state.index not in {0, before}

        await following(monitor, replug, [])

    on_device(lab, follow, (Spec(name="modem", interface="modem0"),))


def test_a_duplicate_address_is_a_conflict_and_not_usable(lab: Lab) -> None:
    lab.node("ont").ip("addr add 2001:db8:a1::66/64 dev lan nodad")
    device = lab.node("device")
    device.run(
        ["sysctl", "-qw", "net.ipv6.conf.fix0.accept_dad=1", "net.ipv6.conf.fix0.dad_transmits=1"]
    )

    async def follow(monitor: LinkMonitor) -> None:
        fixed = monitor.links["fixed"]

        async def collide() -> None:
            device.ip("addr add 2001:db8:a1::66/64 dev fix0")
            await until(lambda: fixed.state.address_conflict)
            assert "2001:db8:a1::66" not in fixed.state.addresses6

        await following(monitor, collide, [])

    on_device(lab, follow, (FIXED,))


def test_an_ip4_address_that_another_host_claims_is_a_conflict_and_stays_usable(lab: Lab) -> None:
    async def follow(monitor: LinkMonitor) -> None:
        fixed, mobile = monitor.links["fixed"], monitor.links["mobile"]
        changes: list[Change] = []

        async def collide() -> None:
            # Only now, so that the first look at the ways out is not disturbed by it.
            lab.node("ont").ip("addr add 192.168.1.10/32 dev lan")
            await until(lambda: fixed.state.address_conflict)
            assert fixed.state.conflict.startswith("192.168.1.10 is claimed by ")
            assert fixed.state.addresses4 == ("192.168.1.10",)
            assert not mobile.state.address_conflict
            # A new address ends it at once: nobody claims that one.
            lab.node("device").ip(
                "addr add 192.168.1.11/24 dev fix0", "addr del 192.168.1.10/24 dev fix0"
            )
            await until(lambda: not fixed.state.address_conflict)

        await following(monitor, collide, changes)
        # With the address the default route of the fixed link goes: the other carries, no more.
        others = [(before, after) for name, before, after in changes if name == "mobile"]
        assert [replace(after, carries4=False) for _, after in others] == [
            replace(before, carries4=False) for before, _ in others
        ]

    on_device(lab, follow, (FIXED, MOBILE))


def test_messages_that_the_kernel_dropped_are_made_up_for(
    lab: Lab, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    device = lab.node("device")

    async def follow(monitor: LinkMonitor) -> None:
        mobile = monitor.links["mobile"]
        # Far more messages than the queue holds, while nobody listens: the kernel says ENOBUFS.
        toggles = [
            f"addr {verb} 10.0.{n // 250}.{n % 250}/32 dev wwan0"
            for n in range(3000)
            for verb in ("add", "del")
        ]
        device.ip(*toggles, "addr add 10.9.9.9/32 dev wwan0")

        async def catch_up() -> None:
            await until(lambda: "10.9.9.9" in mobile.state.addresses4)

        await following(monitor, catch_up, [])

    on_device(lab, follow, (MOBILE,))
    assert "dropped by the kernel" in caplog.text


NAME = re.compile(r"^[a-z0-9][a-z0-9._-]{0,62}$")


def test_a_link_is_named_after_its_interface() -> None:
    spec = spec_for("enp3s0", frozenset())
    assert (spec.name, spec.interface, spec.medium) == ("enp3s0", "enp3s0", Medium.ETHERNET)


def test_modems_are_known_by_their_names() -> None:
    for interface in ("wwan0", "wwp0s20f0u4", "ppp0", "usb0"):
        assert spec_for(interface, frozenset()).medium is Medium.RADIO_5G


def test_any_interface_gets_a_name_that_can_stand_in_labels() -> None:
    for interface in ("WAN", "eth0:1", "br-ex@x", "_odd", "Đ", "a" * 15):
        assert NAME.match(spec_for(interface, frozenset()).name)


def test_a_name_that_is_taken_gets_a_number() -> None:
    assert spec_for("WAN", frozenset({"wan"})).name == "wan-2"
    assert spec_for("wan", frozenset({"wan", "wan-2"})).name == "wan-3"
