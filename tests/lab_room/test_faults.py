"""Every fault breaks what it says, nothing else, and heals. What is seen is seen from site s1."""

import socket
import struct
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest

from tests.lab_room.eyes import PATIENT_S, QUICK_S, Eyes
from thongsuot_lab import faults
from thongsuot_lab.errors import TopologyError, UnknownFaultError
from thongsuot_lab.lab import Lab
from thongsuot_lab.testing import needs_lab
from thongsuot_lab.topology.city import city
from thongsuot_schema.segment import Segment

pytestmark = [pytest.mark.lab, needs_lab]

PORTAL = "dichvucong.lab.test"


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with Lab(city(2)) as lab:
        yield lab
        assert lab.active_faults() == []


@pytest.fixture(autouse=True)
def healed(lab: Lab) -> Iterator[None]:
    yield
    lab.heal()


# What can be looked at by a link, from near to far, in each family: the key of a letter below.
LETTERS = {
    "G": "gateway",
    "H": "first hop of the carrier",
    "R": "the carrier's resolver, by ping",
    "N": "a name, from that resolver",
    "A": "the carrier's own anchor",
    "P": "the other carrier's anchor",
    "W": "the foreign anchor",
    "S": "the first portal's page",
}
ALL = "".join(LETTERS)


@dataclass(frozen=True)
class View:
    """One link of one site, in one family, and the addresses behind each letter."""

    eyes: Eyes
    addresses: dict[str, str]

    def sees(self, letter: str, patience_s: float) -> bool:
        address = self.addresses[letter]
        if letter == "N":
            return "Error" not in self.eyes.resolve(address, PORTAL, patience_s)
        if letter == "S":
            return self.eyes.fetch(address, PORTAL, patience_s)[0] == "HTTP/1.1 200 OK"
        return self.eyes.ping(address, patience_s)


def view(lab: Lab, site: str, link: str, family: str) -> View:
    topology = lab.topology
    uplink = topology.site(site).uplink(link)
    carrier = topology.carrier(uplink.carrier)
    other = next(one for one in topology.carriers if one is not carrier)

    def first(addresses: tuple[str, ...]) -> str:
        return next(one for one in addresses if (":" in one) == (family == "v6"))

    line = topology.wire(uplink.access_wire).b
    box = topology.node(uplink.cpe).bridges[0]
    addresses = {
        "G": first((str(box.v4[0].ip), str(box.v6[0].ip))),
        "H": first((str(line.v4[0].ip), str(line.v6[0].ip))),
        "R": first(topology.addresses_of(carrier.resolver)),
        "N": first(topology.addresses_of(carrier.resolver)),
        "A": first(topology.addresses_of(carrier.anchor)),
        "P": first(topology.addresses_of(other.anchor)),
        "W": first(topology.addresses_of("abroad")),
        "S": first(topology.addresses_of("portal.dichvucong")),
    }
    device = topology.site(site).device
    return View(Eyes(lab, device, uplink.interface), addresses)


def assert_seen(lab: Lab, expected: dict[tuple[str, str, str], str]) -> None:
    """Each (site, link, family) sees exactly these letters."""
    jobs = [
        (where, letter, letter in seen, view(lab, *where))
        for where, seen in expected.items()
        for letter in LETTERS
    ]
    with ThreadPoolExecutor(max_workers=len(jobs)) as pool:
        seen = pool.map(lambda job: job[3].sees(job[1], PATIENT_S if job[2] else QUICK_S), jobs)
        wrong = [
            f"{' '.join(where)} {'does not see' if is_expected else 'sees'} {LETTERS[letter]}"
            for (where, letter, is_expected, _), is_seen in zip(jobs, seen, strict=True)
            if is_seen != is_expected
        ]
    assert wrong == []


FIXED4, FIXED6 = ("s1", "fixed", "v4"), ("s1", "fixed", "v6")
MOBILE4, MOBILE6 = ("s1", "mobile", "v4"), ("s1", "mobile", "v6")
# Site s2 has its fibre from the carrier that gives s1 its 5G, and the other way round.
OTHER4, OTHER_MOBILE4 = ("s2", "fixed", "v4"), ("s2", "mobile", "v4")

# (fault and its arguments, what s1 still sees by its fibre and by its 5G, what s2 sees by its 5G,
# which is of the carrier that the fibre of s1 is of), in both families.
MATRIX = [
    ("pull-cable site=s1", "", ALL, ALL),
    ("box-off site=s1", "", ALL, ALL),
    ("wan-down site=s1", "G", ALL, ALL),
    ("cut-fibre site=s1", "G", ALL, ALL),
    ("access-blackhole site=s1", "G", ALL, ALL),
    ("one-way site=s1", "G", ALL, ALL),
    ("one-way site=s1 dead=up", "G", ALL, ALL),
    ("power-cut site=s1", "", "", ALL),
    ("first-hop-dead carrier=song-hong", "G", ALL, "G"),
    ("core-dead carrier=song-hong", "GH", "GHRNAWS", "GH"),
    ("carrier-outage carrier=song-hong", "G", "GHRNAWS", "G"),
    # The anchor that is lost is also what others look at beyond their own carrier.
    ("core-half-dead carrier=song-hong", "GHRNP", "GHRNAWS", "GHRNP"),
    ("resolver-dead carrier=song-hong", "GHRAPWS", ALL, "GHRAPWS"),
    ("exchange-down", "GHRNAW", "GHRNAW", "GHRNAW"),
    ("transit-dead", "GHRNAPS", "GHRNAPS", "GHRNAPS"),
    ("gateway-mute site=s1", "HRNAPWS", ALL, ALL),
    ("anchor-mute node=abroad", "GHRNAPS", "GHRNAPS", "GHRNAPS"),
    ("portal-unreachable", "GHRNAPW", "GHRNAPW", "GHRNAPW"),
    ("portal-refuses", "GHRNAPW", "GHRNAPW", "GHRNAPW"),
]


def broken(lab: Lab, line: str) -> str:
    name, *pairs = line.split(" ")
    return lab.fault(name, **dict(pair.split("=") for pair in pairs))


@pytest.fixture(scope="module")
def seen_before(lab: Lab) -> None:
    """Everything is in sight to begin with, and every resolver has been asked once."""
    assert_seen(lab, dict.fromkeys((FIXED4, FIXED6, MOBILE4, MOBILE6, OTHER_MOBILE4), ALL))


@pytest.mark.usefixtures("seen_before")
@pytest.mark.parametrize(("fault", "fixed", "mobile", "neighbour"), MATRIX)
def test_a_fault_hides_what_lies_behind_it(
    lab: Lab, fault: str, fixed: str, mobile: str, neighbour: str
) -> None:
    key = broken(lab, fault)
    assert broken(lab, fault) == key
    assert [one.key for one in lab.active_faults()] == [key]
    assert_seen(
        lab,
        {FIXED4: fixed, FIXED6: fixed, MOBILE4: mobile, MOBILE6: mobile, OTHER_MOBILE4: neighbour},
    )
    assert lab.heal() == [key]
    assert_seen(lab, {FIXED4: ALL, FIXED6: ALL, MOBILE6: ALL})


@pytest.mark.parametrize("family", ["v4", "v6"])
def test_one_dead_family_leaves_the_other(lab: Lab, family: str) -> None:
    lab.fault("family-dead", site="s1", family=family)
    dead, alive = (FIXED4, FIXED6) if family == "v4" else (FIXED6, FIXED4)
    assert_seen(lab, {dead: "G", alive: ALL})


def test_a_lost_lease_takes_ipv4_and_leaves_ipv6(lab: Lab) -> None:
    lab.fault("dhcp-lost", site="s1")
    assert_seen(lab, {FIXED4: "", FIXED6: ALL, MOBILE4: ALL})
    lab.heal()
    assert_seen(lab, {FIXED4: ALL})


def test_an_mtu_black_hole_takes_large_packets_only(lab: Lab) -> None:
    fixed = view(lab, *FIXED4)
    lab.fault("mtu-black-hole", site="s1", largest_bytes=1200)
    assert fixed.eyes.ping(fixed.addresses["A"], size_bytes=1000)
    assert not fixed.eyes.ping(fixed.addresses["A"], QUICK_S, size_bytes=1400)
    path = "/bytes/20000"
    assert fixed.eyes.fetch(fixed.addresses["S"], PORTAL, 2 * QUICK_S, path)[0] == "TimeoutError"
    lab.heal()
    assert fixed.eyes.ping(fixed.addresses["A"], size_bytes=1400)


def round_trip_s(view_: View, letter: str) -> float:
    """The fastest of three, so that a busy machine counts little."""
    took = []
    for _ in range(3):
        started_s = time.perf_counter()
        assert view_.eyes.ping(view_.addresses[letter])
        took.append(time.perf_counter() - started_s)
    return min(took)


def test_a_delayed_line_is_slower_by_what_was_asked(lab: Lab) -> None:
    fixed = view(lab, *FIXED4)
    before_s = round_trip_s(fixed, "H")
    lab.fault("delay", site="s1", added_s=0.25)
    assert round_trip_s(fixed, "H") >= 0.25
    lab.heal()
    assert round_trip_s(fixed, "H") < before_s + 0.2


def test_a_longer_route_slows_what_lies_beyond_the_core_and_nothing_before(lab: Lab) -> None:
    fixed = view(lab, *FIXED6)
    beyond_s = round_trip_s(fixed, "P")
    lab.fault("route-change", carrier="song-hong", added_s=0.2)
    assert round_trip_s(fixed, "P") >= 0.2 > beyond_s
    assert round_trip_s(fixed, "A") < 0.2


def test_lost_packets_are_counted_by_the_wire_that_lost_them(lab: Lab) -> None:
    fixed = view(lab, *FIXED4)
    wire = lab.topology.site("s1").uplink("fixed").access_wire
    assert fixed.eyes.ping(fixed.addresses["H"])
    before = lab.wires_report().wires[wire]
    lab.fault("loss", site="s1", ratio=0.5, direction="down")
    count = 200
    with fixed.eyes._socket("", socket.SOCK_DGRAM, socket.IPPROTO_ICMP, PATIENT_S) as sock:
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
    eyes = view(lab, *FIXED4)
    size_bytes = 500_000
    started_s = time.perf_counter()
    _, body = eyes.eyes.fetch(eyes.addresses["S"], PORTAL, path=f"/bytes/{size_bytes}")
    took_s = time.perf_counter() - started_s
    assert len(body) == size_bytes
    assert took_s > 0.8 * size_bytes * 8 / (base / 10)


def test_a_download_at_the_site_fills_its_queue_and_loses_little(lab: Lab) -> None:
    fixed, mobile = view(lab, *FIXED4), view(lab, *MOBILE4)
    quiet_s = round_trip_s(fixed, "H")
    lab.fault("lan-congested", site="s1")
    deadline_s = time.monotonic() + PATIENT_S
    while round_trip_s(fixed, "H") < quiet_s + 0.05:
        assert time.monotonic() < deadline_s, "the queue does not fill"
    assert round_trip_s(mobile, "H") < 0.2


def test_a_flapping_line_comes_and_goes(lab: Lab) -> None:
    wire = lab.topology.site("s1").uplink("fixed").access_wire
    lab.fault("flap", site="s1", every_s=0.1)
    states: set[bool] = set()
    deadline_s = time.monotonic() + PATIENT_S
    while len(states) < 2 and time.monotonic() < deadline_s:
        states.add(bool(lab.wires_report().wires[wire].cut_by))
    assert states == {True, False}
    lab.heal()
    assert not lab.wires_report().wires[wire].cut_by


@pytest.mark.parametrize(
    ("fault", "answer"),
    [
        ("resolver-refuses carrier=song-hong", "REFUSED"),
        ("resolver-lies carrier=song-hong", "127.0.0.1"),
        ("resolver-lies carrier=song-hong how=captive", "192.0.2.250"),
    ],
)
def test_a_resolver_answers_as_the_fault_says(lab: Lab, fault: str, answer: str) -> None:
    fixed, mobile = view(lab, *FIXED4), view(lab, *MOBILE4)
    truth = fixed.eyes.resolve(fixed.addresses["N"], PORTAL)
    broken(lab, fault)
    assert fixed.eyes.resolve(fixed.addresses["N"], PORTAL) == answer
    assert mobile.eyes.resolve(mobile.addresses["N"], PORTAL) == truth
    lab.heal()
    assert fixed.eyes.resolve(fixed.addresses["N"], PORTAL) == truth


def test_a_slow_resolver_answers_late(lab: Lab) -> None:
    fixed = view(lab, *FIXED4)
    lab.fault("resolver-slow", carrier="song-hong", delay_s=0.3)
    started_s = time.perf_counter()
    assert fixed.eyes.resolve(fixed.addresses["N"], PORTAL).startswith("198.51.100.")
    assert time.perf_counter() - started_s >= 0.3


def test_a_name_that_is_gone_is_soon_unknown_everywhere(lab: Lab) -> None:
    fixed = view(lab, *FIXED4)
    lab.fault("name-gone", portal="motcua")
    deadline_s = time.monotonic() + PATIENT_S
    while fixed.eyes.resolve(fixed.addresses["N"], "motcua.lab.test") != "NXDOMAIN":
        assert time.monotonic() < deadline_s, "the resolver goes on remembering"
        time.sleep(0.05)
    assert fixed.eyes.resolve(fixed.addresses["N"], PORTAL).startswith("198.51.100.")


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
    fixed = view(lab, *FIXED6)
    broken(lab, fault)
    assert fixed.eyes.fetch(fixed.addresses["S"], PORTAL)[0] == status
    lab.heal()
    assert fixed.eyes.fetch(fixed.addresses["S"], PORTAL)[0] == "HTTP/1.1 200 OK"


def test_a_hanging_portal_connects_and_says_nothing(lab: Lab) -> None:
    fixed = view(lab, *FIXED4)
    lab.fault("portal-hangs")
    with fixed.eyes._socket(fixed.addresses["S"], socket.SOCK_STREAM, 0, PATIENT_S) as sock:
        sock.connect((fixed.addresses["S"], 443))
    assert fixed.eyes.fetch(fixed.addresses["S"], PORTAL, QUICK_S)[0] == "TimeoutError"


def test_a_slow_portal_answers_late(lab: Lab) -> None:
    fixed = view(lab, *FIXED4)
    lab.fault("portal-slow", delay_s=0.3)
    started_s = time.perf_counter()
    assert fixed.eyes.fetch(fixed.addresses["S"], PORTAL)[0] == "HTTP/1.1 200 OK"
    assert time.perf_counter() - started_s >= 0.3


def test_a_portal_with_a_wrong_body_shows_another_text(lab: Lab) -> None:
    fixed = view(lab, *FIXED4)
    assert "Cổng dịch vụ công" in fixed.eyes.fetch(fixed.addresses["S"], PORTAL)[1]
    lab.fault("portal-wrong-body", text="It works!")
    body = fixed.eyes.fetch(fixed.addresses["S"], PORTAL)[1]
    assert "It works!" in body
    assert "Cổng dịch vụ công" not in body


def test_one_dead_address_of_a_portal_leaves_the_other(lab: Lab) -> None:
    fixed = view(lab, *FIXED4)
    v4 = [a for a in lab.topology.addresses_of("portal.dichvucong") if ":" not in a]
    lab.fault("portal-address-dead")
    assert fixed.eyes.fetch(v4[0], PORTAL)[0] == "HTTP/1.1 200 OK"
    assert fixed.eyes.fetch(v4[1], PORTAL, QUICK_S)[0] == "TimeoutError"


def test_a_duplicate_address_takes_the_gateways_answers_away(lab: Lab) -> None:
    device = lab.node("s1.device").run(["cat", "/sys/class/net/fix0/address"]).stdout.strip()
    ont = lab.node("s1.ont")
    fixed = view(lab, *FIXED4)
    assert fixed.eyes.ping(fixed.addresses["G"])
    assert device in ont.run(["ip", "neigh", "show", "192.168.1.10"]).stdout
    lab.fault("duplicate-address", site="s1")
    assert device not in ont.run(["ip", "neigh", "show", "192.168.1.10"]).stdout


def test_a_power_cut_ends_every_program_at_the_site_and_none_elsewhere(lab: Lab) -> None:
    here = lab.node("s1.device").popen(["sleep", "1000"])
    there = lab.node("s2.device").popen(["sleep", "1000"])
    lab.fault("power-cut", site="s1")
    assert here.wait() == -9
    assert there.poll() is None
    there.kill()
    there.wait()


def test_faults_on_one_wire_add_up_and_heal_one_by_one(lab: Lab) -> None:
    wire = lab.topology.site("s1").uplink("fixed").access_wire
    lab.fault("loss", site="s1", ratio=0.5)
    lab.fault("delay", site="s1", added_s=0.1, direction="both")
    both = lab.wires_report().wires[wire].a_to_b.impairment
    assert both.loss_ratio == 0.5
    assert both.delay_s == pytest.approx(0.1015)
    assert lab.heal("loss", site="s1") == ["loss site=s1 link=fixed ratio=0.5 direction=both"]
    one = lab.wires_report().wires[wire].a_to_b.impairment
    assert one.loss_ratio == 0.0
    assert one.delay_s == pytest.approx(0.1015)


def test_another_process_sees_and_heals_what_this_one_broke(lab: Lab) -> None:
    key = lab.fault("cut-fibre", site="s1")
    other = Lab.attach(lab.prefix)
    assert [one.key for one in other.active_faults()] == [key]
    assert other.heal("cut-fibre") == [key]
    assert lab.active_faults() == []


@pytest.mark.parametrize(
    ("name", "arguments", "sentence"),
    [
        ("cut-fiber", {}, "no fault 'cut-fiber'; known: access-blackhole"),
        ("cut-fibre", {}, "cut-fibre needs site; usage: cut-fibre site=… [link=fixed]"),
        ("cut-fibre", {"sit": "s1"}, "cut-fibre takes no sit"),
        ("loss", {"site": "s1", "ratio": "half"}, "ratio is a number, not 'half'"),
    ],
)
def test_a_mistake_in_a_fault_names_what_would_be_right(
    lab: Lab, name: str, arguments: dict[str, object], sentence: str
) -> None:
    with pytest.raises(UnknownFaultError) as caught:
        lab.fault(name, **arguments)
    assert str(caught.value).startswith(sentence)


def test_a_fault_at_a_place_that_is_not_there_breaks_nothing(lab: Lab) -> None:
    with pytest.raises(TopologyError, match="no site 's9'; known: s1, s2"):
        lab.fault("cut-fibre", site="s9")
    assert lab.active_faults() == []


def test_every_fault_says_what_it_breaks_and_where_a_verdict_belongs() -> None:
    for name in faults.names():
        fault = faults.load(name)
        assert fault.help
        assert fault.segment is None or fault.segment in Segment
