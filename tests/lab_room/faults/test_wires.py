"""Faults that leave everything in reach, but worse."""

import socket
import struct
import time

import pytest

from tests.lab_room.prober import QUICK_S, WAIT_AT_MOST_S
from tests.lab_room.reachability import FIXED4, FIXED6, MOBILE4, PORTAL, link_view, round_trip_s
from thongsuot_lab.errors import TopologyError
from thongsuot_lab.lab import Lab
from thongsuot_lab.testing import needs_lab

pytestmark = [pytest.mark.lab, needs_lab]


def test_an_mtu_black_hole_takes_large_packets_only(lab: Lab) -> None:
    fixed = link_view(lab, *FIXED4)
    lab.fault("mtu-black-hole", site="s1", largest_bytes=1200)
    assert fixed.prober.ping(fixed.addresses["A"], size_bytes=1000)
    assert not fixed.prober.ping(fixed.addresses["A"], QUICK_S, size_bytes=1400)
    path = "/bytes/20000"
    assert fixed.prober.fetch(fixed.addresses["S"], PORTAL, 2 * QUICK_S, path)[0] == "TimeoutError"
    lab.heal()
    assert fixed.prober.ping(fixed.addresses["A"], size_bytes=1400)


def test_a_delayed_line_is_slower_by_what_was_asked(lab: Lab) -> None:
    fixed = link_view(lab, *FIXED4)
    before_s = round_trip_s(fixed, "H")
    lab.fault("delay", site="s1", added_s=0.25)
    assert round_trip_s(fixed, "H") >= 0.25
    lab.heal()
    assert round_trip_s(fixed, "H", below_s=before_s + 0.2) < before_s + 0.2


def test_a_longer_route_slows_what_lies_beyond_the_core_and_nothing_before(lab: Lab) -> None:
    fixed = link_view(lab, *FIXED6)
    beyond_s = round_trip_s(fixed, "P", below_s=0.2)
    lab.fault("route-change", carrier="song-hong", added_s=0.2)
    assert round_trip_s(fixed, "P") >= 0.2 > beyond_s
    assert round_trip_s(fixed, "A", below_s=0.2) < 0.2


def test_lost_packets_are_counted_by_the_wire_that_lost_them(lab: Lab) -> None:
    fixed = link_view(lab, *FIXED4)
    wire = lab.topology.site("s1").uplink("fixed").access_wire
    assert fixed.prober.ping(fixed.addresses["H"])
    before = lab.wires_report().wires[wire]
    lab.fault("loss", site="s1", ratio=0.5, direction="down")
    count = 200
    with fixed.prober._socket("", socket.SOCK_DGRAM, socket.IPPROTO_ICMP, WAIT_AT_MOST_S) as sock:
        for number in range(count):
            sock.sendto(struct.pack("!BBHHH", 8, 0, 0, 0, number), (fixed.addresses["H"], 0))
        while (after := lab.wires_report().wires[wire]).b_to_a.arrived < (
            before.b_to_a.arrived + count
        ):
            time.sleep(0.01)
        lost = after.b_to_a.lost - before.b_to_a.lost
        assert count * 0.3 < lost < count * 0.7
        assert after.a_to_b.lost == before.a_to_b.lost
        # Every answer that was not lost is there; neighbour discovery may have lost a frame, too.
        for _ in range(count - lost):
            sock.recv(100)


def test_a_slow_line_carries_a_tenth(lab: Lab) -> None:
    wire = lab.topology.site("s1").uplink("fixed").access_wire
    base = lab.topology.wire(wire).b_to_a.rate_bps
    assert base is not None
    lab.fault("slow-line", site="s1")
    assert lab.wires_report().wires[wire].b_to_a.impairment.rate_bps == pytest.approx(base / 10)
    prober = link_view(lab, *FIXED4)
    size_bytes = 500_000
    started_s = time.perf_counter()
    _, body = prober.prober.fetch(prober.addresses["S"], PORTAL, path=f"/bytes/{size_bytes}")
    took_s = time.perf_counter() - started_s
    assert len(body) == size_bytes
    assert took_s > 0.8 * size_bytes * 8 / (base / 10)


def test_a_download_at_the_site_fills_its_queue_and_loses_little(lab: Lab) -> None:
    fixed, mobile = link_view(lab, *FIXED4), link_view(lab, *MOBILE4)
    quiet_s = round_trip_s(fixed, "H", below_s=0.05)
    lab.fault("lan-congested", site="s1")
    deadline_s = time.monotonic() + WAIT_AT_MOST_S
    while round_trip_s(fixed, "H") < quiet_s + 0.05:
        assert time.monotonic() < deadline_s, "the queue does not fill"
    assert round_trip_s(mobile, "H", below_s=0.2) < 0.2


def test_a_download_of_the_device_is_seen_by_its_own_counters(lab: Lab) -> None:
    device = lab.node("s1.device")

    def received_bytes() -> int:
        shown = device.run(["cat", "/sys/class/net/fix0/statistics/rx_bytes"])
        return int(shown.stdout)

    before = received_bytes()
    lab.fault("lan-congested", site="s1", source="device")
    deadline_s = time.monotonic() + WAIT_AT_MOST_S
    while received_bytes() < before + 1_000_000:
        assert time.monotonic() < deadline_s, "nothing comes in by the fixed line"


def test_a_download_by_somebody_else_is_refused(lab: Lab) -> None:
    with pytest.raises(TopologyError, match="client or device, not 'ont'"):
        lab.fault("lan-congested", site="s1", source="ont")


def test_a_flapping_line_comes_and_goes(lab: Lab) -> None:
    wire = lab.topology.site("s1").uplink("fixed").access_wire
    lab.fault("flap", site="s1", every_s=0.1)
    states: set[bool] = set()
    deadline_s = time.monotonic() + WAIT_AT_MOST_S
    while len(states) < 2 and time.monotonic() < deadline_s:
        states.add(bool(lab.wires_report().wires[wire].cut_by))
    assert states == {True, False}
    lab.heal()
    assert not lab.wires_report().wires[wire].cut_by
