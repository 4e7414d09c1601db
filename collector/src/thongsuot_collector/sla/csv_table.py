"""Table: a statement as CSV (RFC 4180), for programs: every total follows from its rows."""

import csv
import io
from datetime import datetime, timedelta
from hashlib import sha256

from thongsuot_collector.sla.month import MS_PER_S
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
    "account",
    "interruption",
    "told",
    "condition",
    "symptom",
    "segment",
    "basis",
    "clock_error_s",
    "work",
)

_EPOCH = datetime.fromtimestamp(0, VIETNAM)


def table_of(statement: Statement) -> bytes:
    """Return the statement's tiles, one a row, in order: they fill the month exactly."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    circuit = statement.circuit
    for row, tile in enumerate(statement.periods, 1):
        writer.writerow(
            (
                statement.month,
                circuit.name,
                circuit.carrier,
                circuit.site,
                circuit.link,
                row,
                stamp(tile.from_ms),
                stamp(tile.until_ms),
                seconds(tile.length_ms),
                tile.time_class.value,
                "" if tile.interruption is None else tile.interruption,
                "" if tile.interruption is None else int(tile.is_notified),
                tile.condition.value,
                tile.symptom.value,
                "" if tile.segment is None else tile.segment.value,
                "" if tile.basis is None else tile.basis.value,
                "" if tile.error_s is None else f"{tile.error_s:.3f}",
                tile.work,
            )
        )
    return text.getvalue().encode()


def fingerprint(table: bytes) -> str:
    """Return what names a table's bytes: SHA-256, in hexadecimal."""
    return sha256(table).hexdigest()


def stamp(at_ms: int) -> str:
    """Return a moment as ISO 8601 in the time of Vietnam, to the millisecond."""
    return (_EPOCH + timedelta(milliseconds=at_ms)).isoformat(timespec="milliseconds")


def seconds(length_ms: int) -> str:
    """Return a duration in seconds, exactly."""
    return f"{length_ms // MS_PER_S}.{length_ms % MS_PER_S:03}"
