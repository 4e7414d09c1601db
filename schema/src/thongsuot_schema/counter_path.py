"""
Counter path: whether computers at the counter reach anything, by which link, and since when.

Derived from the runs of the ``counter`` kind, in the same way on the device and on the collector.
The path is considered dead if every portal that is opened has failed since it last answered: a
single portal that is down is that portal's fault. A path that was not measured is neither alive nor
dead.
"""

from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from thongsuot_schema.catalogue import counter
from thongsuot_schema.outcome import Outcome
from thongsuot_schema.reason import Reason

KEPT_S: Final = 31 * 86_400.0
"""How long a switch-over is kept beside the current state: for the figures of a month."""

STALE_S: Final = 1_500.0
"""
An older run says nothing about the present: more than twice the interval at which the page is
opened over a metered link.
"""

_SCHEDULE: Final = frozenset({Reason.OVERRUN, Reason.BUDGET_SPENT, Reason.AGENT_STARVED})
"""The run was skipped, or the device was too busy: it says nothing about the path."""


class CounterRun(msgspec.Struct, frozen=True, kw_only=True):
    """
    One run: its portal, its time (seconds of any one clock), its result.

    ``is_answered``: the portal's server answered anything. ``is_open``: it answered with the
    expected page. ``link`` is the one over which the traffic was seen to leave, empty if that was
    not seen.
    """

    at_s: float
    target: str
    is_open: bool
    is_answered: bool
    link: str = ""


class SwitchOver(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """
    The computers' traffic moved from one link to another.

    ``at_s`` is when it was first seen there; ``took_s`` the time without answers before that, 0 if
    there was none.
    """

    at_s: float
    from_link: str
    to_link: str
    took_s: float


class CounterPath(msgspec.Struct, frozen=True, kw_only=True):
    """
    The current state.

    ``is_alive`` and ``link`` are unchanged since ``since_s``; ``at_s`` is the latest run. ``link``
    is empty if the traffic was not seen; ``seen_link`` is the link where it was seen last.
    ``failing_s``: since when runs fail. ``answered`` and ``opened`` are by target: the time of the
    last measurement and its result; ``shut`` is since when a target's page has not been received.
    ``switch_over`` is set if the latest run found the traffic on another link.
    """

    at_s: float
    is_alive: bool
    since_s: float
    link: str = ""
    seen_link: str = ""
    failing_s: float | None = None
    answered: Mapping[str, tuple[float, bool]] = {}
    opened: Mapping[str, tuple[float, bool]] = {}
    shut: Mapping[str, float] = {}
    switch_over: SwitchOver | None = None

    @property
    def open_targets(self) -> tuple[str, ...]:
        """The portals whose page was received at the last attempt."""
        return tuple(sorted(target for target, (_, is_open) in self.opened.items() if is_open))

    @property
    def failed_targets(self) -> tuple[str, ...]:
        """
        The portals whose page was not received twice or more in a row: a single failure is retried.
        """
        return tuple(
            sorted(
                target
                for target, since_s in self.shut.items()
                if target in self.opened and self.opened[target][0] > since_s
            )
        )


def with_run(before: CounterPath | None, run: CounterRun) -> CounterPath:
    """
    Return the state after a run; a run that is older than the known one of its portal changes
    nothing.

    Runs arrive as they end: one that began before the latest, of another portal, counts for that
    portal but not for the link that the traffic uses now.
    """
    if before is None:
        before = CounterPath(at_s=run.at_s, is_alive=run.is_answered, since_s=run.at_s)
    known_s, was_answered = before.answered.get(run.target, (run.at_s, True))
    if run.at_s < known_s:
        return before
    is_late = run.at_s < before.at_s
    answered = _with(before.answered, run, is_good=run.is_answered)
    opened = _with(before.opened, run, is_good=run.is_open)
    failing_s = before.failing_s
    if run.is_answered:
        failing_s = failing_s if failing_s is not None and run.at_s < failing_s else None
    elif failing_s is None and was_answered:
        failing_s = run.at_s
    is_alive = any(is_good for _, is_good in answered.values())
    link = run.link if run.is_answered and not is_late else (before.link if is_alive else "")
    changed_s = run.at_s if is_alive or failing_s is None else failing_s
    is_same = (is_alive, link) == (before.is_alive, before.link)
    return CounterPath(
        at_s=max(run.at_s, before.at_s),
        is_alive=is_alive,
        since_s=before.since_s if is_same else changed_s,
        link=link,
        seen_link=link or before.seen_link,
        failing_s=failing_s,
        answered=answered,
        opened=opened,
        shut=_with_shut(before.shut, run),
        switch_over=None if is_late else _switch_over(before, run),
    )


def _switch_over(before: CounterPath, run: CounterRun) -> SwitchOver | None:
    if not run.is_answered or not run.link or before.seen_link in {"", run.link}:
        return None
    began_s = run.at_s if before.failing_s is None else before.failing_s
    return SwitchOver(
        at_s=run.at_s, from_link=before.seen_link, to_link=run.link, took_s=run.at_s - began_s
    )


def _with(
    known: Mapping[str, tuple[float, bool]], run: CounterRun, *, is_good: bool
) -> dict[str, tuple[float, bool]]:
    """Return the known targets with a run; those not measured for a long time are left out."""
    fresh = {target: seen for target, seen in known.items() if run.at_s - seen[0] <= STALE_S}
    return {**fresh, run.target: (run.at_s, is_good)}


def _with_shut(known: Mapping[str, float], run: CounterRun) -> dict[str, float]:
    """Return since when the pages of portals have not been received, with a run."""
    others = {target: since_s for target, since_s in known.items() if target != run.target}
    return others if run.is_open else {**others, run.target: known.get(run.target, run.at_s)}


def recent(switch_overs: Iterable[SwitchOver], now_s: float) -> tuple[SwitchOver, ...]:
    """Return those of the last 31 days, oldest first, each once."""
    return tuple(sorted({moved for moved in switch_overs if 0 <= now_s - moved.at_s <= KEPT_S}))


def run_from(
    target: str,
    at_s: float,
    outcome: Outcome,
    reason: Reason | None,
    evidence: Mapping[str, str],
) -> CounterRun | None:
    """
    Return the content of a result of this kind; ``None`` if it was not measured.

    ``says_nothing`` distinguishes a run that was skipped from one that was impossible.
    """
    if outcome is Outcome.UNMEASURED:
        return None
    return CounterRun(
        at_s=at_s,
        target=target,
        is_open=reason is None,
        is_answered=reason is None or counter.ANSWERED in evidence,
        link=evidence.get(counter.LINK, ""),
    )


def says_nothing(reason: Reason | None) -> bool:
    """Return whether an unmeasured run leaves the previous knowledge unchanged."""
    return reason in _SCHEDULE
