"""The results of a run, from the trials and from the collector's journal."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import quantiles

from thongsuot_lab.matrix.blame import WrongBlame, fault_periods, wrong_blames
from thongsuot_lab.matrix.fault_location import Subject
from thongsuot_lab.matrix.journal_reader import RecordedChange
from thongsuot_lab.matrix.reconciliation import Reconciliation
from thongsuot_lab.matrix.row import ExpectedVerdict, MatrixRow
from thongsuot_lab.matrix.trial import RowTrial, TrialPhase, matches
from thongsuot_schema.segment import party_for
from thongsuot_schema.state import State


@dataclass(frozen=True, slots=True, kw_only=True)
class Detection:
    """The time until one verdict was given, and until the collector had it on disk."""

    subject: Subject
    agent_s: float
    collector_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RowResult:
    """
    One trial and its record in the journal.

    ``failures`` is empty when everything went as the row requires.
    """

    trial: RowTrial
    detections: tuple[Detection, ...]
    wrong_blames: tuple[WrongBlame, ...]
    failures: tuple[str, ...]

    @property
    def row(self) -> MatrixRow:
        """The row that was played."""
        return self.trial.row


@dataclass(frozen=True, slots=True, kw_only=True)
class MatrixResult:
    """The whole run. ``wrong_blames`` includes those outside of every trial."""

    rows: tuple[RowResult, ...]
    wrong_blames: tuple[WrongBlame, ...]
    changes: int
    healthy_s: float
    reconciliation: Reconciliation

    @property
    def passed(self) -> bool:
        """Whether every row went as required, no party was blamed wrongly and nothing was lost."""
        has_failed = any(row.failures for row in self.rows)
        return not (has_failed or self.wrong_blames or self.reconciliation.faults)

    def detections(self) -> list[Detection]:
        """Return every verdict that had to be given and was given."""
        return [detection for outcome in self.rows for detection in outcome.detections]


def matrix_result(
    trials: Sequence[RowTrial],
    changes: Sequence[RecordedChange],
    reconciliation: Reconciliation,
    *,
    watched_s: float,
) -> MatrixResult:
    """
    Return the results of a run; ``watched_s`` is how long sites were watched, summed over all
    sites.
    """
    blames = wrong_blames(changes, fault_periods(trials))
    outcomes = tuple(_outcome(trial, changes, blames) for trial in trials)
    broken_s = sum(_broken_s(trial) * len(trial.place.sites()) for trial in trials)
    return MatrixResult(
        rows=outcomes,
        wrong_blames=tuple(blames),
        changes=len(changes),
        healthy_s=max(0.0, watched_s - broken_s),
        reconciliation=reconciliation,
    )


def percentile(values: Iterable[float], share: float) -> float | None:
    """Return the quantile of some values, ``None`` if there are none."""
    ordered = sorted(values)
    if len(ordered) < 2:
        return ordered[0] if ordered else None
    return quantiles(ordered, n=100, method="inclusive")[round(share * 100) - 1]


def _broken_s(trial: RowTrial) -> float:
    if trial.injected_at is None or not trial.row.expected:
        return 0.0
    end = trial.healthy_at or trial.reverted_at or trial.injected_at
    return (end.boottime_ns - trial.injected_at.boottime_ns) / 1e9


def _outcome(
    trial: RowTrial, changes: Sequence[RecordedChange], blames: Sequence[WrongBlame]
) -> RowResult:
    own = tuple(blame for blame in blames if _is_during(trial, blame.change))
    failures = [*trial.failures, *(blame.text() for blame in own)]
    if trial.phase is not TrialPhase.DONE:
        failures.append("not finished")
    detections: list[Detection] = []
    if trial.injected_at is not None:
        for subject, sees in trial.subjects:
            noticed = None if trial.row.by_collector else _detection(trial, changes, subject, sees)
            if noticed is not None:
                detections.append(noticed)
                failures += _early_recoveries(trial, changes, noticed)
            elif not trial.row.by_collector:
                failures.append(f"not in the record: {'/'.join(subject)} {sees.state}")
        if not trial.row.expected:
            failures += _unwanted_changes(trial, changes)
    limit_s = trial.limit_s
    late = [detection for detection in detections if detection.agent_s > limit_s]
    failures += [
        f"late: {'/'.join(slow.subject)} after {slow.agent_s:.1f} s, bound {limit_s:.1f} s"
        for slow in late
    ]
    return RowResult(
        trial=trial, detections=tuple(detections), wrong_blames=own, failures=tuple(failures)
    )


def _detection(
    trial: RowTrial, changes: Sequence[RecordedChange], subject: Subject, sees: ExpectedVerdict
) -> Detection | None:
    broken, mended = trial.injected_at, trial.reverted_at
    assert broken is not None, "only what was broken can be detected"
    for change in changes:
        if (change.site, change.link, change.service) != subject:
            continue
        is_then = change.decided_ns >= broken.boottime_ns and (
            mended is None or change.decided_ns <= mended.boottime_ns
        )
        if is_then and matches((change.state, change.segment, change.symptom), sees):
            return Detection(
                subject=subject,
                agent_s=(change.decided_ns - broken.boottime_ns) / 1e9,
                collector_s=(change.received_ns - broken.wall_ns) / 1e9,
            )
    return None


def _early_recoveries(
    trial: RowTrial, changes: Sequence[RecordedChange], detection: Detection
) -> list[str]:
    """Return an error if a subject was reported up while it was still broken."""
    broken, mended = trial.injected_at, trial.reverted_at
    assert broken is not None, "only what was broken can be detected"
    known_ns = broken.boottime_ns + round(detection.agent_s * 1e9)
    return [
        f"reported up too early: {'/'.join(detection.subject)} up after {seconds:.1f} s"
        for change in changes
        if (change.site, change.link, change.service) == detection.subject
        and change.state is State.UP
        and known_ns < change.decided_ns
        and (mended is None or change.decided_ns < mended.boottime_ns)
        and (seconds := (change.decided_ns - broken.boottime_ns) / 1e9)
    ]


def _unwanted_changes(trial: RowTrial, changes: Sequence[RecordedChange]) -> list[str]:
    """
    Return the changes at a place where none may happen; ``unknown`` is allowed only after a
    restart.
    """
    allowed = {State.UP, State.UNKNOWN} if trial.row.may_be_unknown else {State.UP}
    return [
        f"changed: {change.site}/{change.link}/{change.service} {change.state} {change.symptom}"
        for change in changes
        if _is_during(trial, change) and change.state not in allowed
    ]


def _is_during(trial: RowTrial, change: RecordedChange) -> bool:
    if trial.injected_at is None or change.site not in trial.place.sites():
        return False
    if trial.place.portal and change.service not in ("", trial.place.portal):
        return False
    end = trial.healthy_at
    is_before_end = end is None or change.decided_ns <= end.boottime_ns
    return trial.injected_at.boottime_ns <= change.decided_ns and is_before_end


def responsible_party(row: MatrixRow) -> str:
    """Return the party that must act on a row, by the verdict that it leads to."""
    segments = {sees.segment for sees in row.expected}
    return "/".join(sorted({party_for(segment).value for segment in segments if segment})) or "–"
