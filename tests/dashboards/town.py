"""
A town of eight sites and what it measured in three hours, through a real collector.

The numbers are made up, from one seed; everything they go through is real: batches as an agent
seals them, the collector's ingest, its verdicts and labels, its remote write.
"""

import math
import random
from collections.abc import Iterator

from tests.collector.batches import Agent, S, change, result, series
from tests.dashboards.places import Place, carrier_of, is_local, state_of
from thongsuot_schema.batch.model import Batch, Notice, NoticeCode
from thongsuot_schema.catalogue import (
    dns,
    host,
    http,
    icmp,
    path,
    qcvn,
    radio,
    snmp,
    speedtest,
    stamp,
    throughput,
)
from thongsuot_schema.inventory.model import Medium
from thongsuot_schema.metric import Metric
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family, Finding, Result, not_ok, ok
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import VerdictChange

HOURS = 3
MINUTE = 60 * S
LENGTH = HOURS * 60 * MINUTE
BOOT_BEFORE = 40 * 60 * MINUTE
"""How long before the first measurement the devices were switched on."""

ANCHORS = {"gateway": 0.0007, "resolver": 0.004, "exchange": 0.006, "abroad": 0.038}
SERVICES = {"dichvucong": 0.35, "motcua": 0.22}


def batches(place: Place, agent: Agent) -> Iterator[Batch]:
    """Yield what a site's agent pushed, a batch a minute, oldest first."""
    chance = random.Random(place.name)
    standing: dict[tuple[str, str], tuple[State, Segment | None]] = {}
    for minute in range(HOURS * 60):
        if minute >= place.silent_from:
            return
        at_ns = BOOT_BEFORE + minute * MINUTE
        notices: tuple[Notice, ...] = ()
        if minute == 0:
            notices = (Notice(code=NoticeCode.STARTED, boottime_ns=at_ns, text=_version(place)),)
        changes = list(_changes(place, minute, at_ns, standing))
        results = sorted(_results(place, minute, at_ns, chance), key=lambda one: one.boottime_ns)
        yield agent.batch(at_ns + MINUTE - S, results, changes=changes, notices=notices)


def _version(place: Place) -> str:
    return "0.2.0" if place.name in {"tay-ho", "kim-lien"} else "0.1.0"


def _changes(
    place: Place,
    minute: int,
    at_ns: int,
    standing: dict[tuple[str, str], tuple[State, Segment | None]],
) -> Iterator[VerdictChange]:
    subjects = [(name, "") for name, _, _ in place.links] + [("", name) for name in SERVICES]
    for link, service in subjects:
        now = state_of(place, link, service, minute)
        before = standing.get((link, service))
        if before != now:
            standing[link, service] = now
            yield change(
                at_ns,
                now[0],
                before=State.UNKNOWN if before is None else before[0],
                link=link,
                service=service,
                segment=now[1],
            )


def _results(place: Place, minute: int, at_ns: int, chance: random.Random) -> Iterator[Result]:
    for number, (link, medium, carrier) in enumerate(place.links):
        state, _ = state_of(place, link, "", minute)
        base = _base_s(medium, carrier, minute)
        start = at_ns + number * 100_000_000
        for second in (1, 16, 31, 46):
            for target, extra in ANCHORS.items():
                rtt_s = extra if target == "gateway" else base + extra
                finding = _echo(state, target, rtt_s, chance, place, minute)
                yield result(
                    start + second * S, finding, series(icmp.KIND, link=link, target=target)
                )
        yield result(
            start + 5 * S,
            _lookup(state, base, chance),
            series(dns.KIND, link=link, target="resolver"),
        )
        for target, total_s in SERVICES.items():
            finding = _page(place, state, target, base, total_s, minute, chance)
            yield result(start + 20 * S, finding, series(http.KIND, link=link, target=target))
        yield from _further(place, link, medium, start, minute, chance)
        for second in (12, 42):
            yield result(
                start + second * S,
                _device(place, link, medium, at_ns + second * S, minute, chance),
                series(host.KIND, link=link, family=Family.NONE),
            )


def _further(
    place: Place, link: str, medium: Medium, start: int, minute: int, chance: random.Random
) -> Iterator[Result]:
    """Yield what is measured besides: directions apart, the equipment, the way."""
    state, _ = state_of(place, link, "", minute)
    if state is not State.DOWN:
        loss = 0.02 if state is State.DEGRADED else 0.0
        directions: dict[Metric, float] = {
            stamp.LOSS_UP: loss * 2,
            stamp.LOSS_DOWN: loss / 2,
            stamp.JITTER_UP: round(0.0008 * chance.lognormvariate(0, 0.4), 6),
            stamp.JITTER_DOWN: round(0.0005 * chance.lognormvariate(0, 0.4), 6),
            stamp.MOS: 4.38 - 20 * loss,
        }
        found = series(stamp.KIND, link=link, target="reflector")
        yield result(start + 25 * S, ok(directions), found)
    if medium is Medium.FIBER:
        equipment: dict[Metric, float] = {
            snmp.OPTICAL_RECEIVE: round(-19.5 - len(place.name) / 4 + chance.gauss(0, 0.05), 2),
            snmp.RECEIVE_UTILISATION: round(0.3 + 0.25 * math.sin(minute / 20), 3),
            snmp.SEND_UTILISATION: round(0.08 + 0.05 * math.sin(minute / 20), 3),
            snmp.ON_BATTERY: float(place.name == "phu-thuong" and minute >= 148),
            snmp.CHARGE: 1.0 - max(0, minute - 148) / 200 * (place.name == "phu-thuong"),
        }
        yield result(start + 28 * S, ok(equipment), series(snmp.KIND, link=link, target="router"))
    if medium is Medium.RADIO_5G:
        yield _radio(link, state, start, minute, chance)
    if minute % 30 == 3 and state is State.UP:
        yield from _rates(link, medium, carrier_of(place, link), start, chance)
    if minute % 5 == 0 and state is not State.DOWN:
        is_other = place.commune < "00080" and 80 <= minute < 130
        way: dict[Metric, float] = {
            path.HOPS: 14 if is_other else 11,
            path.FIRST_HOP: round(_base_s(medium, place.links[0][2], minute) * 0.7, 6),
            path.ROUTE: 4711.0 if is_other else 815.0,
        }
        yield result(start + 33 * S, ok(way), series(path.KIND, link=link, target="abroad"))


def _radio(link: str, state: State, start: int, minute: int, chance: random.Random) -> Result:
    """Return what the modem says; a link that is not well has a weak signal."""
    weak = 22.0 if state is State.DEGRADED else 0.0
    power = -82.0 - weak + 3 * math.sin(minute / 9) + chance.gauss(0, 1)
    waves: dict[Metric, float] = {
        radio.NR_RSRP: round(power, 1),
        radio.LTE_RSRP: round(power - 6, 1),
        radio.NR_SINR: round(14 - weak / 2 + chance.gauss(0, 1), 1),
        radio.LTE_SINR: round(11 - weak / 2 + chance.gauss(0, 1), 1),
        radio.NR_BAND: 41.0,
        radio.NR_PCI: 311.0 if minute < 60 else 87.0,
        radio.LTE_PCI: 42.0,
        radio.TECHNOLOGY: 4.0 if weak and minute % 40 < 6 else 5.0,
        radio.OWN_NETWORK: 1.0,
        radio.CELL_CHANGES: float(minute >= 60),
        radio.FALLBACKS: float(minute // 40) * bool(weak),
        radio.TEMPERATURE: round(48 + 4 * math.sin(minute / 30), 1),
    }
    return result(start + 29 * S, ok(waves), series(radio.KIND, link=link, family=Family.NONE))


def _rates(
    link: str, medium: Medium, carrier: str, start: int, chance: random.Random
) -> Iterator[Result]:
    """Yield what a link carries when it is full."""
    is_radio = medium is Medium.RADIO_5G
    down = (420e6 if carrier == "viettel" else 85e6) if is_radio else 280e6
    down *= chance.lognormvariate(0, 0.08) / 8
    full: dict[Metric, float] = {
        throughput.DOWN: round(down, -3),
        throughput.UP: round(down / (6 if is_radio else 1.3), -3),
        throughput.IDLE_LATENCY: 0.018 if is_radio else 0.006,
        throughput.DOWN_LATENCY: round((0.11 if is_radio else 0.03) * chance.uniform(0.8, 1.2), 6),
        throughput.DOWN_RESPONSIVENESS: round(chance.uniform(300, 900)),
        throughput.GRADE: 4.0 if is_radio else 2.0,
        throughput.OTHER_TRAFFIC: round(chance.uniform(0, 0.04), 3),
    }
    for kind, second, values in (
        (throughput.KIND, 40, full),
        (qcvn.KIND, 50, {qcvn.DOWN: round(down * 0.9, -3), qcvn.UP: round(down / 7, -3)}),
        (speedtest.KIND, 55, {speedtest.DOWN: round(down * 0.95, -3)}),
    ):
        yield result(start + second * S, ok(values), series(kind, link=link, target="measuring"))


def _base_s(medium: Medium, carrier: str, minute: int) -> float:
    """Return a link's own round trip: radio is longer, and evenings are busy."""
    base = {"vnpt": 0.003, "fpt": 0.004, "viettel": 0.018, "mobifone": 0.024}[carrier]
    swing = 0.25 if medium is Medium.RADIO_5G else 0.05
    return base * (1 + swing * math.sin(minute / 25))


def _echo(
    state: State, target: str, rtt_s: float, chance: random.Random, place: Place, minute: int
) -> Finding:
    if state is State.DOWN and target != "gateway":
        return not_ok(Reason.TIMED_OUT, {icmp.LOSS: 1.0})
    # Another way back from abroad, for a while.
    hops = 49.0 if target == "abroad" and place.commune < "00080" and 80 <= minute < 130 else 52.0
    loss = 0.0
    if state is State.DEGRADED and target != "gateway":
        loss = chance.choice((0.0, 0.0, 0.1, 0.2))
    spread = rtt_s * chance.lognormvariate(0.0, 0.12)
    return ok({icmp.RTT: round(spread, 6), icmp.LOSS: loss, icmp.HOP_LIMIT: hops})


def _lookup(state: State, base: float, chance: random.Random) -> Finding:
    if state is State.DOWN:
        return not_ok(Reason.TIMED_OUT)
    took_s = base + 0.003 * chance.lognormvariate(0.0, 0.5)
    return ok({dns.LOOKUP: round(took_s, 6), dns.ANSWERS: 2.0, dns.TTL: 300.0})


def _page(
    place: Place,
    state: State,
    target: str,
    base: float,
    total_s: float,
    minute: int,
    chance: random.Random,
) -> Finding:
    if state is State.DOWN or state_of(place, "", target, minute)[0] is State.DOWN:
        return not_ok(Reason.TIMED_OUT)
    phases: dict[Metric, float] = {
        http.RESOLVE: base + 0.002,
        http.CONNECT: base + 0.004,
        http.TLS: 2 * base + 0.012,
        http.FIRST_BYTE: total_s * chance.lognormvariate(0.0, 0.2),
        http.TRANSFER: 0.03 + base,
    }
    rounded = {metric: round(value, 6) for metric, value in phases.items()}
    expiry_s = 1_900_000_000.0
    return ok(
        rounded
        | {
            http.TOTAL: round(sum(rounded.values()), 6),
            http.STATUS: 200.0,
            http.BODY: 18_000.0,
            http.CERTIFICATE_EXPIRY: expiry_s,
            http.CERTIFICATES: 3.0,
        }
    )


def _device(
    place: Place,
    link: str,
    medium: Medium,
    at_ns: int,
    minute: int,
    chance: random.Random,
) -> Finding:
    second = (at_ns - BOOT_BEFORE) // S
    per_second = {Medium.FIBER: 400e3, Medium.RADIO_5G: 60e3}[medium]
    # What is used rises and falls; the counter is its integral.
    received = round(per_second * (second - 900 * math.cos(second / 1500)) + per_second * 1000)
    values: dict[Metric, float] = {
        host.CARRIER_UP: 1,
        host.HAS_IP4: 1,
        host.HAS_IP6: 1,
        host.HAS_ROUTE4: 1,
        host.HAS_ROUTE6: float(medium is Medium.FIBER),
        host.GATEWAY_NEIGHBOUR: float(not is_local(place, link, minute)),
        host.RECEIVED: received,
        host.SENT: received // 7,
        host.RECEIVE_ERRORS: 0,
        host.SEND_ERRORS: 0,
        host.RECEIVE_DROPS: minute // 30,
        host.SEND_DROPS: 0,
        host.CARRIER_CHANGES: 1,
        host.UPTIME: at_ns // S,
        host.CLOCK_SYNCHRONISED: float(place.clock_error_s < 1),
        host.CLOCK_ERROR: place.clock_error_s * (1 + 0.1 * chance.random()),
        host.LOOP_LATE: 0.002 * chance.lognormvariate(0.0, 0.6),
        host.RESIDENT: (32 << 20) + 4096 * chance.randrange(200),
        host.WAITING: place.waiting,
        host.SPOOL: 4096 * place.waiting,
        host.PLAN: 7.0,
        host.SPOOL_USED: round(min(1.0, place.waiting / 400), 4),
    }
    if medium is Medium.RADIO_5G:
        values[host.SPENT] = 40e6 + minute * 45_000
    return ok(values)
