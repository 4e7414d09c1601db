"""
Resources: an incident as an alarm (TMF642) and as a trouble ticket (TMF621). Pure.

A ``head`` has the filter attributes; it is cheap, and built for every incident. A ``body`` is only
built for those on the requested page. Bodies are the same as those sent by channels of these kinds,
with the attributes that only a server sets.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Final

import msgspec

from thongsuot_collector.incidents.incident import ClosureCode
from thongsuot_collector.notify.channels.tmf621 import states
from thongsuot_collector.notify.channels.tmf621 import ticket as tickets
from thongsuot_collector.notify.channels.tmf642 import alarm as alarms
from thongsuot_collector.notify.channels.tmf642.causes import alarm_cause
from thongsuot_collector.notify.render import document
from thongsuot_collector.queries.records import moment
from thongsuot_collector.queries.selection import text_of
from thongsuot_collector.web.tmf.arguments import CollectionFilters
from thongsuot_collector.web.tmf.incident_view import IncidentTexts, IncidentView

Json = dict[str, object]

_DAY_ZERO: Final = date(2000, 1, 1).toordinal()
_DIGITS: Final = 32


def alarm_number(incident: str) -> int:
    """
    Return the number of an incident's alarm, an integer according to the OpenAPI file of TMF642.

    It consists of the day and digits of its name, and fits into the 53 bits of a JavaScript number
    until the year 7700.
    """
    day, _, digits = incident.partition("-")
    ordinal = date.fromisoformat(day).toordinal()
    return (ordinal - _DAY_ZERO << _DIGITS) + int(digits, 16)


def incident_of_alarm(number: str) -> str:
    """Return the name of the incident of an alarm's number; other texts are returned as names."""
    if not (number.isascii() and number.isdigit()) or len(number) > 18:
        return number
    days, digits = divmod(int(number), 1 << _DIGITS)
    if days + _DAY_ZERO > date.max.toordinal():
        return number
    return f"{date.fromordinal(days + _DAY_ZERO):%Y%m%d}-{digits:08x}"


def alarm_head(view: IncidentView) -> Json:
    """Return the filtered attributes of an alarm."""
    incident = view.incident
    cause = alarm_cause(incident.symptom, incident.state)
    is_changed = len(incident.history) > 1
    head: Json = {
        "id": str(alarm_number(incident.id)),
        "externalAlarmId": incident.id,
        "state": alarms.UPDATED if is_changed else alarms.RAISED,
        "perceivedSeverity": incident.severity.value,
        "ackState": "unacknowledged" if view.acknowledgement is None else "acknowledged",
        "alarmType": cause.kind,
        "probableCause": cause.cause,
        "specificProblem": incident.symptom.value,
        "isRootCause": text_of(not incident.parents),
        "alarmRaisedTime": moment(incident.opened_ns),
        "alarmReportingTime": moment(incident.known_ns),
        "alarmChangedTime": moment(view.changed_ns),
    }
    if view.is_over:
        cleared_ns = incident.closed_ns or view.over_ns
        head |= {
            "state": alarms.CLEARED,
            "perceivedSeverity": alarms.CLEARED,
            "alarmClearedTime": moment(cleared_ns),
        }
    return head


ALARM_FILTERS: Final = CollectionFilters(
    texts=(
        "id", "externalAlarmId", "state", "perceivedSeverity", "ackState", "alarmType",
        "probableCause", "specificProblem", "isRootCause",
    ),
    moments=("alarmRaisedTime", "alarmReportingTime", "alarmChangedTime", "alarmClearedTime"),
)  # fmt: skip


def alarm_body(view: IncidentView, texts: IncidentTexts) -> Json:
    """Return an alarm."""
    incident, taken = view.incident, view.acknowledgement
    number = alarm_number(incident.id)
    body: Json = {
        **alarms.new_alarm(texts.message(view)),
        **_as_json(alarm_head(view)),
        "id": number,
        "href": f"{alarms.BASE}/alarm/{number}",
        "@type": "Alarm",
        "isRootCause": not incident.parents,
        "reportingSystemId": alarms.SYSTEM,
        "plannedOutageIndicator": text_of(incident.is_excused),
        "parentAlarm": [_alarm_reference(name) for name in incident.parents],
        "correlatedAlarm": [_alarm_reference(name) for name in incident.children],
        "comment": [
            {
                "comment": text,
                "time": document.timestamp(at_ns),
                "userId": author,
                "systemId": alarms.SYSTEM,
            }
            for at_ns, author, text in texts.sayings(view)
        ],
    }
    if taken is not None:
        body["ackUserId"] = texts.owner(taken.owner)
    if view.is_over:
        closing = incident.closing if incident.is_closed_by_city else None
        cleared_by = alarms.SYSTEM if closing is None else closing.by
        body |= {"clearSystemId": alarms.SYSTEM, "clearUserId": cleared_by}
    return body


def _alarm_reference(incident: str) -> Json:
    number = str(alarm_number(incident))
    return {"id": number, "href": f"{alarms.BASE}/alarm/{number}", "@referredType": "Alarm"}


class StatusChange(msgspec.Struct, frozen=True, kw_only=True):
    """A change of a ticket's state, and its reason."""

    at_ns: int
    status: str
    reason: str = ""


def status_changes(view: IncidentView) -> list[StatusChange]:
    """Return the state changes of a ticket, the present state last."""
    incident = view.incident
    changes = [StatusChange(at_ns=incident.known_ns, status=states.ACKNOWLEDGED)]
    taken = view.acknowledgement
    if taken is not None:
        changes.append(StatusChange(at_ns=taken.at_ns, status=states.IN_PROGRESS))
    for dispute in view.disputes:
        changes.append(
            StatusChange(at_ns=dispute.at_ns, status=states.PENDING, reason=dispute.reason)
        )
        if dispute.ruling is not None:
            status = states.REJECTED if dispute.ruling.is_upheld else states.IN_PROGRESS
            reason = dispute.ruling.reason
            changes.append(StatusChange(at_ns=dispute.ruling.at_ns, status=status, reason=reason))
        elif dispute.withdrawn_ns is not None:
            changes.append(StatusChange(at_ns=dispute.withdrawn_ns, status=states.IN_PROGRESS))
    changes.sort(key=lambda change: change.at_ns)
    if view.is_over:
        changes.append(_end(view))
    return changes


def _end(view: IncidentView) -> StatusChange:
    """Return how a ticket ended: cancelled if it was never the audience's, or a false alarm."""
    incident = view.incident
    if incident.is_open or incident.closure_code is not ClosureCode.RESTORED:
        code = None if incident.is_open else incident.closure_code
        reason = "" if code is None else code.value
        if code is ClosureCode.CLOSED_BY_CITY and incident.closing is not None:
            reason = incident.closing.reason
        return StatusChange(at_ns=view.over_ns, status=states.CANCELLED, reason=reason)
    return StatusChange(at_ns=view.over_ns, status=states.RESOLVED)


def ticket_head(view: IncidentView, version: tickets.Version) -> Json:
    """Return the filtered attributes of a ticket."""
    incident, last = view.incident, status_changes(view)[-1]
    external = "externalIdentifier.id" if version == 5 else "externalId"
    head: Json = {
        "id": incident.id,
        external: incident.id,
        "status": last.status,
        "severity": tickets.SEVERITIES[incident.severity],
        "ticketType": TICKET_TYPE,
        "creationDate": moment(incident.known_ns),
        "lastUpdate": moment(view.changed_ns),
        "statusChangeDate": moment(last.at_ns),
    }
    if incident.expected_ns is not None:
        head["expectedResolutionDate"] = moment(incident.expected_ns)
    if incident.closed_ns is not None and last.status == states.RESOLVED:
        head["resolutionDate"] = moment(incident.closed_ns)
    return head


TICKET_TYPE: Final = "incident"


def ticket_filters(version: tickets.Version) -> CollectionFilters:
    """Return the filters of tickets."""
    external = "externalIdentifier.id" if version == 5 else "externalId"
    return CollectionFilters(
        texts=("id", external, "status", "severity", "ticketType"),
        moments=(
            "creationDate", "lastUpdate", "statusChangeDate", "expectedResolutionDate",
            "resolutionDate",
        ),
    )  # fmt: skip


def ticket_body(view: IncidentView, texts: IncidentTexts, version: tickets.Version) -> Json:
    """Return a ticket."""
    incident, changes, base = view.incident, status_changes(view), tickets.BASES[version]
    message = texts.message(view)
    body: Json = {
        **tickets.new_ticket(message, version, ticket_type=TICKET_TYPE, customer=""),
        **_as_json(ticket_head(view, version)),
        "href": f"{base}/troubleTicket/{incident.id}",
        "@type": "TroubleTicket",
        "note": [
            tickets.note(version, text, at_ns, author=author)
            for at_ns, author, text in texts.sayings(view)
        ],
        **_history(changes, version),
    }
    body.pop("externalIdentifier.id", None)
    del body["attachment"]
    if changes[-1].reason:
        body["statusChangeReason"] = changes[-1].reason
    if incident.parents:
        body["troubleTicketRelationship"] = [
            _ticket_reference(name, version) for name in incident.parents
        ]
    return body


def _history(changes: list[StatusChange], version: tickets.Version) -> Json:
    if version == 5:
        return {
            "statusChangeHistory": [
                {
                    "@type": "StatusChange",
                    "status": change.status,
                    "statusChangeDate": document.timestamp(change.at_ns),
                    **({"statusChangeReason": change.reason} if change.reason else {}),
                }
                for change in changes
            ]
        }
    return {
        "statusChange": [
            {
                "status": change.status,
                "changeDate": document.timestamp(change.at_ns),
                **({"changeReason": change.reason} if change.reason else {}),
            }
            for change in changes
        ]
    }


def _ticket_reference(incident: str, version: tickets.Version) -> Json:
    relation: Json = {
        "id": incident,
        "href": f"{tickets.BASES[version]}/troubleTicket/{incident}",
        "relationshipType": "isPartOf",
    }
    return {"@type": "TroubleTicketRelationship", **relation} if version == 5 else relation


def _as_json(head: Mapping[str, object]) -> Json:
    """Return attributes for JSON: moments as texts."""
    return {
        name: text_of(value) if isinstance(value, datetime) else value
        for name, value in head.items()
    }
