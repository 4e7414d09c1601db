"""The notes on a point's page about its own problem reports. Pure."""

from typing import Final

from thongsuot_collector.incidents.fault import NS_PER_S
from thongsuot_collector.incidents.problem_report import CODE
from thongsuot_collector.incidents.registry import IncidentRegistry
from thongsuot_collector.web.problem import labels
from thongsuot_schema.page.problem_form import KINDS
from thongsuot_schema.words.dates import relative_moment
from thongsuot_schema.words.language import Language

_SHOWN_FOR_S: Final = 48 * 3600.0
"""An answer is shown for two days, so that staff of the next day also read it."""


def report_notes(
    site: str, registry: IncidentRegistry, language: Language, *, now_s: float
) -> list[str]:
    """Return a sentence for each open or recently answered report."""
    notes = []
    for incident in registry.incidents_of((CODE, site)):
        report = incident.report
        if report is None:
            continue

        def moment(at_ns: int) -> str:
            return relative_moment(at_ns / NS_PER_S, now_s, language)

        text = labels.REPORTED.read(
            language, when=moment(incident.opened_ns), problem=KINDS[report.kind]
        )
        if incident.closed_ns is None:
            taken = incident.acknowledgement
            state = (
                labels.NOT_TAKEN_ON.read(language)
                if taken is None
                else labels.TAKEN_ON.read(language, when=moment(taken.at_ns))
            )
        elif now_s - incident.closed_ns / NS_PER_S < _SHOWN_FOR_S:
            state = labels.ANSWERED.read(
                language, when=moment(incident.closed_ns), answer=report.answer
            )
        else:
            continue
        notes.append(f"{text} {state}")
    return notes
