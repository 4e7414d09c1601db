"""
Counter: the experience of the computers at the counter, from the results of the ``counter`` kind.
"""

from collections.abc import Callable

from thongsuot_schema.catalogue import counter
from thongsuot_schema.counter_path import (
    STALE_S,
    CounterPath,
    SwitchOver,
    recent,
    run_from,
    says_nothing,
    with_run,
)
from thongsuot_schema.outcome import Outcome
from thongsuot_schema.result import Result
from thongsuot_schema.switch_overs import switch_over_figures
from thongsuot_schema.view import CounterView

_NS_PER_S = 1_000_000_000


class CounterTracker:
    """Accumulates the results of this process; its times are boot time."""

    def __init__(self) -> None:
        self._path: CounterPath | None = None
        self._switch_overs: tuple[SwitchOver, ...] = ()

    def add_result(self, result: Result) -> None:
        """Add a result; results of other kinds are ignored."""
        if result.series.kind != counter.KIND.name:
            return
        finding, at_s = result.finding, result.boottime_ns / _NS_PER_S
        if finding.outcome is Outcome.UNMEASURED:
            if not says_nothing(finding.reason):
                self._path = None
            return
        run = run_from(
            result.series.target, at_s, finding.outcome, finding.reason, finding.evidence
        )
        if run is None:
            return
        self._path = with_run(self._path, run)
        took_s = finding.values.get(counter.SWITCH_OVER.name)
        if took_s is not None:
            moved = SwitchOver(
                at_s=at_s,
                from_link=finding.evidence.get(counter.FROM_LINK, ""),
                to_link=run.link,
                took_s=took_s,
            )
            self._switch_overs = recent((*self._switch_overs, moved), at_s)

    def view(self, now_ns: int, wall_s: Callable[[int], float]) -> CounterView | None:
        """Return the current state; ``None`` if nothing is known."""
        path = self._path
        if path is None or now_ns / _NS_PER_S - path.at_s > STALE_S:
            return None

        def unix_s(boot_s: float) -> float:
            return wall_s(round(boot_s * _NS_PER_S))

        moves = tuple(
            SwitchOver(
                at_s=unix_s(moved.at_s),
                from_link=moved.from_link,
                to_link=moved.to_link,
                took_s=moved.took_s,
            )
            for moved in self._switch_overs
        )
        return CounterView(
            is_alive=path.is_alive,
            since_s=unix_s(path.since_s),
            at_s=unix_s(path.at_s),
            link=path.link,
            open_services=path.open_targets,
            failed_services=path.failed_targets,
            switch_overs=moves,
            month=switch_over_figures(moves, unix_s(now_ns / _NS_PER_S)),
        )
