"""Access: who asks, what of it they may see, and where they may act."""

import asyncio
import base64
import hmac
import time
from urllib.parse import urlsplit

import msgspec
from sqlalchemy import Engine
from starlette.requests import Request
from starlette.responses import Response

from thongsuot_collector.ingest.push_endpoint import address_of
from thongsuot_collector.notify.dispatch.desk_links import DeskLinks
from thongsuot_collector.queries.scope import QueryScope
from thongsuot_collector.store import api_tokens, desk_keys, people
from thongsuot_collector.store.people import Person, PersonRole
from thongsuot_collector.store.tokens import digest_of
from thongsuot_collector.web import labels
from thongsuot_collector.web.failed_logins import FailedLogins
from thongsuot_collector.web.responses import language_of, not_found, password_required
from thongsuot_schema.words.language import Text

_KEY_CHARACTERS = 64


class Visitor(msgspec.Struct, frozen=True, kw_only=True):
    """
    Who asks for a page. ``role`` is ``None`` for a stranger.

    ``name`` is that of their account (empty: none of their own), ``title`` what others read,
    ``scope`` the carrier or commune that they see. ``key`` opened a desk, and stays on its links.
    ``may_act``: within what they see.
    """

    role: PersonRole | None = None
    scope: str = ""
    name: str = ""
    title: str = ""
    key: str = ""
    key_id: str = ""
    may_act: bool = False

    @property
    def sees_all(self) -> bool:
        """Whether they see everything."""
        return self.role in {PersonRole.CITY_ENGINEER, PersonRole.CITY_READER}

    @property
    def is_engineer(self) -> bool:
        """Whether they may act on everything."""
        return self.role is PersonRole.CITY_ENGINEER

    def sees_carrier(self, carrier: str) -> bool:
        """Return whether they see what is a carrier's."""
        return self.sees_all or (self.role is PersonRole.CARRIER and self.scope == carrier)

    def sees_commune(self, commune: str) -> bool:
        """Return whether they see the sites of a commune."""
        return self.sees_all or (self.role is PersonRole.COMMUNE and self.scope == commune)

    @property
    def query_scope(self) -> QueryScope:
        """What lists hold for them."""
        return QueryScope(
            is_city=self.sees_all,
            carrier=self.scope if self.role is PersonRole.CARRIER else "",
            commune=self.scope if self.role is PersonRole.COMMUNE else "",
        )

    @property
    def audited_as(self) -> str:
        """Who that is in the audit log."""
        if self.role is PersonRole.CARRIER:
            opened_by = f"key:{self.key_id}" if self.key_id else f"person:{self.name}"
            return f"carrier:{self.scope} {opened_by}"
        return f"person:{self.name}"


STRANGER = Visitor()


class PageAccess:
    """
    Knows people by what their browsers send (RFC 7617), programs by their token (RFC 6750), and
    carriers by the key of their link.

    ``password``: who looks has to know it; empty: everybody may look. Who has an account sees what
    its role sees, whatever everybody may.
    """

    def __init__(
        self,
        store: Engine,
        password: str,
        failed_logins: FailedLogins,
        links: DeskLinks,
    ) -> None:
        self._store = store
        self._password = password.encode()
        self._failed_logins = failed_logins
        self._links = links

    async def visitor(self, request: Request) -> Visitor:
        """
        Return who asks; a good key goes before an account.

        Raises:
            HTTPException: 429, too many wrong passwords came from there.
        """
        known = getattr(request.state, "visitor", None)
        if isinstance(known, Visitor):  # one request asks more than once, and is counted once
            return known
        visitor = (
            await self._desk_key(request)
            or await self._api_token(request)
            or await self._login(request)
        )
        if visitor.role is None and not self._password:
            visitor = Visitor(role=PersonRole.CITY_READER)
        request.state.visitor = visitor
        return visitor

    async def refusal(self, request: Request, why: Text | None = None) -> Response:
        """
        Return the answer to who may not: a stranger may say who they are; to others there is no
        such page, whether there is one or not.
        """
        visitor = await self.visitor(request)
        language = language_of(request)
        if visitor.role is None or not (visitor.name or visitor.key):
            return password_required("" if why is None else why.read(language))
        return not_found(labels.NO_PAGE.read(language))

    async def has_actors(self) -> bool:
        """Return whether there is anybody who may act: where not, no page offers it."""
        return await asyncio.to_thread(people.is_any, self._store)

    async def _desk_key(self, request: Request) -> Visitor | None:
        """Return whom a desk's key was made for."""
        key = request.query_params.get("key", "")[:_KEY_CHARACTERS]
        key_id = self._links.key_id(key) if key else ""
        if not key_id:
            return None
        known = await asyncio.to_thread(desk_keys.known, self._store, key_id)
        if known is None or not known.is_good(time.time_ns()):
            return None
        return Visitor(
            role=PersonRole.CARRIER,
            scope=known.carrier,
            title=known.title,
            key=key,
            key_id=key_id,
            may_act=known.may_act,
        )

    async def _api_token(self, request: Request) -> Visitor | None:
        """Return whom a program's token was made for; it may look, and act on nothing."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        sent = token.strip().encode()
        address = address_of(request.scope)
        self._failed_logins.check(address, sent)
        known = None
        if sent.startswith(api_tokens.PREFIX.encode()):
            known = await asyncio.to_thread(api_tokens.known, self._store, digest_of(sent))
        is_right = known is not None and known.is_good(time.time_ns())
        self._failed_logins.note(address, sent, is_right=is_right)
        if known is None or not is_right:
            return STRANGER
        return Visitor(role=known.role, scope=known.scope, name=known.id, title=known.title)

    async def _login(self, request: Request) -> Visitor:
        name, password = _credentials(request)
        if not (name or password):
            return STRANGER
        address, sent = address_of(request.scope), f"{name}:".encode() + password
        self._failed_logins.check(address, sent)
        person = await self._person(name, password)
        is_shared = bool(self._password) and hmac.compare_digest(password, self._password)
        is_right = person is not None or is_shared
        self._failed_logins.note(address, sent, is_right=is_right)
        if person is None:
            return Visitor(role=PersonRole.CITY_READER) if is_shared else STRANGER
        return Visitor(
            role=person.role,
            scope=person.scope,
            name=person.name,
            title=person.title,
            may_act=person.role in {PersonRole.CITY_ENGINEER, PersonRole.CARRIER},
        )

    async def _person(self, name: str, password: bytes) -> Person | None:
        if not (name and password.startswith(people.PREFIX.encode())):
            return None
        known = await asyncio.to_thread(people.known, self._store, name)
        if known is None or not hmac.compare_digest(known.digest, digest_of(password)):
            return None
        return known


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
