"""CSV table: a statement as CSV (RFC 4180), for programs: every total follows from its rows."""

import csv
import io
from datetime import datetime, timedelta
from hashlib import sha256

from thongsuot_collector.sla.calendar import MS_PER_S
from thongsuot_collector.sla.periods import Period, TimeClass
from thongsuot_collector.sla.statement import Statement
from thongsuot_schema.words.dates import VIETNAM

COLUMNS = (
    "month",
    "circuit",
    "carrier",
    "site",
    "link",
    "row",
    "from",
    "until",
    "duration_s",
    "time_class",
    "interruption",
    "notified",
    "condition",
    "symptom",
    "segment",
    "basis",
    "clock_error_s",
    "work",
    "coverage_ratio",
    "availability_result",
    "dispute",
    "disputed_incident",
)

_EPOCH = datetime.fromtimestamp(0, VIETNAM)


def table_of(statement: Statement) -> bytes:
    """Return the statement's periods, one per row, in order: they fill the month exactly."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    circuit = statement.circuit
    coverage = statement.assessed.coverage
    # Truncated, like the percentages for people.
    known = "" if coverage is None else f"{int(coverage * 10**6) / 10**6:.6f}"
    for row, period in enumerate(statement.periods, 1):
        writer.writerow(
            (
                statement.month,
                circuit.name,
                circuit.carrier,
                circuit.site,
                circuit.link,
                row,
                stamp(period.from_ms),
                stamp(period.until_ms),
                seconds(period.length_ms),
                period.time_class.value,
                "" if period.interruption is None else period.interruption,
                "" if period.interruption is None else int(period.is_notified),
                period.condition.value,
                period.symptom.value,
                "" if period.segment is None else period.segment.value,
                "" if period.basis is None else period.basis.value,
                "" if period.error_s is None else f"{period.error_s:.3f}",
                period.work,
                known,
                statement.availability_result.value,
                *_dispute(statement, period),
            )
        )
    return text.getvalue().encode()


def _dispute(statement: Statement, period: Period) -> tuple[str, str]:
    """Return the state of a dispute about a period, and its incident; empty if there is none."""
    if period.time_class not in {TimeClass.DOWN, TimeClass.DEGRADED}:
        return "", ""
    for disputed in reversed(statement.disputes):
        if disputed.overlaps(period.from_ms, period.until_ms):
            return disputed.outcome.value, disputed.incident
    return "", ""


def fingerprint(table: bytes) -> str:
    """Return the SHA-256 of a table's bytes, in hexadecimal."""
    return sha256(table).hexdigest()


def stamp(at_ms: int) -> str:
    """Return a moment as ISO 8601 in the time of Vietnam, to the millisecond."""
    return (_EPOCH + timedelta(milliseconds=at_ms)).isoformat(timespec="milliseconds")


def seconds(length_ms: int) -> str:
    """Return a duration in seconds, exactly."""
    return f"{length_ms // MS_PER_S}.{length_ms % MS_PER_S:03}"
