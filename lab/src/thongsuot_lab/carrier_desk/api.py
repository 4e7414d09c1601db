"""The carrier's HTTP APIs: tickets (TMF621) and alarms (TMF642) for customers, and its own side."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route

from thongsuot_lab.carrier_desk import alarms, tickets
from thongsuot_lab.carrier_desk.customers import (
    OPERATOR_PATH,
    Conduct,
    CustomerMiddleware,
    TmfResponse,
    error_response,
)
from thongsuot_lab.carrier_desk.documents import ApiError, Json, json_object
from thongsuot_lab.carrier_desk.service_desk import ServiceDesk

PATCH_CONTENT_TYPES: Final = ("application/json", "application/merge-patch+json")


def application(desk: ServiceDesk, conduct: Conduct) -> Starlette:
    """Return the carrier's systems as one application."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        await desk.stop()

    return Starlette(
        routes=[
            *(
                Mount(base, routes=_ticket_routes(desk, version))
                for version, base in tickets.BASES.items()
            ),
            Mount(alarms.BASE, routes=_alarm_routes(desk)),
            Mount(OPERATOR_PATH.rstrip("/"), routes=_operator_routes(desk, conduct)),
        ],
        middleware=[Middleware(CustomerMiddleware, conduct=conduct)],
        exception_handlers={ApiError: _answer_error, HTTPException: _answer_error},
        lifespan=lifespan,
    )


async def _answer_error(request: Request, error: Exception) -> Response:
    """Answer with the API's error document, including for unknown paths and methods (404, 405)."""
    path = request.url.path
    if isinstance(error, ApiError):
        return error_response(path, error.status, error.reason)
    assert isinstance(error, HTTPException), "nothing else is registered"
    return error_response(path, error.status_code, f"{request.method} {path}: {error.detail}")


def _ticket_routes(desk: ServiceDesk, version: int) -> list[Route]:
    external = "externalIdentifier.id" if version == 5 else "externalId"

    async def create(request: Request) -> Response:
        return TmfResponse(desk.create_ticket(version, await json_object(request)), 201)

    async def find(request: Request) -> Response:
        return _page(desk.tickets.find(version, request.query_params.get(external)), request)

    async def get(request: Request) -> Response:
        return TmfResponse(desk.tickets.get(version, request.path_params["name"]))

    async def patch(request: Request) -> Response:
        _check_patch(request)
        name = request.path_params["name"]
        return TmfResponse(desk.patch_ticket(version, name, await json_object(request)))

    return [
        Route("/troubleTicket", create, methods=["POST"]),
        Route("/troubleTicket", find, methods=["GET"]),
        Route("/troubleTicket/{name}", get, methods=["GET"]),
        Route("/troubleTicket/{name}", patch, methods=["PATCH"]),
        *_hub_routes(desk, str(version)),
    ]


def _alarm_routes(desk: ServiceDesk) -> list[Route]:
    async def create(request: Request) -> Response:
        return TmfResponse(desk.create_alarm(await json_object(request)), 201)

    async def find(request: Request) -> Response:
        return _page(desk.alarms.find(request.query_params.get("externalAlarmId")), request)

    async def get(request: Request) -> Response:
        return TmfResponse(desk.alarms.get(request.path_params["name"]))

    async def patch(request: Request) -> Response:
        _check_patch(request)
        name = request.path_params["name"]
        return TmfResponse(desk.patch_alarm(name, await json_object(request)))

    return [
        Route("/alarm", create, methods=["POST"]),
        Route("/alarm", find, methods=["GET"]),
        Route("/alarm/{name}", get, methods=["GET"]),
        Route("/alarm/{name}", patch, methods=["PATCH"]),
        *_hub_routes(desk, "alarm"),
    ]


def _hub_routes(desk: ServiceDesk, hub: str) -> list[Route]:
    async def subscribe(request: Request) -> Response:
        subscription = desk.hubs[hub].subscribe(await json_object(request))
        desk.write()
        return TmfResponse(subscription, 201)

    async def get(request: Request) -> Response:
        return TmfResponse(desk.hubs[hub].get(request.path_params["name"]))

    async def unsubscribe(request: Request) -> Response:
        desk.hubs[hub].unsubscribe(request.path_params["name"])
        desk.write()
        return Response(status_code=204)

    return [
        Route("/hub", subscribe, methods=["POST"]),
        Route("/hub/{name}", get, methods=["GET"]),
        Route("/hub/{name}", unsubscribe, methods=["DELETE"]),
    ]


def _operator_routes(desk: ServiceDesk, conduct: Conduct) -> list[Route]:
    """Return the routes for the carrier's own staff: their actions and what they can look at."""

    async def list_tickets(request: Request) -> Response:
        return TmfResponse(desk.tickets.find(request.path_params["version"], None))

    async def update_ticket(request: Request) -> Response:
        document = await json_object(request)
        status, text = str(document.get("status", "")), str(document.get("note", ""))
        version, name = request.path_params["version"], request.path_params["name"]
        return TmfResponse(desk.update_as_operator(version, name, status=status, text=text))

    async def list_alarms(_: Request) -> Response:
        return TmfResponse(desk.alarms.find(None))

    async def update_alarm(request: Request) -> Response:
        name = request.path_params["name"]
        return TmfResponse(desk.patch_alarm(name, await json_object(request)))

    async def list_subscriptions(request: Request) -> Response:
        hub = desk.hubs.get(request.path_params["name"])
        if hub is None:
            raise ApiError(404, f"there is no hub {request.path_params['name']}")
        return TmfResponse(list(hub.subscriptions.values()))

    async def list_exchanges(_: Request) -> Response:
        return TmfResponse(conduct.exchanges)

    async def set_failure_mode(request: Request) -> Response:
        conduct.failure_mode = str((await json_object(request))["failure_mode"])
        return TmfResponse({"failure_mode": conduct.failure_mode})

    async def clear(_: Request) -> Response:
        desk.clear()
        conduct.exchanges.clear()
        conduct.failure_mode = "well"
        return TmfResponse({})

    return [
        Route("/tickets/{version:int}", list_tickets, methods=["GET"]),
        Route("/tickets/{version:int}/{name}", update_ticket, methods=["POST"]),
        Route("/alarms", list_alarms, methods=["GET"]),
        Route("/alarms/{name}", update_alarm, methods=["POST"]),
        Route("/hubs/{name}", list_subscriptions, methods=["GET"]),
        Route("/exchanges", list_exchanges, methods=["GET"]),
        Route("/failure-mode", set_failure_mode, methods=["POST"]),
        Route("/clear", clear, methods=["POST"]),
    ]


def _check_patch(request: Request) -> None:
    kind = request.headers.get("content-type", "").partition(";")[0].strip()
    if kind not in PATCH_CONTENT_TYPES:
        raise ApiError(400, f"a PATCH is one of {', '.join(PATCH_CONTENT_TYPES)}, not {kind}")


def _page(documents: list[Json], request: Request) -> Response:
    """Return a list, or the part of it that ``offset`` and ``limit`` select (TMF630, 4.3)."""
    try:
        offset, limit = (int(request.query_params.get(name, 0)) for name in ("offset", "limit"))
    except ValueError as error:
        raise ApiError(400, f"offset and limit are whole numbers: {error}") from error
    part = documents[offset : offset + limit if limit else None]
    counts = {"X-Total-Count": str(len(documents)), "X-Result-Count": str(len(part))}
    return TmfResponse(part, headers=counts)
