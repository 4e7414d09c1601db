"""Incident charts: delay and loss of an incident's lines before, during and after it."""

from typing import Final

from thongsuot_collector.incidents.fault import NS_PER_S
from thongsuot_collector.incidents.incident import Incident
from thongsuot_collector.inventory.directory import InventoryDirectory
from thongsuot_collector.notify.render.names import place_name, subject_name
from thongsuot_collector.state.rollup_rows import KEPT_S
from thongsuot_collector.web.charts import labels
from thongsuot_collector.web.charts.site_history import SiteHistory
from thongsuot_schema.line_rollup import COARSE_S, FINE_S, slots
from thongsuot_schema.page.line_chart import ChartFrame, line_chart
from thongsuot_schema.page.periods import marks
from thongsuot_schema.words.language import Language

_LINES: Final = 3
"""In an outage of many lines the first few represent all: they failed at the same time."""
_HOUR_S: Final = 3600
_BEFORE_S: Final = 2 * _HOUR_S
_AFTER_S: Final = _HOUR_S
_SLOTS: Final = 150
_LABELS: Final = 6


class IncidentCharts:
    """Charts of the links of an incident."""

    def __init__(self, history: SiteHistory, directory: InventoryDirectory) -> None:
        self._history = history
        self._directory = directory

    async def of(
        self, incident: Incident, language: Language, *, now_s: float
    ) -> list[tuple[str, str]]:
        """Return title and markup of each chart; none if there is no data of that time."""
        links = [member.subject for member in incident.members if member.subject.is_link]
        opened_s = incident.opened_ns / NS_PER_S
        closed_s = None if incident.closed_ns is None else incident.closed_ns / NS_PER_S
        until_s = min(now_s, (closed_s or now_s) + _AFTER_S)
        length_s = slot_length_s(opened_s - _BEFORE_S, until_s, now_s)
        start_s = int(opened_s - _BEFORE_S) // length_s * length_s
        count = min(_SLOTS, (int(until_s) - start_s) // length_s + 1)
        span_s = count * length_s
        charts = []
        for at, subject in enumerate(links[:_LINES]):
            rollups = await self._history.rollups(
                subject.site,
                [subject.link],
                length_s=length_s,
                from_s=start_s,
                until_s=start_s + span_s,
            )
            drawn = slots(rollups[subject.link], start_s=start_s, length_s=length_s, count=count)
            if not any(drawn):
                continue
            name = subject_name(subject, self._directory, language)
            place = place_name(subject.site, self._directory)
            hours = max(1, round(span_s / _LABELS / _HOUR_S))
            frame = ChartFrame(
                title=labels.AROUND.read(language, title=f"{place}, {name}"),
                key=f"c{at}",
                start_s=start_s,
                slot_s=length_s,
                now_s=now_s,
                marks=marks(start_s, span_s, mark_s=_HOUR_S, label_every=hours),
                moments=[opened_s] if closed_s is None else [opened_s, closed_s],
            )
            charts.append((frame.title, line_chart(drawn, frame, language)))
        return charts


def slot_length_s(from_s: float, until_s: float, now_s: float) -> int:
    """Return the resolution of a chart: five minutes while these are kept, else an hour."""
    is_kept = now_s - from_s < KEPT_S[FINE_S]
    return FINE_S if is_kept and until_s - from_s <= _SLOTS * FINE_S else COARSE_S
