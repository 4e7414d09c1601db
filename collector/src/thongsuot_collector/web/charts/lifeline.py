"""
Lifeline: an incident from its onset to its end or until now, as one bar: the time until
notification, until acceptance, and of the repair. Pure.
"""

from collections.abc import Sequence
from typing import Final

import msgspec

from thongsuot_collector.incidents.fault import NS_PER_S
from thongsuot_collector.incidents.incident import Incident
from thongsuot_collector.notify.render.sections import exact_time
from thongsuot_collector.web.charts import labels
from thongsuot_schema.page.escape import escape
from thongsuot_schema.words.figures import duration
from thongsuot_schema.words.language import Language, Text

_UNITS: Final = 1_000
_SHORTEST: Final = 8
"""The minimum width, so that short parts stay visible."""


class Stretch(msgspec.Struct, frozen=True, kw_only=True):
    """A part of the bar: its CSS class, its label, its start and end (Unix time)."""

    look: str
    word: Text
    start_ns: int
    end_ns: int


def stretches_of(incident: Incident, now_ns: int) -> list[Stretch]:
    """Return the non-empty parts of an incident's bar, in order."""
    end_ns = incident.closed_ns or max(now_ns, incident.opened_ns + 1)
    delivered = [
        delivery.at_ns
        for notification in incident.notifications
        for delivery in notification.by_channel()
        if delivery.is_delivered
    ]
    told_ns = min((at_ns for at_ns in delivered if at_ns >= incident.opened_ns), default=end_ns)
    taken = incident.acknowledgement
    taken_ns = end_ns if taken is None else max(taken.at_ns, incident.opened_ns)
    told_ns, taken_ns = min(told_ns, taken_ns, end_ns), min(taken_ns, end_ns)
    parts = (
        Stretch(look="untold", word=labels.UNTOLD, start_ns=incident.opened_ns, end_ns=told_ns),
        Stretch(look="untaken", word=labels.UNTAKEN, start_ns=told_ns, end_ns=taken_ns),
        Stretch(look="worked", word=labels.WORKED, start_ns=taken_ns, end_ns=end_ns),
    )
    return [part for part in parts if part.end_ns > part.start_ns]


def lifeline(incident: Incident, language: Language, *, now_ns: int) -> str:
    """Return the bar as inline SVG, and each part of it in words."""
    parts = stretches_of(incident, now_ns)
    title = escape(labels.LIFELINE.read(language))
    return (
        f'<svg class="life" role="img" aria-labelledby="lifet" aria-describedby="lifed" '
        f'viewBox="0 0 {_UNITS} 1" preserveAspectRatio="none"><title id="lifet">{title}</title>'
        f'{_bars(parts)}</svg><ol class="lived" id="lifed">{_words(parts, language)}</ol>'
    )


def _bars(parts: Sequence[Stretch]) -> str:
    whole = sum(part.end_ns - part.start_ns for part in parts)
    widths = [
        max(_SHORTEST, round(_UNITS * (part.end_ns - part.start_ns) / whole)) for part in parts
    ]
    widths[widths.index(max(widths))] -= sum(widths) - _UNITS
    at, bars = 0, []
    for part, width in zip(parts, widths, strict=True):
        bars.append(f'<rect class="{part.look}" x="{at}" width="{width}" height="1"/>')
        at += width
    return "".join(bars)


def _words(parts: Sequence[Stretch], language: Language) -> str:
    return "".join(
        f'<li><i class="{part.look}"></i>{escape(part.word.read(language))}: '
        f"<b>{escape(duration((part.end_ns - part.start_ns) / NS_PER_S, language))}</b> "
        f'<span class="soft">{escape(exact_time(part.start_ns))}</span></li>'
        for part in parts
    )
