"""Timestamps that come after the numbers of packets have restarted, from the kernel itself."""

import asyncio

import pytest

from tests.agent.links.device import ANCHOR4, FIXED, HANGS_S, PATIENT_S, on_device
from thongsuot_agent.links.echo import EchoChannel
from thongsuot_agent.links.monitor import LinkMonitor
from thongsuot_agent.links.state import LinkUnusable
from thongsuot_lab.lab import Lab
from thongsuot_lab.testing import needs_lab
from thongsuot_schema.result import Family

pytestmark = [pytest.mark.lab, needs_lab]


class OldPacket:
    """A device whose echo waits for a neighbour's address: stamped when the test resolves it."""

    def __init__(self, lab: Lab, monitor: LinkMonitor) -> None:
        self._device = lab.node("device")
        self._link = monitor.links["fixed"]
        self.channel: EchoChannel = self._link.echoes(Family.IP4)
        source = self._link.egress(Family.IP4, ANCHOR4).source
        self._nobody = source.rpartition(".")[0] + ".77"
        # The kernel looks for it for minutes, not for three seconds.
        setting = "net.ipv4.neigh.fix0.mcast_solicit=200"
        self._device.run(["sysctl", "-qw", setting])

    async def echo(self) -> frozenset[str]:
        """Return the doubts about the round trip to a target that answers."""
        egress = self._link.egress(Family.IP4, ANCHOR4)
        got = await self.channel.echo(egress, timeout_s=PATIENT_S)
        assert got.reason is None
        return frozenset(got.doubts)

    def wait_for_neighbour(self) -> "asyncio.Task[object]":
        """Send the packet that waits."""
        egress = self._link.egress(Family.IP4, self._nobody)
        return asyncio.create_task(self.channel.echo(egress, timeout_s=HANGS_S))

    def leave(self) -> None:
        """Resolve the address: the packet leaves, and its timestamp is queued, within the call."""
        self._device.ip(
            f"neigh replace {self._nobody} lladdr 02:00:00:00:00:77 dev fix0 nud permanent"
        )

    async def restart_numbers(self) -> None:
        """Let the kernel refuse a packet."""
        self._device.nft(
            "add table inet own",
            "add chain inet own out { type filter hook output priority 0; }",
            "add rule inet own out icmp type echo-request drop",
        )
        egress = self._link.egress(Family.IP4, ANCHOR4)
        with pytest.raises(LinkUnusable):
            await self.channel.echo(egress, timeout_s=PATIENT_S)
        self._device.nft("delete table inet own")


@pytest.mark.parametrize("is_stamped_before", [True, False])
def test_an_old_packets_timestamp_is_not_that_of_the_new_one_with_its_number(
    lab: Lab, *, is_stamped_before: bool
) -> None:
    """
    The old packet is the first one of its numbers, as the new one is of the numbers after it: what
    it waited is no part of the new one's round trip, and the new one's own timestamp counts.
    """

    async def look(monitor: LinkMonitor) -> None:
        old = OldPacket(lab, monitor)
        assert old.channel.is_raw
        await old.echo()  # finds the gateway's address
        await old.restart_numbers()
        waiting = old.wait_for_neighbour()
        await asyncio.sleep(0)  # it is sent
        # From here on nothing awaits: the loop would read a timestamp as soon as it is there.
        if is_stamped_before:
            old.leave()
            await old.restart_numbers()
        else:
            await old.restart_numbers()
            old.leave()
        assert await old.echo() == frozenset()
        assert await old.echo() == frozenset(), "the next one finds its own as well"
        waiting.cancel()

    on_device(lab, look, (FIXED,))
