"""Absence: tracks a collector that is not working, and decides when to notify. Pure."""

from collections.abc import Sequence

import msgspec


class Absence(msgspec.Struct, frozen=True, kw_only=True):
    """
    A collector that is not working: since when (Unix time), and the latest reason. ``lasted_s`` is
    how long it was seen not to work: no step of a clock counts, and no pause of this machine.

    ``is_told`` once people were to be notified; then they are also notified of its end.
    """

    since_ns: int
    problem: str
    lasted_s: float = 0.0
    is_told: bool = False


class AbsenceChange(msgspec.Struct, frozen=True, kw_only=True):
    """A change to notify: an absence that has begun, or is over (``is_over``)."""

    absence: Absence
    is_over: bool


class AddressReport(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of one address: why it is not ready (empty: it is), and whether it leads."""

    address: str
    problem: str
    leads: bool


def shared_problem(reports: Sequence[AddressReport]) -> str:
    """
    Return why no node of a collector with several addresses is working; empty: one is.

    The leader has precedence. If it does not answer, a follower that is ready confirms that it is
    alive.
    """
    leading = [report for report in reports if report.leads] or reports
    if any(not report.problem for report in leading):
        return ""
    return "; ".join(f"{report.address}: {report.problem}" for report in leading)


def next_absence(
    before: Absence | None, problem: str, now_ns: int, *, passed_s: float, after_s: float
) -> tuple[Absence | None, AbsenceChange | None]:
    """
    Return the absence after a check of a collector (no ``problem``: it is working), and the change.

    ``passed_s`` is the time since the last check; people are notified after ``after_s`` in total.
    """
    if not problem:
        is_news = before is not None and before.is_told
        return None, AbsenceChange(absence=before, is_over=True) if before and is_news else None
    if before is None:
        absence = Absence(since_ns=now_ns, problem=problem)
    else:
        lasted_s = before.lasted_s + passed_s
        absence = msgspec.structs.replace(before, problem=problem, lasted_s=lasted_s)
    if absence.is_told or absence.lasted_s < after_s:
        return absence, None
    notified = msgspec.structs.replace(absence, is_told=True)
    return notified, AbsenceChange(absence=notified, is_over=False)
