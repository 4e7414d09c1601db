"""Incident work: planned work that is made from an incident, with its circuits and time. Pure."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from enum import StrEnum
from typing import Final

from thongsuot_collector.incidents.fault import NS_PER_S
from thongsuot_collector.incidents.incident import Incident
from thongsuot_collector.incidents.maintenance_window import MaintenanceWindow
from thongsuot_collector.inventory.directory import InventoryDirectory
from thongsuot_collector.maintenance.proposal import LONGEST_S, parse_form_moment_ns
from thongsuot_collector.maintenance.windows import with_readable_id
from thongsuot_collector.timeline.subject import Subject
from thongsuot_schema.words.dates import local

MOST_CHOICES: Final = 20
"""Maximum number of circuits to choose from; with more, the choice is by carrier and commune."""

_USUAL_NS: Final = round(timedelta(hours=2).total_seconds()) * NS_PER_S
_FORM_MOMENT: Final = "%Y-%m-%dT%H:%M"


class WorkMistake(StrEnum):
    """The errors of a form; a closed list, because the page has a sentence for each."""

    SCOPE = "scope"
    NOTE = "note"
    TIME = "time"
    PAST = "past"
    LENGTH = "length"


def choices(incident: Incident, directory: InventoryDirectory) -> dict[str, MaintenanceWindow]:
    """
    Return the possible coverage of work on an incident, by the value in the form: windows without
    time and name. Subjects that have not recovered are offered; of a closed incident, all.
    """
    out = [member.subject for member in incident.affected if member.end_ns is None]
    subjects = out or [member.subject for member in incident.affected]
    if len(subjects) > MOST_CHOICES:
        scopes = dict.fromkeys(_wide_scope(subject, directory) for subject in subjects)
    else:
        scopes = dict.fromkeys(_scope(subject) for subject in subjects)
    return {f"scope-{place}": scope for place, scope in enumerate(scopes)}


def first_fields(incident: Incident, now_ns: int) -> dict[str, str]:
    """Return the initial values of the form: from the onset to the expected end."""
    expected_ns = incident.expected_ns
    is_ahead = expected_ns is not None and expected_ns > now_ns
    end_ns = expected_ns if expected_ns is not None and is_ahead else now_ns + _USUAL_NS
    return {
        "start": local(incident.opened_ns / NS_PER_S).strftime(_FORM_MOMENT),
        "end": local(end_ns / NS_PER_S).strftime(_FORM_MOMENT),
        "note": "",
    }


def windows_from(
    fields: Mapping[str, str], offered: Mapping[str, MaintenanceWindow], *, now_ns: int
) -> Sequence[MaintenanceWindow] | WorkMistake:
    """
    Return the windows of a form's fields, or its errors.

    The city may excuse work that has begun; an end in the past would only change the past.
    """
    chosen = [scope for key, scope in offered.items() if fields.get(key)]
    if not chosen:
        return WorkMistake.SCOPE
    if not fields.get("note"):
        return WorkMistake.NOTE
    start_ns = parse_form_moment_ns(fields.get("start", ""))
    end_ns = parse_form_moment_ns(fields.get("end", ""))
    if start_ns is None or end_ns is None or end_ns <= start_ns:
        return WorkMistake.TIME
    if end_ns <= now_ns:
        return WorkMistake.PAST
    if end_ns - start_ns > LONGEST_S * NS_PER_S:
        return WorkMistake.LENGTH
    return [
        with_readable_id(
            MaintenanceWindow(
                id="",
                start_ns=start_ns,
                end_ns=end_ns,
                site=scope.site,
                link=scope.link,
                carrier=scope.carrier,
                commune=scope.commune,
                service=scope.service,
                note=fields["note"],
            )
        )
        for scope in chosen
    ]


def _scope(subject: Subject) -> MaintenanceWindow:
    return MaintenanceWindow(
        id="",
        start_ns=0,
        end_ns=0,
        site=subject.site,
        link=subject.link,
        service="" if subject.link else subject.service,
    )


def _wide_scope(subject: Subject, directory: InventoryDirectory) -> MaintenanceWindow:
    link = directory.link(subject.site, subject.link) if subject.link else None
    return MaintenanceWindow(
        id="",
        start_ns=0,
        end_ns=0,
        carrier="" if link is None else link.carrier,
        commune=directory.site(subject.site).commune,
        service=subject.service,
    )
