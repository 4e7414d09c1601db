"""
The record of a past month: one batch per boot, sealed as an agent does it. Pure, and the same at
every start.

The record is what a device would have kept that ran short of disk space: all verdicts, an echo
every five minutes, and the notice that the others were dropped.
"""

import math
from collections.abc import Iterator, Sequence
from random import Random
from typing import Final
from uuid import UUID

from thongsuot_lab import inventory
from thongsuot_lab.history.faults import DAY_S, DAYS, PastFault, PastLink, faults_of
from thongsuot_lab.topology.model import Topology
from thongsuot_schema.batch.encode import LayoutIndex, encode_batch, encode_layout, index_layout
from thongsuot_schema.batch.layout import sorted_layout
from thongsuot_schema.batch.model import (
    GENERATED_STREAM_PREFIX,
    Batch,
    ClockReading,
    Notice,
    NoticeCode,
)
from thongsuot_schema.catalogue import icmp
from thongsuot_schema.inventory.model import Role
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family, Result, Series, failed_finding, ok_finding
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Verdict, VerdictChange

VERSION: Final = "generated history"
"""Stands in for the agent's version, so that nobody takes the record for a measurement."""

_NS: Final = 1_000_000_000
_BOOT_S: Final = 40.0
"""From the boot of a device to its first measurement."""

_EVERY_S: Final = 300.0
_DROPPED_OF_EACH: Final = 59
"""
One in sixty of the echoes at five-second intervals is kept; the record says that the others were
dropped.
"""
_FIXED_RTT_S, _RADIO_RTT_S = 0.0032, 0.016
_LEAST_RTT_S: Final = 0.0005
_HOUR_S: Final = 3_600.0
_VIETNAM_S: Final = 7 * _HOUR_S
_ECHOES: Final = 5


class PastRecord:
    """
    The month of one site: its links, its services and faults; the same every time.
    """

    def __init__(
        self,
        site: str,
        links: Sequence[PastLink],
        services: Sequence[str],
        faults: Sequence[PastFault],
        *,
        now_ns: int,
    ) -> None:
        self.site = site
        self._links = links
        self._services = services
        self.faults = faults
        self._now_ns = now_ns
        self._random = Random(site)
        self._index: LayoutIndex = index_layout(
            sorted_layout([_series(link.name) for link in links])
        )

    @property
    def layout(self) -> bytes:
        """The layout that all batches refer to."""
        return encode_layout(self._index.layout)

    def batches(self) -> Iterator[bytes]:
        """
        Yield one batch for each boot, each in its own stream; the newest boot comes first, so that
        the site never appears to have been silent for long.
        """
        cuts = [fault for fault in self.faults if fault.is_power_cut]
        starts_s = [-DAYS * DAY_S, *(cut.end_s for cut in cuts)]
        ends_s = [*(cut.start_s for cut in cuts), 0.0]
        boots = list(zip(starts_s, ends_s, strict=True))
        for number in range(len(boots), 0, -1):
            yield encode_batch(self._batch(number, *boots[number - 1]), self._index)

    def _batch(self, number: int, start_s: float, end_s: float) -> Batch:
        epoch_ns = self._now_ns + round((start_s - _BOOT_S) * _NS)
        sealed_ns = round((end_s - start_s + _BOOT_S) * _NS)
        begun_ns = round(_BOOT_S * _NS)
        results = self._results(start_s, end_s)
        return Batch(
            site=self.site,
            stream=f"{GENERATED_STREAM_PREFIX}{number:08x}",
            number=1,
            boot_id=str(UUID(int=self._random.getrandbits(128))),
            clock=ClockReading(boottime_ns=sealed_ns, wall_ns=epoch_ns + sealed_ns, error_s=0.001),
            results=tuple(results),
            changes=tuple(self._changes(start_s, end_s)),
            notices=(
                Notice(code=NoticeCode.STARTED, boottime_ns=_NS, text=VERSION),
                Notice(
                    code=NoticeCode.DROPPED,
                    boottime_ns=sealed_ns,
                    from_boottime_ns=begun_ns,
                    count=len(results) * _DROPPED_OF_EACH,
                ),
            ),
        )

    def _results(self, start_s: float, end_s: float) -> list[Result]:
        results = []
        for link in self._links:
            faults = [fault for fault in self.faults if fault.link == link.name]
            for step in range(math.ceil(start_s / _EVERY_S), math.ceil(end_s / _EVERY_S)):
                at_s = step * _EVERY_S
                at_ns = round((at_s - start_s + _BOOT_S) * _NS)
                results.append(self._echo(link, faults, at_s, at_ns))
        results.sort(key=lambda result: result.boottime_ns)
        return results

    def _echo(self, link: PastLink, faults: Sequence[PastFault], at_s: float, at_ns: int) -> Result:
        fault = next((each for each in faults if each.start_s <= at_s < each.end_s), None)
        loss_ratio, factor = (0.0, 1.0) if fault is None else (fault.loss_ratio, fault.delay_factor)
        series = _series(link.name)
        if loss_ratio >= 1.0:
            finding = failed_finding(Reason.TIMED_OUT, {icmp.LOSS: 1.0})
            return Result(series=series, boottime_ns=at_ns, finding=finding)
        base_s = _RADIO_RTT_S if link.is_radio else _FIXED_RTT_S
        noise = self._random.gauss(0.0, 0.12 if link.is_radio else 0.03)
        rtt_s = max(_LEAST_RTT_S, base_s * factor * (1.0 + 0.35 * self._busy(at_s) + noise))
        lost = sum(self._random.random() < loss_ratio for _ in range(_ECHOES)) / _ECHOES
        if lost == 1.0:
            finding = failed_finding(Reason.TIMED_OUT, {icmp.LOSS: 1.0})
        else:
            finding = ok_finding({icmp.RTT: round(rtt_s, 6), icmp.LOSS: lost})
        return Result(series=series, boottime_ns=at_ns, finding=finding)

    def _busy(self, at_s: float) -> float:
        """Return the load of an hour, 0 to 1: offices by day, homes in the evening."""
        hour = ((self._now_ns / _NS + at_s + _VIETNAM_S) / _HOUR_S) % 24.0
        office = math.exp(-(((hour - 10.0) / 2.5) ** 2))
        return max(office * 0.6, math.exp(-(((hour - 20.5) / 2.0) ** 2)))

    def _changes(self, start_s: float, end_s: float) -> list[VerdictChange]:
        """
        Return the verdicts of a boot, in order; all subjects begin with a new verdict at a boot.
        """
        subjects = [(link.name, "") for link in self._links]
        subjects += [("", service) for service in self._services]
        changes = [
            _change(Verdict(link=link, service=service, state=State.UP), State.UNKNOWN, _BOOT_S)
            for link, service in subjects
        ]
        for fault in self.faults:
            if fault.is_power_cut or not start_s <= fault.start_s < end_s:
                continue
            begin_s = fault.start_s - start_s + _BOOT_S
            bad = Verdict(
                link=fault.link,
                service=fault.service,
                state=fault.state,
                segment=fault.segment,
                symptom=fault.symptom,
            )
            well = Verdict(link=fault.link, service=fault.service, state=State.UP)
            changes.append(_change(bad, State.UP, begin_s))
            changes.append(_change(well, fault.state, begin_s + fault.length_s))
        return sorted(changes, key=lambda change: change.decided_boottime_ns)


def _series(link: str) -> Series:
    return Series(
        kind=icmp.KIND.name,
        revision=icmp.KIND.revision,
        link=link,
        target=f"hop-{link}",
        family=Family.IP4,
    )


def _change(verdict: Verdict, before: State, at_s: float) -> VerdictChange:
    at_ns = round(at_s * _NS)
    return VerdictChange(
        verdict=verdict, before=before, onset_boottime_ns=at_ns, decided_boottime_ns=at_ns + _NS
    )


def past_records(topology: Topology, sites: Sequence[str], *, now_ns: int) -> Iterator[PastRecord]:
    """Yield the record of the past month for each of these sites."""
    for place, site in enumerate(sites):
        links = [
            PastLink(name=link.name, medium=link.medium, carrier=link.carrier)
            for link in inventory.links_of(topology, site)
        ]
        services = [
            target.name
            for target in inventory.targets_of(topology, site)
            if target.role is Role.SERVICE
        ]
        yield PastRecord(site, links, services, faults_of(place, links), now_ns=now_ns)
