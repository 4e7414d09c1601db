"""
Time to know: from a fault to the verdict, and the time of a reference stack for the same faults.

    python -m bench.time_to_know [--window S] [--rounds NAME ...] [--add FILE]

The agent runs its default profile. Beside it, on the same devices and over the same links, run
blackbox_exporter, Prometheus and Alertmanager twice: as in their manuals, and as aggressively as is
reasonable (``bench.reference.config``). Ours is measured at the agent (the verdict's own time) and
at the collector (when it was stored there, over a link that survived); the reference at the first
notification about the link or portal that is broken. Traffic is counted at the interfaces of three
devices in a window without faults, one device per stack; ours includes its pushes. The parts of our
own time are: until the first run that shows the fault began (``wait``), from there to the verdict
(``judge``), from there to the collector (``push``).

``--add FILE`` adds the results to those in a file and reports all of them, so that the rounds can
be spread over several sessions; in each of them all three stacks run side by side.

Goals: at least 10 times faster than the first; not slower than the second, at a tenth of its
traffic.
"""

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
from bench.reference.config import AGGRESSIVE, RECOMMENDED, ReferencePace
from bench.reference.detection_times import (
    GIVEN_UP_S,
    BenchObservations,
    DetectionTimes,
    LatencyParts,
    report,
)
from bench.reference.stack import ReferenceStack, route_by_source

from thongsuot_lab.lab import Lab
from thongsuot_lab.matrix.journal_reader import RecordedChange
from thongsuot_lab.matrix.observe import observe_site
from thongsuot_lab.matrix.row import ClockPair
from thongsuot_lab.matrix.runner import changes_in_journal
from thongsuot_lab.stack.city import CityStack, StackOptions
from thongsuot_lab.topology.city import city
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State

SEED = 20261124
PACES = (RECOMMENDED, AGGRESSIVE)
FIRST_PORT = {RECOMMENDED.name: 21000, AGGRESSIVE.name: 22000}
WARM_UP_S = 75.0
"""Until each portal was probed once by the default profile, and each check once by the others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchFault:
    """One fault of a round: its site (all of them if empty), and what must be notified."""

    name: str
    segment: Segment
    arguments: dict[str, object]
    site: str = ""
    link: str = ""
    service: str = ""

    @property
    def title(self) -> str:
        """For people."""
        return f"{self.name} {self.link or self.service}".strip()


def at_site(name: str, site: str, link: str, segment: Segment, **more: object) -> BenchFault:
    """Return a fault of one link of one site."""
    arguments = {"site": site, "link": link, **more}
    return BenchFault(name=name, segment=segment, arguments=arguments, site=site, link=link)


ROUNDS: dict[str, tuple[BenchFault, ...]] = {
    "lines": (
        at_site("cut-fibre", "s1", "fixed", Segment.ACCESS),
        at_site("pull-cable", "s2", "fixed", Segment.LAN),
        at_site("access-black-hole", "s3", "fixed", Segment.ACCESS),
        at_site("cut-fibre", "s4", "mobile", Segment.ACCESS),
    ),
    "more-lines": (
        at_site("one-way", "s1", "mobile", Segment.ACCESS, dead="up"),
        at_site("family-down", "s2", "mobile", Segment.ACCESS, family="v6"),
        at_site("pull-cable", "s3", "mobile", Segment.LAN),
        at_site("family-down", "s4", "fixed", Segment.ACCESS, family="v4"),
    ),
    "resolver": (
        BenchFault(
            name="resolver-down",
            segment=Segment.CARRIER,
            arguments={"carrier": "song-hong"},
            link="song-hong",
        ),
    ),
    "core": (
        BenchFault(
            name="core-down",
            segment=Segment.CARRIER,
            arguments={"carrier": "cuu-long"},
            link="cuu-long",
        ),
    ),
    "portals": (
        BenchFault(
            name="portal-error",
            segment=Segment.SERVICE,
            arguments={"portal": "dichvucong"},
            service="dichvucong",
        ),
        BenchFault(
            name="portal-refuses",
            segment=Segment.SERVICE,
            arguments={"portal": "motcua"},
            service="motcua",
        ),
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchCase:
    """A fault as one site sees it. Absent: not notified in time."""

    fault: BenchFault
    site: str
    link: str
    broken: ClockPair
    healed_ns: int
    reference_s: dict[str, float | None]


@dataclass(slots=True)
class TimeToKnowBench:
    """Everything that runs, and the results."""

    lab: Lab
    stack: CityStack
    folder: Path
    references: dict[tuple[str, str], ReferenceStack] = field(default_factory=dict)
    cases: list[BenchCase] = field(default_factory=list)
    chance: random.Random = field(default_factory=lambda: random.Random(SEED))

    def start_reference(self, site: str, pace: ReferencePace) -> None:
        """Start one reference at one site."""
        folder = self.folder / f"reference-{pace.name}-{site}"
        reference = ReferenceStack(self.lab, site, pace, folder, FIRST_PORT[pace.name])
        self.references[site, pace.name] = reference
        reference.start()

    def stop(self) -> None:
        """End everything."""
        for reference in self.references.values():
            reference.stop()
        self.stack.stop()

    def play(self, faults: Iterable[BenchFault]) -> None:
        """
        Break, wait until every stack has notified, mend, wait until every stack is calm again.
        """
        self.wait("all calm before", self._is_calm)
        time.sleep(self.chance.uniform(0.0, 15.0))
        broken: list[tuple[BenchFault, ClockPair]] = []
        for fault in faults:
            broken.append((fault, ClockPair.now()))
            self.lab.fault(fault.name, **fault.arguments)
        subjects = [
            (fault, moment, site, link)
            for fault, moment in broken
            for site, link in self._subjects(fault)
        ]
        deadline = time.monotonic() + GIVEN_UP_S
        while time.monotonic() < deadline and not all(
            self._is_told(*subject) for subject in subjects
        ):
            time.sleep(1.0)
        for fault, _ in broken:
            self.lab.heal(fault.name, **fault.arguments)
        healed_ns = ClockPair.now().boottime_ns
        for fault, moment, site, link in subjects:
            reference_s = {
                pace.name: self._reference_s(fault, moment, site, link, pace) for pace in PACES
            }
            self.cases.append(
                BenchCase(
                    fault=fault,
                    site=site,
                    link=link,
                    broken=moment,
                    healed_ns=healed_ns,
                    reference_s=reference_s,
                )
            )

    def wait(self, awaited: str, ready: "object") -> None:
        """Wait until a condition is true."""
        assert callable(ready)
        deadline = time.monotonic() + 2 * GIVEN_UP_S
        while not ready():
            if time.monotonic() > deadline:
                raise SystemExit(f"waited in vain for: {awaited}")
            time.sleep(1.0)

    def _is_calm(self) -> bool:
        is_quiet = all(reference.alerts() == 0 for reference in self.references.values())
        return is_quiet and all(
            observe_site(self.stack, site).is_healthy for site in self.stack.sites
        )

    def _subjects(self, fault: BenchFault) -> list[tuple[str, str]]:
        if fault.site:
            return [(fault.site, fault.link)]
        if fault.service:
            return [(site, "") for site in self.stack.sites]
        return [
            (site.name, uplink.name)
            for site in self.lab.topology.sites
            for uplink in site.uplinks
            if uplink.carrier == fault.link
        ]

    def _is_told(self, fault: BenchFault, moment: ClockPair, site: str, link: str) -> bool:
        if any(self._reference_s(fault, moment, site, link, pace) is None for pace in PACES):
            return False
        agent_verdicts = observe_site(self.stack, site).agent
        saying = None if agent_verdicts is None else agent_verdicts.get((link, fault.service))
        return saying is not None and saying[1] is fault.segment

    def _reference_s(
        self, fault: BenchFault, moment: ClockPair, site: str, link: str, pace: ReferencePace
    ) -> float | None:
        first_alert = self.references[site, pace.name].first_alert(
            moment.boottime_ns, link=link, target=fault.service
        )
        return None if first_alert is None else (first_alert.boottime_ns - moment.boottime_ns) / 1e9


def counted(lab: Lab, site: str) -> int:
    """Return the bytes that a device has sent and received over its links so far."""
    device = lab.node(lab.topology.site(site).device)
    files = [
        f"/sys/class/net/{uplink.interface}/statistics/{way}_bytes"
        for uplink in lab.topology.site(site).uplinks
        for way in ("rx", "tx")
    ]
    return sum(int(line) for line in device.run(["cat", *files]).stdout.split())


def traffic(bench: TimeToKnowBench, window_s: float) -> dict[str, float]:
    """Return the bytes per second of each stack, each alone on a device, without faults."""
    at = {"ours": "s1", RECOMMENDED.name: "s2", AGGRESSIVE.name: "s3"}
    for pace in PACES:
        site = at[pace.name]
        bench.stack.agent(site).stop()
        bench.stack.expect_exit(site)
        bench.start_reference(site, pace)
    time.sleep(WARM_UP_S)
    before = {name: counted(bench.lab, site) for name, site in at.items()}
    started = time.monotonic()
    time.sleep(window_s)
    took_s = time.monotonic() - started
    bytes_per_s = {name: (counted(bench.lab, at[name]) - before[name]) / took_s for name in at}
    for pace in PACES:
        bench.stack.start_agent(at[pace.name])
    return bytes_per_s


def run(bench: TimeToKnowBench, names: list[str], window_s: float) -> dict[str, float]:
    """Measure traffic, start what is not running yet, run the rounds."""
    for site in bench.stack.sites:
        route_by_source(bench.lab, site)
    bytes_per_s = traffic(bench, window_s)
    for site in bench.stack.sites:
        for pace in PACES:
            if (site, pace.name) not in bench.references:
                bench.start_reference(site, pace)
    time.sleep(WARM_UP_S)
    for name in names:
        print(f"… {name}", file=sys.stderr, flush=True)
        bench.play(ROUNDS[name])
    return bytes_per_s


def our_latency(case: BenchCase, turns: list[RecordedChange]) -> LatencyParts | None:
    """Return how long the verdict took at the agent and to the collector."""
    subject = (case.site, case.link, case.fault.service)
    for turn in turns:
        is_then = case.broken.boottime_ns <= turn.decided_ns <= case.healed_ns
        is_it = (turn.site, turn.link, turn.service) == subject
        is_wrong = turn.state in {State.DEGRADED, State.DOWN}
        if is_then and is_it and is_wrong and turn.segment is case.fault.segment:
            agent_s = (turn.decided_ns - case.broken.boottime_ns) / 1e9
            # A run in progress when the fault began started before it.
            wait_s = max(0.0, (turn.onset_ns - case.broken.boottime_ns) / 1e9)
            received_s = (turn.received_ns - case.broken.wall_ns) / 1e9
            return LatencyParts(
                wait_s=wait_s, judge_s=agent_s - wait_s, push_s=max(0.0, received_s - agent_s)
            )
    return None


def add(
    seen: BenchObservations,
    bench: TimeToKnowBench,
    turns: list[RecordedChange],
    bytes_per_s: dict[str, float],
) -> None:
    """Add the results of one session."""
    seen.bytes_per_s = bytes_per_s
    seen.known += [
        DetectionTimes(
            fault=case.fault.title,
            site=case.site,
            reference_s=case.reference_s,
            ours=our_latency(case, turns),
        )
        for case in bench.cases
    ]
    spans = [(case.broken.boottime_ns, case.healed_ns) for case in bench.cases]
    for pace in PACES:
        alerts = [
            alert
            for key, ref in bench.references.items()
            if key[1] == pace.name
            for alert in ref.received_alerts
        ]
        false = [
            alert for alert in alerts if not any(a <= alert.boottime_ns <= b for a, b in spans)
        ]
        seen.false_alarms[pace.name] = seen.false_alarms.get(pace.name, 0) + len(false)


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--window", type=float, default=120.0, help="traffic, s (%(default)s)")
    parser.add_argument("--rounds", nargs="*", default=list(ROUNDS), choices=list(ROUNDS))
    parser.add_argument(
        "--add", type=Path, help="file of earlier results, to which results are added"
    )
    options = parser.parse_args()
    file: Path | None = options.add
    seen = BenchObservations()
    if file is not None and file.exists():
        seen = msgspec.json.decode(file.read_bytes(), type=BenchObservations)
    with (
        tempfile.TemporaryDirectory(prefix="thongsuot-bench-") as made,
        Lab(city(sites=4)) as lab,
    ):
        folder = Path(made)
        bench = TimeToKnowBench(
            lab, CityStack(lab, folder, StackOptions(with_prometheus=False)), folder
        )
        try:
            bench.stack.start()
            bytes_per_s = run(bench, options.rounds, options.window)
        finally:
            bench.stop()
        add(seen, bench, changes_in_journal(folder, bench.stack.boottime_offsets_s), bytes_per_s)
    if file is not None:
        file.write_bytes(msgspec.json.encode(seen))
    report(seen, [pace.name for pace in PACES])
    return 0


if __name__ == "__main__":
    sys.exit(main())
