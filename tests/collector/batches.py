"""Batches as an agent would seal them: real layouts, real bytes."""

import random
import time
from collections.abc import Iterable, Sequence

from tests.schema.batch.layout_builder import LayoutBuilder
from thongsuot_schema.batch.encode import LayoutIndex, encode_batch, encode_layout
from thongsuot_schema.batch.model import Batch, ClockReading, Notice
from thongsuot_schema.catalogue import dns, icmp
from thongsuot_schema.metric import ProbeKind
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family, Finding, Result, Series, failed_finding, ok_finding
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom, Verdict, VerdictChange

BOOT = "7f3c1a52-93f4-4f0e-8d53-0c2f6a1b9e77"
STREAM = "00112233445566aa"
S = 1_000_000_000

MEDIA = ("fiber", "5g")
ANCHORS = ("resolver", "exchange", "abroad")


def series(
    kind: ProbeKind, *, link: str = "fiber", target: str = "", family: Family = Family.IP4
) -> Series:
    return Series(kind=kind.name, revision=kind.revision, link=link, target=target, family=family)


def icmp_result(
    at_ns: int,
    *,
    link: str = "fiber",
    target: str = "exchange",
    rtt_s: float = 0.021,
    loss: float = 0.0,
) -> Result:
    return Result(
        series=series(icmp.KIND, link=link, target=target),
        boottime_ns=at_ns,
        finding=ok_finding({icmp.RTT: rtt_s, icmp.LOSS: loss, icmp.HOP_LIMIT: 57.0}),
    )


def result(at_ns: int, finding: Finding, measured_series: Series) -> Result:
    return Result(series=measured_series, boottime_ns=at_ns, finding=finding)


def failed(at_ns: int, *, link: str = "fiber", target: str = "exchange") -> Result:
    finding = failed_finding(Reason.TIMED_OUT, {icmp.LOSS: 1.0})
    return result(at_ns, finding, series(icmp.KIND, link=link, target=target))


def unmeasured(at_ns: int, *, link: str = "fiber", target: str = "exchange") -> Result:
    finding = failed_finding(Reason.NO_ADDRESS)
    return result(at_ns, finding, series(icmp.KIND, link=link, target=target))


def change(
    at_ns: int,
    state: State,
    *,
    before: State = State.UNKNOWN,
    link: str = "fiber",
    service: str = "",
    segment: Segment | None = None,
    symptom: Symptom = Symptom.NONE,
    onset_ns: int | None = None,
) -> VerdictChange:
    return VerdictChange(
        verdict=Verdict(link=link, service=service, state=state, segment=segment, symptom=symptom),
        before=before,
        onset_boottime_ns=at_ns if onset_ns is None else onset_ns,
        decided_boottime_ns=at_ns,
    )


class BatchSealer:
    """Seals numbered batches of one stream, as an agent does, with a clock that the test sets."""

    def __init__(
        self,
        site: str,
        *,
        stream: str = STREAM,
        boot_id: str = BOOT,
        epoch_ns: int,
        error_s: float | None = 0.001,
    ) -> None:
        self.site = site
        self.stream = stream
        self.boot_id = boot_id
        self.epoch_ns = epoch_ns
        """Wall time of boottime 0, as this device believes it to be."""
        self.error_s = error_s
        self.number = 0
        self._layouts = LayoutBuilder()

    def uptime_ns(self) -> int:
        """
        Return what the device's clock shows when it pushes now.

        A clock that stands still while a slow machine works is a wrong one to the collector, as
        soon as it is two seconds behind.
        """
        return time.time_ns() - self.epoch_ns

    def batch(
        self,
        sealed_ns: int,
        results: Sequence[Result] = (),
        *,
        changes: Iterable[VerdictChange] = (),
        notices: Iterable[Notice] = (),
        number: int | None = None,
    ) -> Batch:
        self.number = self.number + 1 if number is None else number
        return Batch(
            site=self.site,
            stream=self.stream,
            number=self.number,
            boot_id=self.boot_id,
            clock=ClockReading(
                boottime_ns=sealed_ns, wall_ns=self.epoch_ns + sealed_ns, error_s=self.error_s
            ),
            results=tuple(results),
            changes=tuple(changes),
            notices=tuple(notices),
        )

    def sealed(self, batch: Batch) -> tuple[bytes, bytes]:
        """Return the bytes of a batch, and of the layout it refers to."""
        index: LayoutIndex = self._layouts.index_for(batch.results)
        return encode_batch(batch, index), encode_layout(index.layout)


def usual_results(start_ns: int, *, seed: int = 0, rounds: int = 3) -> list[Result]:
    """Return what two links measure in 15 s: three anchors by two kinds, every five seconds."""
    chance = random.Random(seed)
    results: list[Result] = []
    for place in range(rounds):
        at_ns = start_ns + place * 5 * S
        for link in MEDIA:
            for offset, target in enumerate(ANCHORS):
                moment_ns = at_ns + offset * 40_000_000
                results.append(
                    icmp_result(
                        moment_ns,
                        link=link,
                        target=target,
                        rtt_s=round(chance.uniform(0.01, 0.05), 6),
                    )
                )
                results.append(
                    result(
                        moment_ns + 5_000_000,
                        ok_finding(
                            {
                                dns.LOOKUP: round(chance.uniform(0.01, 0.05), 6),
                                dns.ANSWERS: 2.0,
                                dns.TTL: 300.0,
                            }
                        ),
                        series(dns.KIND, link=link, target=target),
                    )
                )
    return results
