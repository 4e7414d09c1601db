"""Absence: since when a collector does not judge, and when to notify. Pure."""

from collections.abc import Sequence

import msgspec


class Absence(msgspec.Struct, frozen=True, kw_only=True):
    """
    A collector that does not judge: since when (Unix time), and what was said of it last.

    ``is_told`` once somebody was to be told; then its end is told too.
    """

    since_ns: int
    problem: str
    is_told: bool = False


class AbsenceChange(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be told: an absence that has begun, or is over (``is_over``)."""

    absence: Absence
    is_over: bool


class AddressReport(msgspec.Struct, frozen=True, kw_only=True):
    """What one address answered: why it is not ready (empty: it is), and whether it leads."""

    address: str
    problem: str
    leads: bool


def shared_problem(reports: Sequence[AddressReport]) -> str:
    """
    Return why nobody judges behind several addresses that are one collector; empty: somebody does.

    Whoever leads knows best. Where that one cannot be asked, a follower that is ready sees it live.
    """
    leading = [report for report in reports if report.leads] or reports
    if any(not report.problem for report in leading):
        return ""
    return "; ".join(f"{report.address}: {report.problem}" for report in leading)


def next_absence(
    before: Absence | None, problem: str, now_ns: int, *, after_s: float
) -> tuple[Absence | None, AbsenceChange | None]:
    """Return what stands after a look at a collector (no ``problem``: it judges), and the news."""
    if not problem:
        is_news = before is not None and before.is_told
        return None, AbsenceChange(absence=before, is_over=True) if before and is_news else None
    absence = Absence(
        since_ns=now_ns if before is None else before.since_ns,
        problem=problem,
        is_told=before is not None and before.is_told,
    )
    if absence.is_told or now_ns - absence.since_ns < after_s * 1e9:
        return absence, None
    notified = msgspec.structs.replace(absence, is_told=True)
    return notified, AbsenceChange(absence=notified, is_over=False)
