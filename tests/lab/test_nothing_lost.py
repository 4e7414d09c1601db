"""
Through outages, kills, a full disk and a database that is away: every result is in the journal once
and in Prometheus at its own time, or its absence is announced.
"""

import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import httpx
import msgspec
import pytest

from tests.collector.running import WITHIN_S
from tests.lab.chaos import ChaosSchedule
from tests.lab.waiting import wait_for, wait_until_none
from tests.patience import LostTime
from tests.servers import need
from tests.timing import MS
from thongsuot_agent.status import AgentStatus
from thongsuot_lab.lab import Lab
from thongsuot_lab.matrix import profile
from thongsuot_lab.matrix.journal_reader import StoredBatch
from thongsuot_lab.matrix.reconciliation import end_agent, reconcile, sink_lag_entries
from thongsuot_lab.matrix.site_reconciliation import (
    SiteReconciliation,
    expected_samples,
    prometheus_samples,
)
from thongsuot_lab.stack.boot_environment import STARTED_AFTER_S
from thongsuot_lab.stack.city import CityStack

pytestmark = [pytest.mark.lab, pytest.mark.servers]

SEED = 20261124
SITES = ("s1", "s2", "s3", "s4")
FULL, CUT = "s4", "s3"
"""The site whose disk fills, and the one whose power is cut."""

OUTAGE_S = (6.0, 56.0)
PUSH_EVERY_S = 1.0
DISK_AFTER_S = 2.0
POWER_LOST_S = 30.0
END_S = 80.0


@dataclass(frozen=True, kw_only=True)
class ChaosResult:
    """
    What is there when all is over. ``waiting_at_worst`` is how many batches waited at the worst,
    ``late_s`` what the machine kept from the processes until the power was cut.
    ``epochs_ns`` are when the boots began whose clocks the agents had: the host's, and that after
    the power cut.
    """

    by_site: dict[str, SiteReconciliation]
    batches: list[StoredBatch]
    in_prometheus: Counter[tuple[str, int]]
    kills: dict[str, int]
    waiting_at_worst: int
    late_s: float
    epochs_ns: tuple[int, ...]


@pytest.fixture(scope="module")
def aftermath() -> Iterator[ChaosResult]:
    need("prometheus")
    with tempfile.TemporaryDirectory(prefix="thongsuot-havoc-") as made:
        folder = Path(made)
        folder.chmod(0o755)
        disk = folder / f"agent-{FULL}" / "state"
        disk.mkdir(parents=True)
        with Lab(profile.topology(len(SITES))) as lab, small_disk(disk):
            yield run_chaos(lab, folder, disk)


def run_chaos(lab: Lab, folder: Path, disk: Path) -> ChaosResult:
    """Start everything, wreak havoc, let everything come to rest, and read what is there."""
    options = replace(
        profile.options(lab.ca_file, push_every_s=PUSH_EVERY_S),
        with_prometheus=True,
        spool={"disk_after_s": DISK_AFTER_S},
        is_verbose=True,
    )
    stack = CityStack(lab, folder, options)
    try:
        stack.start()
        wait_for("all agents heard", lambda: all(status.acknowledged for status in statuses(stack)))
        havoc, seen = ChaosSchedule(stack, SEED), SeenMeanwhile()
        schedule_disruptions(havoc, lab, disk, seen)
        started_s = time.time()
        with LostTime() as lost:
            seen.lost_s = lost.since_s()
            havoc.run()
        for number, site in enumerate(SITES):
            # One after the other: at every moment one of them has a batch on its way.
            wait_until_none(f"nothing waits at {site}", partial(waiting_at, stack, number))
        for number, site in enumerate(SITES):
            while not end_agent(stack.agent(site)):
                stack.start_agent(site)
                wait_until_none(f"nothing waits at {site}", partial(waiting_at, stack, number))
            stack.expect_exit(site)
        wait_for("Prometheus to have it all", lambda: sink_lag_entries(stack) == 0)
        range_s = round(time.time() - started_s) + 300
        outcomes = Counter(prometheus_samples(stack.addresses["prometheus"], range_s=range_s))
    finally:
        stack.stop()
    return collect_result(folder, outcomes, havoc.kills, seen)


@dataclass(slots=True)
class SeenMeanwhile:
    """
    What is seen while all goes wrong: the most batches that waited at each site, when the power
    came back, and what the machine kept from the processes until it was cut.
    """

    piled: Counter[str] = field(default_factory=Counter)
    booted_ns: list[int] = field(default_factory=list)
    lost_s: Callable[[], float] = lambda: 0.0
    late_s: float = 0.0

    def look(self, stack: CityStack) -> None:
        """Look how much waits; an agent that was killed a moment ago says so later."""
        for site, status in zip(SITES, statuses(stack), strict=True):
            self.piled[site] = max(self.piled[site], status.waiting)


def schedule_disruptions(havoc: ChaosSchedule, lab: Lab, disk: Path, seen: SeenMeanwhile) -> None:
    """Plan it: a long outage, and in it and after it everything else that can go wrong."""
    stack, (cut_s, mended_s) = havoc.stack, OUTAGE_S
    havoc.at(cut_s, lambda: lab.fault("exchange-down"))
    for before_s in range(10):
        havoc.at(mended_s - 0.5 - before_s, lambda: seen.look(stack))
    havoc.at(mended_s, lambda: lab.heal("exchange-down"))
    for site in ("s1", "s2", FULL):
        havoc.kill_agent(site, 4, 2.0, END_S)
    havoc.kill_agent(CUT, 1, 2.0, 14.0)
    havoc.kill_collector(1, 1.0, cut_s)
    havoc.kill_collector(4, mended_s + 1.0, END_S)

    filler = disk / "somebody-elses"
    havoc.at(12.0, lambda: fill(filler))
    havoc.at(46.0, filler.unlink)

    def lose_power() -> None:
        stack.expect_exit(CUT)
        seen.late_s = seen.lost_s()
        # First of all: it must not see the lights of its neighbours go out.
        lab.node(f"{CUT}.device").kill_all()
        lab.fault("power-cut", site=CUT)

    def have_power() -> None:
        lab.heal("power-cut", site=CUT)
        seen.booted_ns.append(time.time_ns() - STARTED_AFTER_S * 1_000_000_000)
        stack.reboot(CUT)

    havoc.at(POWER_LOST_S, lose_power)
    havoc.at(34.0, have_power)
    havoc.at(mended_s + 3.0, stack.processes["prometheus"].stop)
    havoc.at(mended_s + 15.0, stack.start_prometheus)


def fill(filler: Path) -> None:
    """Take what is left of a small disk."""
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(512))


@contextmanager
def small_disk(at: Path) -> Iterator[None]:
    """Mount a disk of one megabyte."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "small", str(at)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", str(at)], check=True)


@dataclass(frozen=True, kw_only=True)
class AgentSpoolStatus:
    """What of an agent's status is looked at here."""

    acknowledged: bool
    waiting: int


def statuses(stack: CityStack) -> list[AgentSpoolStatus]:
    """Return what the agents say; one that does not answer now has all the world waiting."""
    answered = []
    for site in SITES:
        try:
            answer = httpx.get(f"{stack.addresses[f'agent-{site}']}/status.json", timeout=WITHIN_S)
            status = msgspec.json.decode(answer.content, type=AgentStatus)
        except (httpx.TransportError, msgspec.DecodeError):
            answered.append(AgentSpoolStatus(acknowledged=False, waiting=1))
            continue
        since_s = status.collector.acknowledged_s_ago
        answered.append(
            AgentSpoolStatus(
                acknowledged=since_s is not None, waiting=status.record.waiting_batches
            )
        )
    return answered


def waiting_at(stack: CityStack, number: int) -> int:
    """Return how many batches wait at one of the agents."""
    return statuses(stack)[number].waiting


def collect_result(
    folder: Path,
    in_prometheus: Counter[tuple[str, int]],
    kills: dict[str, int],
    seen: SeenMeanwhile,
) -> ChaosResult:
    """Read logs and journal."""
    host_ns = time.time_ns() - time.clock_gettime_ns(time.CLOCK_BOOTTIME)
    reconciliations = reconcile(folder, SITES, in_prometheus)
    return ChaosResult(
        by_site=reconciliations.by_site,
        batches=reconciliations.batches,
        in_prometheus=in_prometheus,
        kills=kills,
        waiting_at_worst=seen.piled.total(),
        late_s=seen.late_s,
        epochs_ns=(host_ns, *seen.booted_ns),
    )


def test_results_are_in_the_journal_exactly_once(aftermath: ChaosResult) -> None:
    for site, reconciliation in aftermath.by_site.items():
        assert len(reconciliation.logged_runs) > 1000, f"{site} did not tell what it made"
        assert reconciliation.duplicated == [], reconciliation.line(site)
        if site != CUT:
            assert not reconciliation.missing_runs, reconciliation.line(site)
            assert reconciliation.gaps == [], "nothing is missing, so no gap may be announced"


def test_a_power_cut_costs_what_the_rule_says_and_announces_it(aftermath: ChaosResult) -> None:
    reconciliation = aftermath.by_site[CUT]
    assert reconciliation.gaps, "the power cut has to be announced"
    times_ms = [key[-1] for key in reconciliation.missing_runs]
    lost_s = (max(times_ms) - min(times_ms)) / 1000 if times_ms else 0.0
    # What was made since it was last brought to the disk: four to five seconds, more on a machine
    # that is late with both. Without the disk, all since the outage began would be gone. The
    # spool's own tests hold the exact time.
    most_s = (POWER_LOST_S - OUTAGE_S[0]) / 2 + aftermath.late_s
    assert lost_s <= most_s, reconciliation.line(CUT)


def test_no_verdict_change_is_ever_lost(aftermath: ChaosResult) -> None:
    for site, reconciliation in aftermath.by_site.items():
        assert reconciliation.logged_changes, f"{site} did not tell of its verdicts"
        assert not reconciliation.missing_changes, reconciliation.line(site)


def test_the_numbers_of_a_stream_have_no_hole(aftermath: ChaosResult) -> None:
    by_stream: dict[tuple[str, str], list[int]] = {}
    for stored in aftermath.batches:
        batch = stored.batch
        by_stream.setdefault((batch.site, batch.stream), []).append(batch.number)
    for (site, _), numbers in by_stream.items():
        if site != CUT:
            assert sorted(numbers) == list(range(1, len(numbers) + 1))


def test_each_kill_leaves_at_most_one_stored_run_unlogged(aftermath: ChaosResult) -> None:
    # A run that is kept and not told shows that telling comes after keeping, and the kill between.
    for site, reconciliation in aftermath.by_site.items():
        assert reconciliation.unlogged <= aftermath.kills.get(site, 0) + (site == CUT), (
            reconciliation.line(site)
        )


def test_many_batches_waited_and_all_came(aftermath: ChaosResult) -> None:
    assert aftermath.waiting_at_worst > 100


def test_prometheus_has_every_result_at_its_own_time(aftermath: ChaosResult) -> None:
    made = Counter(sample for kept in aftermath.batches for sample in expected_samples(kept))
    missing = {
        sample: [
            f"{kept.entry.stream} {kept.entry.number} dated {kept.entry.epoch_ns}"
            for kept in aftermath.batches
            if sample in expected_samples(kept)
        ]
        for sample in made - aftermath.in_prometheus
    }
    assert missing == {}, "missing in Prometheus"
    assert aftermath.in_prometheus - made == Counter(), "nobody measured that"


def test_times_stay_right_through_kills_and_power_cuts(aftermath: ChaosResult) -> None:
    wrong = [
        f"{kept.entry.site} {kept.entry.stream} {kept.entry.number} {kept.entry.clock}: {error_s}"
        for kept in aftermath.batches
        if (error_s := error_of(kept.entry.site, kept.entry.epoch_ns, aftermath)) > 2000 * MS
    ]
    assert wrong == []
    assert len({round(kept.entry.epoch_ns / 60e9) for kept in aftermath.batches}) > 1, "two boots"


def error_of(site: str, epoch_ns: int, aftermath: ChaosResult) -> float:
    """Return how far off the beginning of a boot is, in seconds; one site alone had a second."""
    epochs_ns = aftermath.epochs_ns if site == CUT else aftermath.epochs_ns[:1]
    return min(abs(epoch_ns - known_ns) for known_ns in epochs_ns) / 1e9
