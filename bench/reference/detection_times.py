"""
Known: when each fault was detected, and by which stack; stored between sessions, and printed as a
table.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from thongsuot_lab.matrix.result import percentile

GIVEN_UP_S = 240.0
"""How long a stack may take to notify; the slowest known one takes two minutes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LatencyParts:
    """
    The parts of our own time, in order: no probe had shown the fault, it was judged, it was pushed.
    """

    wait_s: float
    judge_s: float
    push_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectionTimes:
    """How long each stack took to detect one fault at one site; ``None``: not in time."""

    fault: str
    site: str
    reference_s: dict[str, float | None]
    ours: LatencyParts | None

    def times(self) -> dict[str, float | None]:
        """Return seconds by stack."""
        agent_s = collector_s = None
        if self.ours is not None:
            agent_s = self.ours.wait_s + self.ours.judge_s
            collector_s = agent_s + self.ours.push_s
        return {"agent": agent_s, "collector": collector_s, **self.reference_s}


@dataclass(slots=True, kw_only=True)
class BenchObservations:
    """Results so far: traffic (of the latest session), times, alarms of each reference."""

    bytes_per_s: dict[str, float] = field(default_factory=dict)
    known: list[DetectionTimes] = field(default_factory=list)
    false_alarms: dict[str, int] = field(default_factory=dict)


def report(seen: BenchObservations, references: Sequence[str]) -> None:
    """Print times, traffic and their ratios."""
    columns = ["agent", "collector", *references]
    parts = ["wait", "judge", "push"]
    times: dict[str, list[float]] = {name: [] for name in (*columns, *parts)}
    print(f"{'fault':28} {'site':5}" + "".join(f"{name:>13}" for name in columns), *parts)
    for times_of_fault in sorted(seen.known, key=lambda known: known.fault):
        row = times_of_fault.times()
        for name, value in row.items():
            # A stack that did not notify is counted as if it had at the time limit.
            times[name].append(GIVEN_UP_S if value is None else value)
        own = (
            [times_of_fault.ours.wait_s, times_of_fault.ours.judge_s, times_of_fault.ours.push_s]
            if times_of_fault.ours
            else []
        )
        for name, spent_s in zip(parts, own, strict=bool(own)):
            times[name].append(spent_s)
        cells = "".join(
            f"{'–' if (value := row[name]) is None else f'{value:.1f}':>13}" for name in columns
        )
        print(
            f"{times_of_fault.fault:28} {times_of_fault.site:5}{cells}",
            *(f"{spent_s:4.1f}" for spent_s in own),
        )
    for share in (0.5, 0.95):
        at = {name: percentile(values, share) or 0.0 for name, values in times.items()}
        cells = "".join(f"{at[name]:13.1f}" for name in columns)
        print(f"{f'p{share * 100:.0f}':34}" + cells, *(f"{at[name]:4.1f}" for name in parts))
        for reference in references:
            for name in ("agent", "collector"):
                print(f"    {reference} / {name}: {at[reference] / at[name]:.1f}")
    print("traffic, bytes a second, both links:")
    for name, value in seen.bytes_per_s.items():
        print(f"    {name:12} {value:10.0f}   {value / seen.bytes_per_s['ours']:.1f} times ours")
    for name, count in seen.false_alarms.items():
        print(f"{name}: {count} alarms with nothing broken")
