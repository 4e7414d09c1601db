"""
Leadership for proxies in front of several collectors, and the restrictions of followers.

The pages of all of them show the same. Only the leader changes incidents.
"""

import re
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from thongsuot_collector.web import labels
from thongsuot_collector.web.responses import HEADERS, language_of

PATH = "/leader"

_CHANGES_AN_INCIDENT = re.compile(r"/(?:incidents|answers|problems)/")
_RETRY_S = "5"

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]


def leader_route(leads: Callable[[], bool], who: Callable[[], str]) -> Route:
    """Return the route for a proxy's check: 200 if this collector leads, 503 otherwise."""

    async def answer(_request: Request) -> Response:
        return PlainTextResponse(who(), 200 if leads() else 503, headers=HEADERS)

    return Route(PATH, answer)


class FollowerPages:
    """The pages of a following collector: a request to change an incident is told to wait."""

    def __init__(self, app: Application) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass on."""
        is_change = scope["type"] == "http" and scope["method"] == "POST"
        if not is_change or not _CHANGES_AN_INCIDENT.search(scope["path"]):
            await self._app(scope, receive, send)
            return
        text = labels.NOT_LEADING.read(language_of(Request(scope)))
        headers = HEADERS | {"Retry-After": _RETRY_S}
        await PlainTextResponse(text, 503, headers=headers)(scope, receive, send)
