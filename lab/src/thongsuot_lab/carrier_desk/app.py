"""App: what is asked of the carrier over HTTP, and how it misbehaves for a test."""

import asyncio
import hmac
import json
from typing import Final

from thongsuot_lab.carrier_desk import alarms, tickets
from thongsuot_lab.carrier_desk.desk import Desk
from thongsuot_lab.carrier_desk.http import Json, Refused, Request, Response, json_in
from thongsuot_lab.carrier_desk.hub import Hub

EXCHANGES_KEPT: Final = 10_000
HANG_S: Final = 60.0
PATCHES: Final = ("application/json", "application/merge-patch+json")
OWN: Final = "/desk/"
"""Below it, without a token, is what the carrier's own people do: no business of customers."""


class App:
    """
    The desk's door.

    ``token`` is what customers must show (empty: nothing). ``mood`` is how they are answered:
    ``well``, a status, ``hang`` (what is to be changed is, but that is not answered), ``drop``
    (closed), ``echo`` (refused, showing all of it). ``exchanges`` are requests and answers.
    """

    def __init__(self, desk: Desk, *, token: str = "") -> None:
        self.mood = "well"
        self.exchanges: list[Json] = []
        self._desk = desk
        self._token = token

    async def handle(self, request: Request) -> Response | None:
        """Answer a request."""
        version = 4 if request.path.startswith((tickets.BASES[4], alarms.BASE)) else 5
        try:
            if request.path.startswith(OWN):
                return self._own(request)
            response = await self._customer(request)
        except Refused as error:
            body: Json = {"code": str(error.status), "reason": error.reason}
            if version == 5:
                body["@type"] = "Error"
            response = Response(status=error.status, body=body)
        if response is not None:
            self._note(request, response)
        return response

    async def _customer(self, request: Request) -> Response | None:
        if self.mood == "drop":
            return None
        if self.mood == "echo":
            shown = f"{request.path} {dict(request.headers)} {request.body.decode()}"
            raise Refused(400, shown)
        if self.mood.isdigit():
            raise Refused(int(self.mood), "so it is")
        shown = request.headers.get("authorization", "")
        if self._token and not hmac.compare_digest(
            shown.encode(), f"Bearer {self._token}".encode()
        ):
            raise Refused(401, "who are you?")
        response = self._route(request)
        if self.mood == "hang" and request.method != "GET":
            self._note(request, response)
            await asyncio.sleep(HANG_S)
            return None
        return response

    def _route(self, request: Request) -> Response:
        for version, base in tickets.BASES.items():
            if request.path.startswith(f"{base}/"):
                return self._tickets(version, request, request.path.removeprefix(f"{base}/"))
        if request.path.startswith(f"{alarms.BASE}/"):
            return self._alarms(request, request.path.removeprefix(f"{alarms.BASE}/"))
        raise Refused(404, f"nothing is at {request.path}")

    def _tickets(self, version: int, request: Request, path: str) -> Response:
        desk = self._desk
        match request.method, path.split("/"):
            case "POST", ["troubleTicket"]:
                return Response(status=201, body=desk.create_ticket(version, json_in(request)))
            case "GET", ["troubleTicket"]:
                key = "externalIdentifier.id" if version == 5 else "externalId"
                found = desk.tickets.find(version, request.query.get(key))
                return _listed(found, request)
            case "GET", ["troubleTicket", name]:
                return Response(status=200, body=desk.tickets.get(version, name))
            case "PATCH", ["troubleTicket", name]:
                _check_patch(request)
                return Response(status=200, body=desk.patch_ticket(version, name, json_in(request)))
            case _, ["hub", *rest]:
                return self._hub(desk.hubs[str(version)], request, rest)
        raise Refused(405, f"{request.method} of {path} is not offered")

    def _alarms(self, request: Request, path: str) -> Response:
        desk = self._desk
        match request.method, path.split("/"):
            case "POST", ["alarm"]:
                return Response(status=201, body=desk.create_alarm(json_in(request)))
            case "GET", ["alarm"]:
                return _listed(desk.alarms.find(request.query.get("externalAlarmId")), request)
            case "GET", ["alarm", name]:
                return Response(status=200, body=desk.alarms.get(name))
            case "PATCH", ["alarm", name]:
                _check_patch(request)
                return Response(status=200, body=desk.patch_alarm(name, json_in(request)))
            case _, ["hub", *rest]:
                return self._hub(desk.hubs["alarm"], request, rest)
        raise Refused(405, f"{request.method} of {path} is not offered")

    def _hub(self, hub: Hub, request: Request, rest: list[str]) -> Response:
        match request.method, rest:
            case "POST", []:
                response = Response(status=201, body=hub.subscribe(json_in(request)))
            case "GET", [name]:
                return Response(status=200, body=hub.get(name))
            case "DELETE", [name]:
                hub.unsubscribe(name)
                response = Response(status=204)
            case _:
                raise Refused(405, f"{request.method} of a hub is not offered")
        self._desk.write()
        return response

    def _own(self, request: Request) -> Response:
        """Do what the carrier's own people want, or show them what there is."""
        desk = self._desk
        body: object
        match request.method, request.path.removeprefix(OWN).split("/"):
            case "GET", ["tickets", version]:
                body = desk.tickets.find(int(version), None)
            case "POST", ["tickets", version, name]:
                asked = json_in(request)
                status, text = str(asked.get("status", "")), str(asked.get("note", ""))
                body = desk.act(int(version), name, status=status, text=text)
            case "GET", ["alarms"]:
                body = desk.alarms.find(None)
            case "POST", ["alarms", name]:
                body = desk.patch_alarm(name, json_in(request))
            case "GET", ["hubs", name]:
                body = list(desk.hubs[name].subscriptions.values())
            case "GET", ["exchanges"]:
                body = self.exchanges
            case "POST", ["mood"]:
                self.mood = str(json_in(request)["mood"])
                body = {"mood": self.mood}
            case "POST", ["clear"]:
                desk.clear()
                self.exchanges.clear()
                self.mood, body = "well", {}
            case _:
                raise Refused(404, f"nothing is at {request.path}")
        return Response(status=200, body=body)

    def _note(self, request: Request, response: Response) -> None:
        if len(self.exchanges) < EXCHANGES_KEPT:
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


def _check_patch(request: Request) -> None:
    kind = request.headers.get("content-type", "").partition(";")[0].strip()
    if kind not in PATCHES:
        raise Refused(400, f"a PATCH is one of {', '.join(PATCHES)}, not {kind}")


def _listed(found: list[Json], request: Request) -> Response:
    offset, limit = (int(request.query.get(name, 0)) for name in ("offset", "limit"))
    part = found[offset : offset + limit if limit else None]
    counts = {"X-Total-Count": str(len(found)), "X-Result-Count": str(len(part))}
    return Response(status=200, body=part, headers=counts)
