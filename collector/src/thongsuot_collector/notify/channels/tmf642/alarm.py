"""Alarm: a message in the form of TMF642 4.0.0, on the model of ITU-T X.733."""

from typing import Final

import msgspec

from thongsuot_collector.notify.channels.tmf642.causes import alarm_cause
from thongsuot_collector.notify.http.client import ReceiverId
from thongsuot_collector.notify.message import NotificationMessage
from thongsuot_collector.notify.render.document import AffectedItem, timestamp
from thongsuot_schema.state import State

Json = dict[str, object]

BASE: Final = "/tmf-api/alarm/v4"
SYSTEM: Final = "thongsuot"
RAISED: Final = "raised"
UPDATED: Final = "updated"
CLEARED: Final = "cleared"


class Alarm(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """
    The fields of an alarm that are read. Its ``id`` is a whole number in the OpenAPI file and a
    text in its own links: both are accepted.
    """

    id: int | ReceiverId
    perceived_severity: str = ""
    external_alarm_id: str = ""
    ack_state: str = ""
    ack_user_id: str = ""

    @property
    def is_cleared(self) -> bool:
        """Whether it is over; no field can be set after that."""
        return self.perceived_severity == CLEARED


def new_alarm(message: NotificationMessage) -> Json:
    """Return a new alarm."""
    document = message.document
    cause = alarm_cause(document.symptom, document.state)
    objects = [_object_of(item) for item in document.affected]
    alarm: Json = {
        "externalAlarmId": message.thread_id,
        "alarmType": cause.kind,
        "probableCause": cause.cause,
        "alarmRaisedTime": document.opened_at,
        "sourceSystemId": SYSTEM,
        "state": RAISED,
        "isRootCause": True,
        "alarmedObjectType": "circuit",
        "alarmedObject": {"id": objects[0] if len(objects) == 1 else document.responsible.name},
        **_present(message),
    }
    if len(objects) > 1:
        alarm["alarmedObjectType"] = document.responsible.party.value
    crossed = _crossed(message)
    if crossed:
        alarm["crossedThresholdInformation"] = crossed
    return alarm


def alarm_patch(message: NotificationMessage) -> Json:
    """Return the changes of an alarm."""
    return {
        "state": UPDATED,
        "alarmChangedTime": timestamp(message.record.at_ns),
        **_present(message),
    }


def clear_patch(message: NotificationMessage) -> Json:
    """Return the patch that clears an alarm."""
    document = message.document
    return {
        "state": CLEARED,
        "perceivedSeverity": CLEARED,
        "alarmClearedTime": document.closed_at or document.notified_at,
        "clearSystemId": SYSTEM,
        "clearUserId": SYSTEM,
        "alarmDetails": message.body,
    }


def _present(message: NotificationMessage) -> Json:
    """Return the fields that may change between updates."""
    document = message.document
    return {
        "perceivedSeverity": document.severity.value,
        "specificProblem": document.symptom.value,
        "alarmDetails": message.body,
        "serviceAffecting": document.state is not State.UP,
        "affectedService": [
            {"id": _object_of(item)} for item in document.affected if item.ended_at is None
        ],
        "place": [
            {"id": site, "name": name, "role": "affectedSite"}
            for site, name in dict.fromkeys(
                (item.site, item.site_title or item.site) for item in document.affected
            )
        ],
    }


def _object_of(item: AffectedItem) -> str:
    return item.circuit or "/".join(filter(None, (item.site, item.link or item.service)))


def _crossed(message: NotificationMessage) -> Json:
    """Return the threshold crossing that decided, if one did."""
    for shown in message.document.subject_evidence:
        for item in shown.evidence:
            if item.value is not None and item.limit is not None and not item.link:
                return {
                    "indicatorName": item.metric,
                    "indicatorUnit": item.metric.rpartition("_")[2],
                    "observedValue": f"{item.value:g}",
                    "direction": "up" if item.value >= item.limit else "down",
                    "thresholdCrossingDescription": f"{item.value:g} against {item.limit:g}",
                }
    return {}
