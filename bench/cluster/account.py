"""
The account of a run: what devices have made, what the cluster has kept of it, and what became of
that at each sink, as the product's own commands state it.
"""

from collections.abc import Mapping
from pathlib import Path

import msgspec
from bench.cluster.machines import Machine, python_program

from thongsuot_collector.accounts.site_account import SinkProgress
from thongsuot_collector.accounts.stream_account import BatchFate
from thongsuot_collector.cli.record_reports import (
    CityAccountReport,
    VerificationReport,
)

_NAMED = 5


class RunAccount(msgspec.Struct, frozen=True, kw_only=True):
    """What ``verify`` and ``account`` say at the end of a run."""

    verification: VerificationReport
    city: CityAccountReport

    @property
    def made(self) -> Mapping[str, int]:
        """How many batches each site has made, as far as the cluster knows."""
        return {site.site: site.made for site in self.city.sites}

    @property
    def kept(self) -> int:
        """How many batches the cluster has."""
        return sum(site.fates.get(BatchFate.KEPT, 0) for site in self.city.sites)

    def lines(self) -> list[str]:
        """Return the account as a reader sees it."""
        fates = {
            fate.value: count
            for fate in BatchFate
            if (count := sum(site.fates.get(fate, 0) for site in self.city.sites))
        }
        return [
            f"account: made {sum(self.made.values())}, of these {fates}",
            *(
                f"  {sink.sink}: delivered {sink.delivered}, waiting {sink.behind}, set aside "
                f"{sink.dead_letters}, lost {sink.lost}, passed over {sink.skipped}"
                for sink in self.city.sinks
            ),
        ]

    def flaws(self, made: Mapping[str, int], stored: int) -> list[str]:
        """
        Return what does not close: ``made`` are the batches of each site by the devices' own
        count, ``stored`` is how many entries the journal has.
        """
        flaws = [
            f"{site} has made {count} batches, the account says {self.made.get(site, 0)}"
            for site, count in made.items()
            if self.made.get(site, 0) != count
        ]
        flaws += [
            f"{site.site}: {dict(site.fates)}"
            for site in self.city.sites
            if set(site.fates) - {BatchFate.KEPT} or not site.closes
        ]
        if self.kept != stored:
            flaws.append(f"kept {self.kept}, and {stored} in the journal")
        flaws += [f"{sink}" for sink in self.city.sinks if _is_short(sink, stored)]
        if not self.city.sinks:
            flaws.append("no sink has an account")
        if not self.verification.is_intact:
            flaws.append(f"verify: {_short(self.verification)}")
        if len(self.verification.streams) != len(made):
            flaws.append(f"verify has read {len(self.verification.streams)} streams")
        return flaws


def read_account(machine: Machine, config: Path) -> RunAccount:
    """Run the commands on a machine of the cluster, with the configuration of its collector."""
    # Of a record that is not intact its status is not 0; the report says it as well.
    verification = _printed(machine, "verify", config)
    return RunAccount(
        verification=msgspec.json.decode(verification, type=VerificationReport),
        city=msgspec.json.decode(_printed(machine, "account", config), type=CityAccountReport),
    )


def _printed(machine: Machine, command: str, config: Path) -> str:
    """Return what a command prints; its status is that of what it found."""
    program = python_program("thongsuot-collector")
    done = machine.node.run([program, command, "--config", str(config), "--json"], check=False)
    if not done.stdout:
        raise RuntimeError(f"{command} ended with status {done.returncode}: {done.stderr}")
    return done.stdout


def _is_short(sink: SinkProgress, stored: int) -> bool:
    others = sink.behind, sink.dead_letters, sink.lost, sink.skipped
    return sink.delivered != stored or any(others)


def _short(report: VerificationReport) -> str:
    flawed = [stream for stream in report.streams if stream.flaws]
    found = [*report.lost, *flawed, *report.missing, *report.undelivered]
    return f"{len(found)} flaws, {found[:_NAMED]}"
