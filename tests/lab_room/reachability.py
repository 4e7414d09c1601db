"""What each link of each site sees, in letters."""

import math
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from tests.lab_room.prober import QUICK_S, WAIT_AT_MOST_S, NodeProber
from thongsuot_lab.lab import Lab

PORTAL = "dichvucong.lab.test"

# What can be looked at by a link, from near to far, in each family: the key of a letter below.
RUNGS = {
    "G": "gateway",
    "H": "first hop of the carrier",
    "R": "the carrier's resolver, by ping",
    "N": "a name, from that resolver",
    "A": "the carrier's own anchor",
    "P": "the other carrier's anchor",
    "W": "the foreign anchor",
    "S": "the first portal's page",
}
ALL = "".join(RUNGS)


@dataclass(frozen=True)
class LinkView:
    """One link of one site, in one family, and the addresses behind each letter."""

    prober: NodeProber
    addresses: dict[str, str]

    def reaches(self, symbol: str, patience_s: float) -> bool:
        address = self.addresses[symbol]
        if symbol == "N":
            return "Error" not in self.prober.resolve(address, PORTAL, patience_s)
        if symbol == "S":
            return self.prober.fetch(address, PORTAL, patience_s)[0] == "HTTP/1.1 200 OK"
        return self.prober.ping(address, patience_s)


def link_view(lab: Lab, site: str, link: str, family: str) -> LinkView:
    topology = lab.topology
    uplink = topology.site(site).uplink(link)
    carrier = topology.carrier(uplink.carrier)
    other = next(candidate for candidate in topology.carriers if candidate is not carrier)

    def first(addresses: tuple[str, ...]) -> str:
        return next(candidate for candidate in addresses if (":" in candidate) == (family == "v6"))

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
    return LinkView(NodeProber(lab, device, uplink.interface), addresses)


def assert_reachability(lab: Lab, expected: dict[tuple[str, str, str], str]) -> None:
    """Each (site, link, family) sees exactly these letters."""
    jobs = [
        (where, symbol, symbol in seen, link_view(lab, *where))
        for where, seen in expected.items()
        for symbol in RUNGS
    ]
    with ThreadPoolExecutor(max_workers=len(jobs)) as pool:
        seen = pool.map(
            lambda job: job[3].reaches(job[1], WAIT_AT_MOST_S if job[2] else QUICK_S), jobs
        )
        wrong = [
            f"{' '.join(where)} {'does not see' if is_expected else 'sees'} {RUNGS[symbol]}"
            for (where, symbol, is_expected, _), is_seen in zip(jobs, seen, strict=True)
            if is_seen != is_expected
        ]
    assert wrong == []


def round_trip_s(view_: LinkView, symbol: str, *, below_s: float = math.inf) -> float:
    """
    The fastest of three, so that a busy machine counts little; of more, until one is as fast as
    it has to be, or none ever is.
    """
    took: list[float] = []
    until_s = time.monotonic() + WAIT_AT_MOST_S
    while len(took) < 3 or (min(took) >= below_s and time.monotonic() < until_s):
        started_s = time.perf_counter()
        assert view_.prober.ping(view_.addresses[symbol])
        took.append(time.perf_counter() - started_s)
    return min(took)


FIXED4, FIXED6 = ("s1", "fixed", "v4"), ("s1", "fixed", "v6")
MOBILE4, MOBILE6 = ("s1", "mobile", "v4"), ("s1", "mobile", "v6")
# Site s2 has its fibre from the carrier that gives s1 its 5G, and the other way round.
OTHER_MOBILE4 = ("s2", "mobile", "v4")


def broken_links(lab: Lab, line: str) -> str:
    name, *pairs = line.split(" ")
    return lab.fault(name, **dict(pair.split("=") for pair in pairs))
