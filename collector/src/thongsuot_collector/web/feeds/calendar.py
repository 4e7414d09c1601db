"""Planned work as a calendar (iCalendar, RFC 5545). Pure."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Final

from thongsuot_collector.printable import printable_lines
from thongsuot_collector.queries.records import MaintenanceRecord
from thongsuot_collector.web.feeds import labels
from thongsuot_schema.words.language import Language

MEDIA_TYPE: Final = "text/calendar; charset=utf-8"

_LINE_BYTES: Final = 75
_ESCAPED: Final = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n"})


def calendar(
    works: Sequence[MaintenanceRecord], *, carrier: Callable[[str], str], language: Language
) -> bytes:
    """Return the calendar; ``carrier`` returns the display name of a carrier."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Thong Suot//collector//EN",
        f"X-WR-CALNAME:{_escaped(labels.MAINTENANCE.read(language))}",
        *(line for work in works for line in _event(work, carrier, language)),
        "END:VCALENDAR",
    ]
    return b"".join(_folded(line) for line in lines)


def _event(work: MaintenanceRecord, carrier: Callable[[str], str], language: Language) -> list[str]:
    names = ", ".join(map(carrier, work.carriers))
    title = labels.WORK.read(language, carriers=names).strip()
    return [
        "BEGIN:VEVENT",
        f"UID:{work.id}@thongsuot",
        # The time of planning is not stored; its start is constant, too.
        f"DTSTAMP:{_utc(work.start_at)}",
        f"DTSTART:{_utc(work.start_at)}",
        f"DTEND:{_utc(work.end_at)}",
        f"SUMMARY:{_escaped(f'{title}: {work.note}' if work.note else title)}",
        *([f"LOCATION:{_escaped(', '.join(work.areas))}"] if work.areas else []),
        "END:VEVENT",
    ]


def _utc(at: datetime) -> str:
    return at.strftime("%Y%m%dT%H%M%SZ")


def _escaped(text: str) -> str:
    return printable_lines(text).translate(_ESCAPED)


def _folded(line: str) -> bytes:
    """Return a line folded to at most 75 octets, without splitting characters (3.1)."""
    return b"\r\n ".join(_parts(line)) + b"\r\n"


def _parts(line: str) -> Iterator[bytes]:
    part, room = b"", _LINE_BYTES
    for letter in line:
        encoded = letter.encode()
        if len(part) + len(encoded) > room:
            yield part
            part, room = b"", _LINE_BYTES - 1  # the space before it counts
        part += encoded
    yield part
