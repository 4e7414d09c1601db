"""Text: a message about the lines that are down, shortened to fit. Pure."""

from collections.abc import Sequence
from typing import NamedTuple

from thongsuot_agent.sms.pdu import ONE_7, ONE_16, without_marks
from thongsuot_schema.words.dates import clock_time
from thongsuot_schema.words.language import Text
from thongsuot_schema.words.media import line_phrase, medium_words
from thongsuot_schema.words.translations import REFERENCE


class DeadLine(NamedTuple):
    """A line that is down, and since when (Unix seconds; ``None``: the clock is not known)."""

    medium: str
    carrier: str
    since_s: float | None


def alarm_text(place: str, lines: Sequence[DeadLine], *, has_marks: bool) -> str:
    """
    Return the text of a message: the place, each line and the start of its outage.

    A text that is too long is shortened: without the carriers, then without the type of each line.
    """
    limit = ONE_16 if has_marks else ONE_7
    named = [
        [_line(line_phrase(line.medium, line.carrier, REFERENCE), line) for line in lines],
        [_line(medium_words(line.medium).short.read(REFERENCE), line) for line in lines],
    ]
    texts = [
        Text("schema.words.sms.dead", place=place, count=len(lines), lines=", ".join(parts))
        for parts in named
    ]
    begun = [line.since_s for line in lines if line.since_s is not None]
    if begun:
        since = clock_time(max(begun))
        texts.append(
            Text("schema.words.sms.dead_since", place=place, count=len(lines), since=since)
        )
    texts.append(Text("schema.words.sms.dead_briefly", place=place, count=len(lines)))
    written = [text.read(REFERENCE) for text in texts]
    if not has_marks:
        written = [without_marks(text) for text in written]
    return next((text for text in written if len(text) <= limit), written[-1][:limit])


def _line(name: str, line: DeadLine) -> str:
    if line.since_s is None:
        return name
    since = clock_time(line.since_s)
    return Text("schema.words.sms.line_since", line=name, since=since).read(REFERENCE)
