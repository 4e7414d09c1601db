"""OpenAPI description of TM Forum's collections, generated from their filters. Pure."""

from typing import Any, Final

from thongsuot_collector.incidents.party import Severity
from thongsuot_collector.notify.channels.tmf621.states import TRANSITIONS
from thongsuot_collector.notify.channels.tmf642 import alarm as alarms
from thongsuot_collector.queries.selection import LIMIT, MOST
from thongsuot_collector.web.arguments import FARTHEST
from thongsuot_collector.web.tmf.arguments import OPERATORS
from thongsuot_collector.web.tmf.routes import COLLECTIONS, Collection
from thongsuot_schema.words.translations import languages

_TEXT: Final = {"type": "string"}
_MOMENT: Final = {"type": "string", "format": "date-time"}
_OBJECTS: Final = {"type": "array", "items": {"type": "object"}}
_BOUND: Final = {"anyOf": [_MOMENT, {"type": "string", "format": "date"}]}

_TICKET: Final[dict[str, Any]] = {
    "name": _TEXT,
    "description": _TEXT,
    "severity": {"type": "string", "enum": ["Critical", "Major", "Minor"]},
    "ticketType": _TEXT,
    "status": {"type": "string", "enum": list(TRANSITIONS)},
    "statusChangeReason": _TEXT,
    "creationDate": _MOMENT,
    "lastUpdate": _MOMENT,
    "statusChangeDate": _MOMENT,
    "expectedResolutionDate": _MOMENT,
    "resolutionDate": _MOMENT,
    "note": _OBJECTS,
    "relatedEntity": _OBJECTS,
    "troubleTicketRelationship": _OBJECTS,
}
_SCHEMAS: Final[dict[str, dict[str, Any]]] = {
    "Alarm": {
        "id": {"type": "integer"},
        "externalAlarmId": _TEXT,
        "state": {"type": "string", "enum": [alarms.RAISED, alarms.UPDATED, alarms.CLEARED]},
        "perceivedSeverity": {"type": "string", "enum": [*map(str, Severity), alarms.CLEARED]},
        "ackState": {"type": "string", "enum": ["unacknowledged", "acknowledged"]},
        "ackUserId": _TEXT,
        "alarmType": _TEXT,
        "probableCause": _TEXT,
        "specificProblem": _TEXT,
        "alarmDetails": _TEXT,
        "isRootCause": {"type": "boolean"},
        "serviceAffecting": {"type": "boolean"},
        "alarmRaisedTime": _MOMENT,
        "alarmReportingTime": _MOMENT,
        "alarmChangedTime": _MOMENT,
        "alarmClearedTime": _MOMENT,
        "alarmedObject": {"type": "object"},
        "affectedService": _OBJECTS,
        "parentAlarm": _OBJECTS,
        "correlatedAlarm": _OBJECTS,
        "comment": _OBJECTS,
        "place": _OBJECTS,
    },
    "TroubleTicketV5": {
        "id": _TEXT,
        **_TICKET,
        "externalIdentifier": _OBJECTS,
        "troubleTicketCharacteristic": _OBJECTS,
        "statusChangeHistory": _OBJECTS,
    },
    "TroubleTicketV4": {
        "id": _TEXT,
        **_TICKET,
        "externalId": _TEXT,
        "statusChange": _OBJECTS,
    },
}


def schemas() -> dict[str, Any]:
    """
    Return the schemas of the answers; all attributes except the identifying ones are optional.
    """
    known = {
        name: {
            "type": "object",
            "required": ["id", "href"],
            "properties": {"href": _TEXT, "@type": _TEXT, **properties},
        }
        for name, properties in _SCHEMAS.items()
    }
    known["TmfError"] = {
        "type": "object",
        "required": ["code", "reason"],
        "properties": {"code": _TEXT, "reason": _TEXT, "status": _TEXT, "@type": _TEXT},
    }
    return known


def paths() -> dict[str, Any]:
    """Return the paths of each collection."""
    described: dict[str, Any] = {}
    for name, collection in zip(_SCHEMAS, COLLECTIONS, strict=True):
        resource = {"$ref": f"#/components/schemas/{name}"}
        described[collection.path] = {"get": _page(name, collection, resource)}
        described[f"{collection.path}/{{id}}"] = {"get": _resource(name, resource)}
    return described


def _page(name: str, collection: Collection, resource: dict[str, Any]) -> dict[str, Any]:
    filters = collection.filters
    counts = {"description": "How many", "schema": {"type": "integer"}}
    answers = _responses({"type": "array", "items": resource})
    answers["200"]["headers"] = {"X-Total-Count": counts, "X-Result-Count": counts}
    return {
        "operationId": f"list{name}",
        "summary": "Incidents in the form of TM Forum, the newest first; of 30 days, and all open.",
        "parameters": [
            *_own_parameters(),
            _parameter("offset", {"type": "integer", "minimum": 0, "maximum": FARTHEST}),
            _parameter(
                "limit", {"type": "integer", "minimum": 1, "maximum": MOST, "default": LIMIT}
            ),
            *(_parameter(text, _TEXT) for text in filters.texts),
            *(
                _parameter(f"{moment}.{mark}", _BOUND)
                for moment in filters.moments
                for mark in OPERATORS
            ),
        ],
        "responses": answers,
    }


def _resource(name: str, resource: dict[str, Any]) -> dict[str, Any]:
    return {
        "operationId": f"retrieve{name}",
        "summary": "One incident in the form of TM Forum.",
        "parameters": [
            {"name": "id", "in": "path", "required": True, "schema": _TEXT},
            *_own_parameters(),
        ],
        "responses": _responses(resource),
    }


def _own_parameters() -> list[dict[str, Any]]:
    return [
        _parameter("fields", _TEXT),
        _parameter("lang", {"type": "string", "enum": list(languages())}),
    ]


def _parameter(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "schema": schema}


def _responses(schema: dict[str, Any]) -> dict[str, Any]:
    error = {"application/json": {"schema": {"$ref": "#/components/schemas/TmfError"}}}
    return {
        "200": {
            "description": "The requested data",
            "content": {"application/json": {"schema": schema}},
        },
        "304": {"description": "Not modified since the client's copy (ETag)"},
        "400": {"description": "An argument is invalid", "content": error},
        "401": {"description": "The credentials are missing or invalid"},
        "404": {
            "description": "It does not exist, or this role has no access to it",
            "content": error,
        },
        "429": {"description": "Too many wrong passwords or tokens from this address"},
    }
