"""Access: identifies the visitor of a request, and what they may see and do."""

import asyncio
import base64
import hmac
import logging
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
from thongsuot_collector.web.page_session import PageSession, note_session
from thongsuot_collector.web.responses import (
    language_of,
    not_found,
    password_required,
    sign_in_first,
    sign_in_required,
)
from thongsuot_collector.web.sessions.attempts import SignInAttempts
from thongsuot_collector.web.sessions.browser_sessions import BrowserSessions
from thongsuot_collector.web.sessions.password_check import PasswordCheck
from thongsuot_collector.web.sessions.settings import SecondFactorPolicy
from thongsuot_schema.words.language import Text

_log = logging.getLogger(__name__)

_KEY_CHARACTERS = 64

_ACTING = frozenset({PersonRole.CITY_ENGINEER, PersonRole.CARRIER})


class Visitor(msgspec.Struct, frozen=True, kw_only=True):
    """
    The visitor of a page. ``role`` is ``None`` for an anonymous one.

    ``name`` is that of their account (empty: no personal one), ``title`` their display name,
    ``scope`` the carrier or commune that they see. ``key`` opened a desk, and is kept in its links.
    ``may_act``: within their scope.
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
        """Return whether they see a carrier's objects."""
        return self.sees_all or (self.role is PersonRole.CARRIER and self.scope == carrier)

    def sees_commune(self, commune: str) -> bool:
        """Return whether they see the sites of a commune."""
        return self.sees_all or (self.role is PersonRole.COMMUNE and self.scope == commune)

    @property
    def query_scope(self) -> QueryScope:
        """The scope of their lists."""
        return QueryScope(
            is_city=self.sees_all,
            carrier=self.scope if self.role is PersonRole.CARRIER else "",
            commune=self.scope if self.role is PersonRole.COMMUNE else "",
        )

    @property
    def audited_as(self) -> str:
        """Their name in the audit log."""
        if self.role is PersonRole.CARRIER:
            opened_by = f"key:{self.key_id}" if self.key_id else f"person:{self.name}"
            return f"carrier:{self.scope} {opened_by}"
        return f"person:{self.name}"


STRANGER = Visitor()


class Authenticators(msgspec.Struct, frozen=True, kw_only=True):
    """
    The means of authentication, with protection against guessing: ``browsers`` by their sessions,
    ``links`` by the keys of desks, ``passwords`` of people.

    ``password``: the shared password for reading; empty: anyone may read.
    """

    browsers: BrowserSessions
    links: DeskLinks
    passwords: PasswordCheck
    attempts: SignInAttempts
    failed_logins: FailedLogins
    password: str
    second_factor: SecondFactorPolicy

    def requires_second_factor(self, person: Person) -> bool:
        """Return whether a person needs a second factor."""
        is_required = self.second_factor is SecondFactorPolicy.REQUIRED
        return is_required and person.role is PersonRole.CITY_ENGINEER

    async def needs_more(self, person: Person) -> bool:
        """Return whether the password of a person alone is not enough."""
        if self.requires_second_factor(person):
            return True
        return await self.passwords.has_second_factor(person)

    def is_shared_password(self, password: str) -> bool:
        """Return whether a password is the shared one."""
        sent, own = password.encode(), self.password.encode()
        return bool(own) and hmac.compare_digest(sent, own)


class PageAccess:
    """
    Authenticates people by their session or Basic credentials (RFC 7617), programs by their token
    (RFC 6750), and carriers by the key of their link.

    An account has the view of its role, even if anonymous visitors see more.
    """

    def __init__(self, store: Engine, authenticators: Authenticators) -> None:
        self._store = store
        self._authenticators = authenticators

    async def visitor(self, request: Request) -> Visitor:
        """
        Return the visitor; a valid key has precedence over an account, and a program's credentials
        over a session.

        Raises:
            HTTPException: 429, too many wrong passwords from this address.
        """
        known = getattr(request.state, "visitor", None)
        if isinstance(
            known, Visitor
        ):  # called several times for one request, which is counted once
            return known
        visitor = (
            await self._desk_key(request)
            or await self._api_token(request)
            or await self._login(request)
            or await self._session(request)
            or STRANGER
        )
        if visitor.role is None and not self._authenticators.password:
            visitor = Visitor(role=PersonRole.CITY_READER)
            note_session(PageSession(may_sign_in=True))
        request.state.visitor = visitor
        return visitor

    async def refusal(self, request: Request, why: Text | None = None) -> Response:
        """
        Return the answer to an unauthorised visitor: an anonymous one may sign in; for others there
        is no such page, whether it exists or not.
        """
        visitor = await self.visitor(request)
        language = language_of(request)
        if visitor.role is not None and (visitor.name or visitor.key):
            return not_found(labels.NO_PAGE.read(language))
        if request.headers.get("sec-fetch-mode", "navigate") != "navigate":
            # A script of ours: a Basic challenge would make the browser ask for a password.
            return sign_in_required()
        if "text/html" in request.headers.get("accept", ""):
            return sign_in_first(request)
        return password_required("" if why is None else why.read(language))

    async def has_actors(self) -> bool:
        """Return whether any account may act; without one, no page offers actions."""
        return await asyncio.to_thread(people.is_any, self._store)

    async def _desk_key(self, request: Request) -> Visitor | None:
        """Return the visitor of a desk's key."""
        key = request.query_params.get("key", "")[:_KEY_CHARACTERS]
        key_id = self._authenticators.links.key_id(key) if key else ""
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
        """Return the visitor of a program's token, which is read-only."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        sent = token.strip().encode()
        address = address_of(request.scope)
        self._authenticators.failed_logins.check(address, sent)
        known = None
        if sent.startswith(api_tokens.PREFIX.encode()):
            known = await asyncio.to_thread(api_tokens.known, self._store, digest_of(sent))
        is_right = known is not None and known.is_good(time.time_ns())
        self._authenticators.failed_logins.record_login(address, sent, is_right=is_right)
        if known is None or not is_right:
            return STRANGER
        return Visitor(role=known.role, scope=known.scope, name=known.id, title=known.title)

    async def _login(self, request: Request) -> Visitor | None:
        """Return the visitor for the name and password of a request, as sent by programs."""
        name, password = _credentials(request)
        if not (name or password):
            return None
        authenticators, address = self._authenticators, address_of(request.scope)
        sent = f"{name}:{password}".encode()
        authenticators.failed_logins.check(address, sent, begin=lambda: self._begin(name, address))
        is_shared = authenticators.is_shared_password(password)
        person = None if is_shared else await authenticators.passwords.person(name, password)
        if person is not None and await authenticators.needs_more(person):
            _log.info(
                "a password alone is not enough for person=%s; a sign-in is required", person.name
            )
            person = None
        is_right = person is not None or is_shared
        authenticators.failed_logins.record_login(address, sent, is_right=is_right)
        if is_right:
            authenticators.attempts.succeeded(name, address)
        if person is None:
            return Visitor(role=PersonRole.CITY_READER) if is_shared else STRANGER
        return visitor_of(person)

    def _begin(self, name: str, address: str) -> float:
        return self._authenticators.attempts.begin(name, address, now_s=time.monotonic())

    async def _session(self, request: Request) -> Visitor | None:
        signed_in = await self._authenticators.browsers.find(request)
        if signed_in is None or not signed_in.is_open:
            return None
        if signed_in.person is None:
            return Visitor(role=PersonRole.CITY_READER)
        return visitor_of(signed_in.person)


def visitor_of(person: Person) -> Visitor:
    """Return the visitor for a person with an account."""
    return Visitor(
        role=person.role,
        scope=person.scope,
        name=person.name,
        title=person.title,
        may_act=person.role in _ACTING,
    )


def is_same_origin(request: Request) -> bool:
    """
    Return whether a changing request comes from our own page, or from no browser.

    A browser also sends stored credentials with requests caused by other sites.
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = request.headers.get("origin")
    try:
        return origin is None or urlsplit(origin).netloc == request.headers.get("host", "")
    except ValueError:  # not even a URL, as "http://["
        return False


def _credentials(request: Request) -> tuple[str, str]:
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        name, _, password = base64.b64decode(encoded, validate=True).decode().partition(":")
    except ValueError:
        return "", ""
    return name, password
