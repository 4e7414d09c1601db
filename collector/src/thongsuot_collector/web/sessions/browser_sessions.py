"""Browser sessions: the cookie that identifies a browser, and its expiry."""

import asyncio
import hmac
import time
from hashlib import sha256
from typing import Final

import msgspec
from sqlalchemy import Engine
from starlette.requests import Request
from starlette.responses import Response

from thongsuot_collector.ingest.push_endpoint import address_of
from thongsuot_collector.store import people, sessions
from thongsuot_collector.store.people import Person, PersonRole
from thongsuot_collector.store.sessions import Session, SessionStage
from thongsuot_collector.web.page_session import PageSession, note_session
from thongsuot_collector.web.sessions.sealing import Sealer
from thongsuot_collector.web.sessions.settings import SignInSettings

_NS_PER_S: Final = 1_000_000_000
_UNFINISHED_S: Final = 600.0
"""The time to enter the second factor after a right password."""
_TOUCHED_EVERY_NS: Final = 60 * _NS_PER_S
_DEVICE: Final = "device"
_DEVICE_S: Final = 180 * 86_400
_ACTING: Final = frozenset({PersonRole.CITY_ENGINEER, PersonRole.CARRIER})


class SignedIn(msgspec.Struct, frozen=True, kw_only=True):
    """The session of a request; ``person`` is ``None`` for the shared password of the pages."""

    session: Session
    person: Person | None
    secret: str

    @property
    def is_open(self) -> bool:
        """Whether the sign-in is complete."""
        return self.session.stage is SessionStage.OPEN

    @property
    def form_token(self) -> str:
        """The token of this session's forms, which other sites cannot know."""
        return hmac.new(self.secret.encode(), b"form", sha256).hexdigest()


class BrowserSessions:
    """
    Starts, finds and ends sessions.

    ``password`` is the shared one of the pages, empty without one. ``is_behind_tls``: a proxy
    terminates TLS, so a request in the clear also came by TLS.
    """

    def __init__(
        self,
        store: Engine,
        settings: SignInSettings,
        sealer: Sealer,
        *,
        password: str,
        is_behind_tls: bool,
    ) -> None:
        self._store = store
        self._settings = settings
        self._sealer = sealer
        self._password_stamp = sha256(password.encode()).digest() if password else b""
        self._is_behind_tls = is_behind_tls

    async def find(self, request: Request) -> SignedIn | None:
        """Return the session of a request in any stage, if it has not ended."""
        known = getattr(request.state, "signed_in", None)
        if isinstance(known, SignedIn):
            return known
        secret = self.cookie(request)
        if not secret.startswith(sessions.PREFIX):
            return None
        session = await asyncio.to_thread(sessions.known, self._store, secret)
        if session is None:
            return None
        person = None
        if session.person:
            person = await asyncio.to_thread(people.known, self._store, session.person)
        stamp = self._password_stamp if not session.person else person.stamp if person else b""
        now_ns = time.time_ns()
        if not hmac.compare_digest(session.stamp, stamp) or self._is_over(session, now_ns):
            return None
        if _is_activity(request, person) and now_ns - session.seen_ns > _TOUCHED_EVERY_NS:
            await asyncio.to_thread(sessions.touch, self._store, session.id, now_ns)
        signed_in = SignedIn(session=session, person=person, secret=secret)
        request.state.signed_in = signed_in
        title = "" if person is None or not signed_in.is_open else person.title
        note_session(PageSession(title=title, token=signed_in.form_token))
        return signed_in

    async def begin(
        self, request: Request, response: Response, person: Person | None, stage: SessionStage
    ) -> None:
        """Start a session of a person, or of a user of the shared password of the pages."""
        lasts_s = self._lasts_s(person) if stage is SessionStage.OPEN else _UNFINISHED_S
        secret = await asyncio.to_thread(
            sessions.start,
            self._store,
            "" if person is None else person.name,
            stamp=self._password_stamp if person is None else person.stamp,
            stage=stage,
            lasts_s=lasts_s,
            address=address_of(request.scope),
            browser=request.headers.get("user-agent", ""),
        )
        self.set_cookie(request, response, secret, lasts_s)
        if person is not None and stage is SessionStage.OPEN:
            self._remember_device(request, response, person.name)

    async def open_up(
        self, request: Request, response: Response, signed_in: SignedIn, person: Person
    ) -> None:
        """
        Open a session, or continue an open one, for a person's present account, with a new cookie.

        Raises:
            TokenError: it has ended in the meantime.
        """
        lasts_s = self._lasts_s(person)
        secret = await asyncio.to_thread(
            sessions.open_up,
            self._store,
            signed_in.session,
            SessionStage.OPEN,
            lasts_s=lasts_s,
            stamp=person.stamp,
        )
        self.set_cookie(request, response, secret, lasts_s)
        self._remember_device(request, response, person.name)

    def forget(self, request: Request, response: Response, name: str = "") -> None:
        """Delete the cookie of a session, or one of a name, in a browser."""
        response.delete_cookie(
            self._cookie(request, name),
            secure=self._is_by_tls(request),
            httponly=True,
            samesite="lax",
        )

    def device(self, request: Request, name: str) -> str:
        """Return the token of a browser that signed in with a name before; empty: it did not"""
        sealed = self.cookie(request, _DEVICE)
        content = self._sealer.unseal(_DEVICE, sealed, lasts_s=_DEVICE_S)
        if content is None or content.decode() != name:
            return ""
        return sha256(sealed.encode()).hexdigest()

    def _is_over(self, session: Session, now_ns: int) -> bool:
        idle_ns = round(self._settings.idle_s * _NS_PER_S)
        return now_ns >= session.expires_ns or now_ns - session.seen_ns >= idle_ns

    def _lasts_s(self, person: Person | None) -> float:
        is_acting = person is not None and person.role in _ACTING
        return self._settings.absolute_s if is_acting else self._settings.viewer_absolute_s

    def _remember_device(self, request: Request, response: Response, name: str) -> None:
        self.set_cookie(
            request, response, self._sealer.seal(_DEVICE, name.encode()), _DEVICE_S, _DEVICE
        )

    def cookie(self, request: Request, name: str = "") -> str:
        """Return a cookie of a browser; empty if it has none of that name."""
        return request.cookies.get(self._cookie(request, name), "")

    def set_cookie(
        self, request: Request, response: Response, value: str, lasts_s: float, name: str = ""
    ) -> None:
        """Set a cookie with the strictest possible attributes."""
        response.set_cookie(
            self._cookie(request, name),
            value,
            max_age=int(lasts_s),
            secure=self._is_by_tls(request),
            httponly=True,
            samesite="lax",
        )

    def _cookie(self, request: Request, name: str = "") -> str:
        # Browsers guarantee for this prefix that no other host and no insecure page has set it.
        beginning = "__Host-" if self._is_by_tls(request) else ""
        return f"{beginning}thongsuot{f'-{name}' if name else ''}"

    def _is_by_tls(self, request: Request) -> bool:
        return self._is_behind_tls or request.url.scheme == "https"


def _is_activity(request: Request, person: Person | None) -> bool:
    """
    Return whether a request is a person's activity.

    A page refresh is not, for people who may act: an unattended desk must not stay signed in.
    """
    if person is None or person.role not in _ACTING:
        return True
    return request.headers.get("sec-fetch-mode", "navigate") == "navigate"
