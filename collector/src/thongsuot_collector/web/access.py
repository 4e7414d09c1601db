"""Access: who may see the pages, and who may act."""

import asyncio
import base64
import hmac
from typing import NamedTuple
from urllib.parse import urlsplit

from sqlalchemy import Engine
from starlette.requests import Request

from thongsuot_collector.ingest.push_endpoint import address_of
from thongsuot_collector.store import people
from thongsuot_collector.store.people import Person
from thongsuot_collector.store.tokens import digest_of
from thongsuot_collector.web.failed_logins import FailedLogins


class _Login(NamedTuple):
    """Whom a request's password belongs to."""

    person: Person | None
    may_view: bool


class PageAccess:
    """
    Knows people by what their browsers send (RFC 7617).

    ``password``: who looks has to know it; empty: everybody may look. Who may act has a name and a
    password of their own, and may look too.
    """

    def __init__(self, store: Engine, password: str, failed_logins: FailedLogins) -> None:
        self._store = store
        self._password = password.encode()
        self._failed_logins = failed_logins

    async def may_view(self, request: Request) -> bool:
        """
        Return whether somebody may see the pages.

        Raises:
            HTTPException: 429, too many wrong passwords came from there.
        """
        return not self._password or (await self._login(request)).may_view

    async def person(self, request: Request) -> Person | None:
        """
        Return who it is that may act; ``None`` for everybody else.

        Raises:
            HTTPException: as in ``may_view``.
        """
        return (await self._login(request)).person

    async def _login(self, request: Request) -> "_Login":
        login = getattr(request.state, "login", None)
        if isinstance(login, _Login):  # one request asks more than once, and is counted once
            return login
        name, password = _credentials(request)
        if not (name or password):
            return _Login(None, may_view=False)
        address, sent = address_of(request.scope), f"{name}:".encode() + password
        self._failed_logins.check(address, sent)
        person = await self._person(name, password)
        is_shared = bool(self._password) and hmac.compare_digest(password, self._password)
        login = _Login(person, may_view=person is not None or is_shared)
        self._failed_logins.note(address, sent, is_right=login.may_view)
        request.state.login = login
        return login

    async def _person(self, name: str, password: bytes) -> Person | None:
        if not (name and password.startswith(people.PREFIX.encode())):
            return None
        known = await asyncio.to_thread(people.known, self._store, name)
        if known is None or not hmac.compare_digest(known.digest, digest_of(password)):
            return None
        return known

    async def has_actors(self) -> bool:
        """Return whether there is anybody who may act: where not, no page offers it."""
        return await asyncio.to_thread(people.is_any, self._store)


def is_same_origin(request: Request) -> bool:
    """
    Return whether a request that changes something comes from our own page, or from no browser.

    A browser sends a password that it knows along with whatever other pages make it send.
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("host", "")


def _credentials(request: Request) -> tuple[str, bytes]:
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return "", b""
    try:
        name, _, password = base64.b64decode(encoded, validate=True).partition(b":")
        return name.decode(), password
    except ValueError:
        return "", b""
