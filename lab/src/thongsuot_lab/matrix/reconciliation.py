"""
Reconciliation: everything that agents made against what was stored, once everything is at rest.
"""

import re
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from thongsuot_collector.app.durable import JOURNAL_FILE
from thongsuot_lab.matrix.journal_reader import StoredBatch, stored_batches
from thongsuot_lab.matrix.observe import count_waiting_batches
from thongsuot_lab.matrix.site_reconciliation import (
    SiteReconciliation,
    expected_samples,
    prometheus_samples,
)
from thongsuot_lab.stack.city import CityStack
from thongsuot_lab.stack.process import Process, StackError

DRAIN_WITHIN_S = 120.0
"""How long everything may take to come to rest after the last fault was mended."""

_POLL_EVERY_S = 0.2
_STOPPED = re.compile(rb" stopped waiting_batches=(?P<waiting>\d+)")
_LAG = re.compile(r'consumer_lag_entries\{consumer="(?:sink[:/])?prometheus"\} (\S+)')


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciliation:
    """
    The reconciliation of one run.

    ``database`` is ``None`` where no Prometheus ran: otherwise the number of outcomes in the
    journal that it lacks, and the number that it has but no agent made.
    """

    by_site: dict[str, SiteReconciliation]
    batches: list[StoredBatch]
    in_prometheus: Counter[tuple[str, int]] | None

    @property
    def unannounced(self) -> int:
        """The number of missing results at sites that announced no gap."""
        return sum(
            site.missing_runs.total()
            for site in self.by_site.values()
            if site.missing_runs and not site.gaps
        )

    @property
    def faults(self) -> list[str]:
        """Return the discrepancies as texts."""
        faults = [
            f"{site}: {name} {count}"
            for site, site_reconciliation in self.by_site.items()
            for name, count in (
                (
                    "missing, no gap announced:",
                    0 if site_reconciliation.gaps else site_reconciliation.missing_runs.total(),
                ),
                ("doubled:", len(site_reconciliation.duplicated)),
                ("verdict changes missing:", site_reconciliation.missing_changes.total()),
            )
            if count
        ]
        missing, foreign = self.prometheus_difference
        if missing or foreign:
            faults.append(f"Prometheus lacks {missing} outcomes and has {foreign} nobody made")
        return faults

    @property
    def prometheus_difference(self) -> tuple[int, int]:
        """
        Return how many outcomes Prometheus lacks, and how many no agent made; zero without
        Prometheus.
        """
        if self.in_prometheus is None:
            return 0, 0
        made = Counter(sample for batch in self.batches for sample in expected_samples(batch))
        missing, foreign = made - self.in_prometheus, self.in_prometheus - made
        return missing.total(), foreign.total()

    def lines(self) -> Iterator[str]:
        """Yield the reconciliation as lines for people."""
        logs = self.by_site.values()
        yield (
            f"results made {sum(site.logged_runs.total() for site in logs)} "
            f"kept {sum(site.stored_runs.total() for site in logs)} "
            f"missing {sum(site.missing_runs.total() for site in logs)} "
            f"doubled {sum(len(site.duplicated) for site in logs)} "
            f"gaps announced {sum(len(site.gaps) for site in logs)}; "
            f"verdict changes made {sum(site.logged_changes.total() for site in logs)} "
            f"missing {sum(site.missing_changes.total() for site in logs)}"
        )
        if self.in_prometheus is None:
            yield "no Prometheus here: the journal alone was looked at"
        else:
            missing, foreign = self.prometheus_difference
            yield (
                f"outcomes in Prometheus at their own times {self.in_prometheus.total()}, "
                f"missing {missing}, made by nobody {foreign}"
            )
        yield from (f"    {fault}" for fault in self.faults)
        yield f"missing without an announced gap: {self.unannounced}"


def drain(stack: CityStack, *, patience: float) -> None:
    """
    Let agents push everything and end, one after the other, and wait until the sink delivered it.

    Raises:
        StackError: something did not come to rest in time, or ended unexpectedly.
    """
    deadline = time.monotonic() + DRAIN_WITHIN_S * patience * len(stack.sites)
    for site in stack.sites:
        while True:
            nothing_waits = partial(_has_nothing_waiting, stack, site)
            _wait_until(stack, f"nothing waits at {site}", nothing_waits, patience)
            is_done = end_agent(stack.agent(site))
            stack.expect_exit(site)
            if is_done:
                break
            if time.monotonic() > deadline:
                raise StackError(f"{site} never ended with its last batch acknowledged")
            stack.start_agent(site)
    if "prometheus" in stack.processes:
        _wait_until(
            stack, "Prometheus to have it all", lambda: sink_lag_entries(stack) == 0, patience
        )


def end_agent(agent: Process) -> bool:
    """
    End an agent; return whether the collector acknowledged everything that it made.

    An agent waits two seconds for the answer to its last batch, and then leaves it on its disk. On
    a busy machine the collector stores that batch later, or never.

    Raises:
        StackError: it did not end by itself.
    """
    before_bytes = agent.log.stat().st_size
    agent.stop()
    with agent.log.open("rb") as log:
        log.seek(before_bytes)
        said = _STOPPED.search(log.read())
    if said is None:
        raise StackError(f"{agent.name} does not say how many batches it left: see {agent.log}")
    return said["waiting"] == b"0"


def sink_lag_entries(stack: CityStack) -> float | None:
    """Return the number of journal entries that the sink has not delivered."""
    with urllib.request.urlopen(f"{stack.addresses['collector']}/metrics", timeout=60) as answer:
        match = _LAG.search(answer.read().decode())
    return None if match is None else float(match.group(1))


def outcomes_in_prometheus(stack: CityStack, *, since_s: float) -> Counter[tuple[str, int]] | None:
    """Return the outcomes in Prometheus; ``since_s`` is the start of the run, Unix time."""
    if "prometheus" not in stack.processes:
        return None
    range_s = round(time.time() - since_s) + 300
    return Counter(prometheus_samples(stack.addresses["prometheus"], range_s=range_s))


def reconcile(
    folder: Path, sites: Sequence[str], in_prometheus: Counter[tuple[str, int]] | None
) -> Reconciliation:
    """Read the agents' logs and the collector's journal of a stack that has been stopped."""
    everything = list(stored_batches(folder / "collector" / "state" / JOURNAL_FILE))
    by_site = {site: SiteReconciliation() for site in sites}
    for site, site_log in by_site.items():
        site_log.read_log(folder / "logs" / f"agent-{site}.log")
    for batch in everything:
        by_site[batch.batch.site].read_batch(batch)
    return Reconciliation(by_site=by_site, batches=everything, in_prometheus=in_prometheus)


def _has_nothing_waiting(stack: CityStack, site: str) -> bool:
    return count_waiting_batches(stack, site) == 0


def _wait_until(stack: CityStack, awaited: str, is_so: Callable[[], bool], patience: float) -> None:
    deadline = time.monotonic() + DRAIN_WITHIN_S * patience
    while not is_so():
        if time.monotonic() > deadline:
            raise StackError(f"timed out while waiting for: {awaited}")
        stack.check()
        time.sleep(_POLL_EVERY_S)
