"""Additional content of a site's page: incidents, problem reports, configuration. Pure."""

from typing import Final

from thongsuot_collector.commissioning.status import commissioning_fact, commissioning_notes
from thongsuot_collector.incidents.fault import NS_PER_S
from thongsuot_collector.incidents.merging import is_leading
from thongsuot_collector.incidents.problem_report import CODE
from thongsuot_collector.incidents.registry import IncidentRegistry
from thongsuot_collector.notify.render.names import party_name
from thongsuot_collector.siteconfig.rollout import facts_of, notes_of
from thongsuot_collector.store.site_configs import AgentConfigStatus, ConfigVersion
from thongsuot_collector.web import labels
from thongsuot_collector.web.incident import decision_labels
from thongsuot_collector.web.page_session import current_session
from thongsuot_collector.web.problem import labels as report_labels
from thongsuot_schema.commissioning.run import CommissioningRun
from thongsuot_schema.page.problem_form import KINDS
from thongsuot_schema.page.render import PageRemarks
from thongsuot_schema.view import SiteView
from thongsuot_schema.words.dates import relative_moment
from thongsuot_schema.words.headline import is_silent
from thongsuot_schema.words.language import Language

_SHOWN_FOR_S: Final = 48 * 3600.0
"""An answer is shown for two days, so that staff of the next day also read it."""

SiteConfigStatus = tuple[ConfigVersion | None, AgentConfigStatus | None]
"""The newest site configuration of a site, and its agent's report about it."""


def site_remarks(
    site: str,
    registry: IncidentRegistry,
    site_config: SiteConfigStatus,
    language: Language,
    *,
    now_s: float,
    is_quarantined: bool,
    commissioning: CommissioningRun | None,
    generated_until_s: float = 0.0,
) -> PageRemarks:
    """
    Return the content of a site's page about its incidents, its budgets, its configuration, the
    verification of its links, and the end of its generated data (Unix time; 0: none).
    """
    incidents = _incident_notes(site, registry, language, now_s=now_s)
    reports = _report_notes(site, registry, language, now_s=now_s)
    budgets = [labels.QUARANTINED.read(language)] if is_quarantined else []
    directory = registry.network_state.directory
    swapped = commissioning_notes(site, commissioning, directory, language)
    made_up = []
    if generated_until_s:
        moment = relative_moment(generated_until_s, now_s, language)
        made_up = [labels.GENERATED_UNTIL.read(language, moment=moment)]
    return PageRemarks(
        notes=[
            *budgets,
            *reports,
            *incidents,
            *notes_of(*site_config, language),
            *swapped,
            *made_up,
        ],
        facts=[*facts_of(*site_config, language), commissioning_fact(commissioning, language)],
        problem_action=f"/sites/{site}/problems",
        # Its record, and the photos of its labels: only for a site in the inventory.
        commissioning_url=f"/sites/{site}/commissioning" if site in directory.sites else "",
        form_token=current_session().token,
    )


def awaited_notes(view: SiteView, silent_after_s: float, language: Language) -> list[str]:
    """Return the note about a device that is late but not silent: the collector was away."""
    if view.heard_s is None or is_silent(view) or view.now_s - view.heard_s <= silent_after_s:
        return []
    moment = relative_moment(view.heard_s, view.now_s, language)
    return [labels.AWAITED.read(language, moment=moment)]


def _incident_notes(
    site: str, registry: IncidentRegistry, language: Language, *, now_s: float
) -> list[str]:
    """Return a sentence for each open incident of a site that has one."""
    directory = registry.network_state.directory
    notes = []
    for name in sorted(registry.active):
        incident = registry.incidents[name]
        if site not in incident.sites or not is_leading(registry, incident):
            continue
        party = party_name(incident.party, directory, language)
        if incident.is_disputed:
            notes.append(labels.DISPUTED.read(language, party=party))
        elif incident.expected_ns is not None:
            moment = relative_moment(incident.expected_ns / NS_PER_S, now_s, language)
            notes.append(labels.EXPECTED.read(language, party=party, moment=moment))
    for name in sorted(registry.closed_by_city):
        incident, closing = registry.incidents[name], registry.incidents[name].closing
        if closing is None or site not in incident.sites:
            continue
        since = relative_moment(incident.opened_ns / NS_PER_S, now_s, language)
        party = party_name(incident.party, directory, language)
        note = decision_labels.SITE_NOTE
        notes.append(note.read(language, since=since, party=party, reason=closing.reason))
    return notes


def _report_notes(
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

        text = report_labels.REPORTED.read(
            language, when=moment(incident.opened_ns), problem=KINDS[report.kind]
        )
        if incident.closed_ns is None:
            taken = incident.acknowledgement
            state = (
                report_labels.NOT_TAKEN_ON.read(language)
                if taken is None
                else report_labels.TAKEN_ON.read(language, when=moment(taken.at_ns))
            )
        elif now_s - incident.closed_ns / NS_PER_S < _SHOWN_FOR_S:
            state = report_labels.ANSWERED.read(
                language, when=moment(incident.closed_ns), answer=report.answer
            )
        else:
            continue
        notes.append(f"{text} {state}")
    return notes
