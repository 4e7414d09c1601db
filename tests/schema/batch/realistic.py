"""
A service point's record as it really looks: for tests and for the bench that counts bytes a sample.

Everything follows from a seed. Round trips are lognormal around a base of their own, phases of a
web request follow from the round trip, counters count, timers are a few milliseconds late, one run
in five hundred fails. Two links, both families, five anchors, two portals.
"""

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass

from thongsuot_schema.batch.model import Batch, ClockReading
from thongsuot_schema.catalogue import dns, host, http, icmp
from thongsuot_schema.metric import Metric, Unit
from thongsuot_schema.outcome import Outcome
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family, Finding, Result, Series, failed_finding, ok_finding
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Evidence, Symptom, Verdict, VerdictChange

LINKS = {"fiber": 1.0, "5g": 6.0}
METERED = "5g"
"""Links, and how much longer their round trips are."""

ANCHORS = {
    "gateway": 0.0006,
    "resolver": 0.0028,
    "carrier": 0.0035,
    "vnix": 0.0051,
    "foreign": 0.038,
}
"""Anchors, and their round trip over the fibre in seconds."""

PORTALS = {"dichvucong": (0.006, 48_213), "motcua": (0.0045, 17_902)}
"""Portals: round trip in seconds, length of the page in bytes."""

NAME_SERVERS = ("resolver", "foreign")
FAMILIES = (Family.IP4, Family.IP6)
EVERY_S = {"icmp": 5.0, "dns": 30.0, "http": 60.0, "host": 15.0}
BOOT_WALL_NS = 1_795_540_000_000_000_000
FAILED_SHARE = 0.002


@dataclass
class _State:
    """What goes on from run to run of one series."""

    base_s: float
    phase_s: float
    expiry: float
    counters: list[float]


class RealisticDevice:
    """One device; each call goes on where the one before ended."""

    def __init__(self, seed: int = 1) -> None:
        self._random = random.Random(seed)
        self._number = 0
        self._at_s = 3600.0 * self._random.uniform(1, 400)
        self._site = f"site-{seed:05d}"
        self._stream = self._random.randbytes(8).hex()
        self._boot_id = _uuid(self._random.randbytes(16))
        self._previous = b""
        self._state = {series: self._born(series) for series in all_series()}

    def rows(self, count: int) -> Batch:
        """
        Return a batch with ``count`` results of every series, each at the interval of its kind.
        """
        results = [
            Result(
                series=series,
                boottime_ns=self._start_ns(series, self._at_s + run * EVERY_S[series.kind]),
                finding=self._found(series),
            )
            for series in self._state
            for run in range(count)
        ]
        self._at_s += count * max(EVERY_S.values())
        return self._sealed(results)

    def window(self, length_s: float) -> Batch:
        """Return the batch of one push: what fell due within ``length_s`` seconds."""
        results = []
        for series, state in self._state.items():
            every_s = EVERY_S[series.kind]
            due_s = math.ceil((self._at_s - state.phase_s) / every_s) * every_s
            while due_s + state.phase_s < self._at_s + length_s:
                start_ns = self._start_ns(series, due_s)
                finding = self._found(series)
                results.append(Result(series=series, boottime_ns=start_ns, finding=finding))
                due_s += every_s
        self._at_s += length_s
        return self._sealed(results)

    def series(self) -> list[Series]:
        """Return every series of the device."""
        return list(self._state)

    def change(self) -> VerdictChange:
        """Return the verdict that the fibre went down three seconds ago, with its evidence."""
        evidence = tuple(
            Evidence(
                kind="icmp",
                target=target,
                family=family,
                segment=Segment.ACCESS,
                outcome=Outcome.FAILED,
                reason=Reason.TIMED_OUT,
                failed=3,
                metric=icmp.LOSS.name,
                value=1.0,
                limit=0.5,
            )
            for target in ("carrier", "vnix")
            for family in FAMILIES
        )
        decided_ns = int(self._at_s * 1e9)
        return VerdictChange(
            verdict=Verdict(
                link="fiber",
                service="",
                state=State.DOWN,
                segment=Segment.ACCESS,
                symptom=Symptom.ACCESS_SILENT,
                evidence=evidence,
            ),
            before=State.UP,
            onset_boottime_ns=decided_ns - 3_000_000_000,
            decided_boottime_ns=decided_ns,
        )

    def chain(self, previous: bytes) -> None:
        """Name the digest of the batch before the next one."""
        self._previous = previous

    def _sealed(self, results: list[Result]) -> Batch:
        self._number += 1
        boottime_ns = int(self._at_s * 1e9) + self._random.randrange(10_000_000)
        drift_ns = self._random.randrange(-1_000_000, 1_000_000)
        return Batch(
            site=self._site,
            stream=self._stream,
            number=self._number,
            boot_id=self._boot_id,
            clock=ClockReading(
                boottime_ns=boottime_ns,
                wall_ns=BOOT_WALL_NS + boottime_ns + drift_ns,
                error_s=round(self._random.uniform(0.001, 0.3), 6),
            ),
            previous=self._previous,
            results=tuple(sorted(results, key=lambda result: result.boottime_ns)),
        )

    def _born(self, series: Series) -> _State:
        rtts = ANCHORS | {name: rtt for name, (rtt, _) in PORTALS.items()}
        return _State(
            base_s=rtts.get(series.target, 0.0) * LINKS[series.link] * self._noise(0.3),
            phase_s=self._random.uniform(0, EVERY_S[series.kind]),
            expiry=float(1_800_000_000 + self._random.randrange(10**7)),
            counters=[float(self._random.randrange(10**10)) for _ in range(2)],
        )

    def _noise(self, sigma: float) -> float:
        return math.exp(self._random.gauss(0, sigma))

    def _start_ns(self, series: Series, due_s: float) -> int:
        late_s = min(abs(self._random.gauss(0.0008, 0.0008)), 0.02)
        return int((due_s + self._state[series].phase_s + late_s) * 1e9)

    def _found(self, series: Series) -> Finding:
        state = self._state[series]
        if series.kind == "host":
            return ok_finding(self._host(state, series.link))
        if self._random.random() < FAILED_SHARE:
            lost = {icmp.LOSS: 1.0} if series.kind == "icmp" else {}
            return failed_finding(Reason.TIMED_OUT, lost, cost_bytes=84)
        headers = 20 if series.family is Family.IP6 else 0
        if series.kind == "icmp":
            return ok_finding(self._icmp(state), cost_bytes=2 * (84 + headers))
        if series.kind == "dns":
            return ok_finding(self._dns(state), cost_bytes=180 + 2 * headers)
        segments = 40 + self._random.randrange(3)
        body = PORTALS[series.target][1]
        return ok_finding(
            self._http(state, body), cost_bytes=body + 5200 + segments * (52 + headers)
        )

    def _icmp(self, state: _State) -> dict[Metric, float]:
        return {icmp.RTT: state.base_s * self._noise(0.08), icmp.LOSS: 0.0, icmp.HOP_LIMIT: 57.0}

    def _dns(self, state: _State) -> dict[Metric, float]:
        ttl = float(self._random.randrange(300))
        return {dns.LOOKUP: state.base_s * self._noise(0.2), dns.ANSWERS: 2.0, dns.TTL: ttl}

    def _http(self, state: _State, body: int) -> dict[Metric, float]:
        phases = {
            http.RESOLVE: state.base_s * self._noise(0.3),
            http.CONNECT: state.base_s * self._noise(0.08),
            http.TLS: state.base_s * 2.2 * self._noise(0.1),
            http.FIRST_BYTE: (state.base_s + 0.045) * self._noise(0.25),
            http.TRANSFER: state.base_s * 1.5 * self._noise(0.2),
        }
        return {
            **phases,
            http.TOTAL: sum(phases.values()),
            http.STATUS: 200.0,
            http.BODY: float(body + self._random.randrange(-3, 4)),
            http.CERTIFICATE_EXPIRY: state.expiry,
            http.CERTIFICATES: 3.0,
        }

    def _host(self, state: _State, link: str) -> dict[Metric, float]:
        state.counters[0] += self._random.randrange(1_000_000)
        state.counters[1] += self._random.randrange(200_000)
        steady = {
            metric: 1.0 for metric in host.KIND.metrics if metric.unit in {Unit.BOOLEAN, Unit.RATIO}
        }
        quiet = (host.RECEIVE_ERRORS, host.SEND_ERRORS, host.RECEIVE_DROPS, host.SEND_DROPS)
        # Only a metered link has an allowance of which something is spent.
        spent = {host.SPENT: sum(state.counters)} if link == METERED else {}
        return {
            **steady,
            **spent,
            host.WAITING: 0.0,
            host.SPOOL: 0.0,
            host.CERTIFICATE_EXPIRY: 1.8e9,
            host.SITE_CONFIG: 7.0,
            **dict.fromkeys(quiet, 0.0),
            host.RECEIVED: state.counters[0],
            host.SENT: state.counters[1],
            host.CARRIER_CHANGES: 3.0,
            host.UPTIME: math.floor(self._at_s),
            host.CLOCK_ERROR: self._random.uniform(0.001, 0.3),
            host.LOOP_LATE: abs(self._random.gauss(0.0015, 0.0008)),
            host.RESIDENT: 4096.0 * (9000 + self._random.randrange(4)),
        }


def all_series() -> Iterator[Series]:
    """Yield every series of the device."""
    for link in LINKS:
        yield Series(kind="host", revision=1, link=link, target="", family=Family.NONE)
        for family in FAMILIES:
            for kind, targets in (("icmp", ANCHORS), ("dns", NAME_SERVERS), ("http", PORTALS)):
                for target in targets:
                    yield Series(kind=kind, revision=1, link=link, target=target, family=family)


def samples(batch: Batch) -> int:
    """
    Count the samples of a batch: values that a database is given, success or ``unmeasured``
    included.
    """
    return sum(len(result.finding.values) + 1 for result in batch.results)


def _uuid(octets: bytes) -> str:
    text = octets.hex()
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))
