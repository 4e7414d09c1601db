"""The alarms of a carrier: TMF642 4.0.0, on the model of ITU-T X.733."""

import itertools
from typing import Final

from thongsuot_lab.carrier_desk.documents import ApiError, Json, merge_patch, rfc3339_now

BASE: Final = "/tmf-api/alarm/v4"
REQUIRED: Final = (
    "alarmType",
    "perceivedSeverity",
    "probableCause",
    "alarmedObject",
    "sourceSystemId",
    "state",
    "alarmRaisedTime",
)
SEVERITIES: Final = ("critical", "major", "minor", "warning", "indeterminate", "cleared")


class AlarmStore:
    """All alarms, by id; ids are whole numbers, as in the OpenAPI file."""

    def __init__(self, documents: dict[str, Json] | None = None) -> None:
        self.documents = documents or {}
        self._numbers = itertools.count(max(map(int, self.documents), default=0) + 1)

    def create(self, document: Json) -> Json:
        """
        Create an alarm.

        Raises:
            ApiError: a required field is missing.
        """
        missing = [name for name in REQUIRED if not document.get(name)]
        if missing:
            raise ApiError(400, f"an alarm needs {', '.join(missing)}")
        if document["perceivedSeverity"] not in SEVERITIES[:-1]:
            raise ApiError(400, f"no severity to begin with: {document['perceivedSeverity']}")
        number = next(self._numbers)
        alarm = {**document, "id": number, "href": f"{BASE}/alarm/{number}"}
        alarm.setdefault("ackState", "unacknowledged")
        alarm.setdefault("alarmReportingTime", rfc3339_now())
        self.documents[str(number)] = alarm
        return alarm

    def get(self, name: str) -> Json:
        """
        Return an alarm.

        Raises:
            ApiError: there is no such alarm.
        """
        alarm = self.documents.get(name)
        if alarm is None:
            raise ApiError(404, f"there is no alarm {name}")
        return alarm

    def find(self, external: str | None) -> list[Json]:
        """Return all alarms, or those with an external identifier."""
        alarms = list(self.documents.values())
        if external is None:
            return alarms
        return [alarm for alarm in alarms if alarm.get("externalAlarmId") == external]

    def patch(self, name: str, document: Json) -> tuple[Json, Json]:
        """
        Change an alarm; return it before and after the change.

        Raises:
            ApiError: there is no such alarm, or it is cleared: a cleared alarm cannot be changed.
        """
        before = self.get(name)
        if before["perceivedSeverity"] == "cleared":
            raise ApiError(409, "the alarm is cleared, nothing changes any more")
        if document.get("perceivedSeverity", "minor") not in SEVERITIES:
            raise ApiError(400, f"no severity: {document['perceivedSeverity']}")
        wanted = {key: value for key, value in document.items() if key not in {"id", "href"}}
        after = merge_patch(before, wanted) | {"alarmChangedTime": rfc3339_now()}
        self.documents[name] = after
        return before, after
