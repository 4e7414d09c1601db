"""App: what is asked of the carrier over HTTP, and how it misbehaves for a test."""

import asyncio
import hmac
import json
from typing import Final

from thongsuot_lab.carrier_desk import alarms, tickets
from thongsuot_lab.carrier_desk.http import ApiError, DeskRequest, DeskResponse, Json, json_object
from thongsuot_lab.carrier_desk.hub import EventHub
from thongsuot_lab.carrier_desk.service_desk import ServiceDesk

EXCHANGES_LIMIT: Final = 10_000
HANG_S: Final = 60.0
PATCH_CONTENT_TYPES: Final = ("application/json", "application/merge-patch+json")
OPERATOR_PATH: Final = "/desk/"
"""Below it, without a token, is what the carrier's own people do: no business of customers."""


class CarrierApi:
    """
    The desk's door.

    ``token`` is what customers must show (empty: nothing). ``failure_mode`` is how they are
    answered:
    ``well``, a status, ``hang`` (what is to be changed is, but that is not answered), ``drop``
    (closed), ``echo`` (refused, showing all of it). ``exchanges`` are requests and answers.
    """

    def __init__(self, desk: ServiceDesk, *, token: str = "") -> None:
        self.failure_mode = "well"
        self.exchanges: list[Json] = []
        self._desk = desk
        self._token = token

    async def handle(self, request: DeskRequest) -> DeskResponse | None:
        """Answer a request."""
        version = 4 if request.path.startswith((tickets.BASES[4], alarms.BASE)) else 5
        try:
            if request.path.startswith(OPERATOR_PATH):
                return self._operator(request)
            response = await self._customer(request)
        except ApiError as error:
            body: Json = {"code": str(error.status), "reason": error.reason}
            if version == 5:
                body["@type"] = "Error"
            response = DeskResponse(status=error.status, body=body)
        if response is not None:
            self._record_exchange(request, response)
        return response

    async def _customer(self, request: DeskRequest) -> DeskResponse | None:
        if self.failure_mode == "drop":
            return None
        if self.failure_mode == "echo":
            shown = f"{request.path} {dict(request.headers)} {request.body.decode()}"
            raise ApiError(400, shown)
        if self.failure_mode.isdigit():
            raise ApiError(int(self.failure_mode), "so it is")
        shown = request.headers.get("authorization", "")
        if self._token and not hmac.compare_digest(
            shown.encode(), f"Bearer {self._token}".encode()
        ):
            raise ApiError(401, "who are you?")
        response = self._route(request)
        if self.failure_mode == "hang" and request.method != "GET":
            self._record_exchange(request, response)
            await asyncio.sleep(HANG_S)
            return None
        return response

    def _route(self, request: DeskRequest) -> DeskResponse:
        for version, base in tickets.BASES.items():
            if request.path.startswith(f"{base}/"):
                return self._tickets(version, request, request.path.removeprefix(f"{base}/"))
        if request.path.startswith(f"{alarms.BASE}/"):
            return self._alarms(request, request.path.removeprefix(f"{alarms.BASE}/"))
        raise ApiError(404, f"nothing is at {request.path}")

    def _tickets(self, version: int, request: DeskRequest, path: str) -> DeskResponse:
        desk = self._desk
        match request.method, path.split("/"):
            case "POST", ["troubleTicket"]:
                return DeskResponse(
                    status=201, body=desk.create_ticket(version, json_object(request))
                )
            case "GET", ["troubleTicket"]:
                key = "externalIdentifier.id" if version == 5 else "externalId"
                found = desk.tickets.find(version, request.query.get(key))
                return _listed(found, request)
            case "GET", ["troubleTicket", name]:
                return DeskResponse(status=200, body=desk.tickets.get(version, name))
            case "PATCH", ["troubleTicket", name]:
                _check_patch(request)
                return DeskResponse(
                    status=200, body=desk.patch_ticket(version, name, json_object(request))
                )
            case _, ["hub", *rest]:
                return self._hub(desk.hubs[str(version)], request, rest)
        raise ApiError(405, f"{request.method} of {path} is not offered")

    def _alarms(self, request: DeskRequest, path: str) -> DeskResponse:
        desk = self._desk
        match request.method, path.split("/"):
            case "POST", ["alarm"]:
                return DeskResponse(status=201, body=desk.create_alarm(json_object(request)))
            case "GET", ["alarm"]:
                return _listed(desk.alarms.find(request.query.get("externalAlarmId")), request)
            case "GET", ["alarm", name]:
                return DeskResponse(status=200, body=desk.alarms.get(name))
            case "PATCH", ["alarm", name]:
                _check_patch(request)
                return DeskResponse(status=200, body=desk.patch_alarm(name, json_object(request)))
            case _, ["hub", *rest]:
                return self._hub(desk.hubs["alarm"], request, rest)
        raise ApiError(405, f"{request.method} of {path} is not offered")

    def _hub(self, hub: EventHub, request: DeskRequest, rest: list[str]) -> DeskResponse:
        match request.method, rest:
            case "POST", []:
                response = DeskResponse(status=201, body=hub.subscribe(json_object(request)))
            case "GET", [name]:
                return DeskResponse(status=200, body=hub.get(name))
            case "DELETE", [name]:
                hub.unsubscribe(name)
                response = DeskResponse(status=204)
            case _:
                raise ApiError(405, f"{request.method} of a hub is not offered")
        self._desk.write()
        return response

    def _operator(self, request: DeskRequest) -> DeskResponse:
        """Do what the carrier's own people want, or show them what there is."""
        desk = self._desk
        body: object
        match request.method, request.path.removeprefix(OPERATOR_PATH).split("/"):
            case "GET", ["tickets", version]:
                body = desk.tickets.find(int(version), None)
            case "POST", ["tickets", version, name]:
                asked = json_object(request)
                status, text = str(asked.get("status", "")), str(asked.get("note", ""))
                body = desk.update_as_operator(int(version), name, status=status, text=text)
            case "GET", ["alarms"]:
                body = desk.alarms.find(None)
            case "POST", ["alarms", name]:
                body = desk.patch_alarm(name, json_object(request))
            case "GET", ["hubs", name]:
                body = list(desk.hubs[name].subscriptions.values())
            case "GET", ["exchanges"]:
                body = self.exchanges
            case "POST", ["mood"]:
                self.failure_mode = str(json_object(request)["mood"])
                body = {"mood": self.failure_mode}
            case "POST", ["clear"]:
                desk.clear()
                self.exchanges.clear()
                self.failure_mode, body = "well", {}
            case _:
                raise ApiError(404, f"nothing is at {request.path}")
        return DeskResponse(status=200, body=body)

    def _record_exchange(self, request: DeskRequest, response: DeskResponse) -> None:
        if len(self.exchanges) < EXCHANGES_LIMIT:
            self.exchanges.append(
                {
                    "method": request.method,
                    "path": request.path,
                    "query": dict(request.query),
                    "request": json.loads(request.body) if request.body else None,
                    "status": response.status,
                    "answer": response.body,
                }
            )


def _check_patch(request: DeskRequest) -> None:
    kind = request.headers.get("content-type", "").partition(";")[0].strip()
    if kind not in PATCH_CONTENT_TYPES:
        raise ApiError(400, f"a PATCH is one of {', '.join(PATCH_CONTENT_TYPES)}, not {kind}")


def _listed(found: list[Json], request: DeskRequest) -> DeskResponse:
    offset, limit = (int(request.query.get(name, 0)) for name in ("offset", "limit"))
    part = found[offset : offset + limit if limit else None]
    counts = {"X-Total-Count": str(len(found)), "X-Result-Count": str(len(part))}
    return DeskResponse(status=200, body=part, headers=counts)
