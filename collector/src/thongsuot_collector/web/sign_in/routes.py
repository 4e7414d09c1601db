"""Routes: signing in, by a password and a code, and signing out."""

import asyncio
import logging
import time
from http import HTTPStatus

from sqlalchemy import Engine
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from thongsuot_collector.errors import TokenError
from thongsuot_collector.ingest.push_endpoint import address_of
from thongsuot_collector.store import sessions
from thongsuot_collector.store.people import Person
from thongsuot_collector.store.sessions import SessionStage
from thongsuot_collector.web.access import Authenticators
from thongsuot_collector.web.forms import NAME_CHARACTERS, read_form
from thongsuot_collector.web.layout import CONTENT_SECURITY_POLICY
from thongsuot_collector.web.responses import HEADERS, html_page, language_of
from thongsuot_collector.web.sessions.browser_sessions import SignedIn
from thongsuot_collector.web.sessions.second_factor_check import SecondFactorCheck
from thongsuot_collector.web.sign_in import labels, pages
from thongsuot_collector.web.sign_in.pages import SignInDestination
from thongsuot_schema.words.language import Text

_log = logging.getLogger(__name__)


class SignInPages:
    """
    The page with name and password, the one with the code, and signing out.

    ``provider_title`` is the label of the identity provider's button; ``None``: there is none.
    """

    def __init__(
        self,
        store: Engine,
        authenticators: Authenticators,
        check: SecondFactorCheck,
        *,
        provider_title: str | None = None,
    ) -> None:
        self._store = store
        self._authenticators = authenticators
        self._check = check
        self._provider_title = provider_title

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [
            Route(pages.SIGN_IN, self.sign_in, methods=["GET", "POST"]),
            Route(pages.CODE, self.code, methods=["GET", "POST"]),
            Route(pages.SIGN_OUT, self.sign_out, methods=["POST"]),
        ]

    async def sign_in(self, request: Request) -> Response:
        """Answer with the page, or check a name and a password."""
        place = place_of(request)
        signed_in = await self._authenticators.browsers.find(request)
        if request.method != "POST":
            if signed_in is not None and signed_in.is_open:
                return redirect_to(place.next)
            is_out = "signed_out" in request.query_params
            return self._page(place, note=labels.SIGNED_OUT if is_out else None)
        form = await read_form(request)
        return await self._sign_in(
            request, place, form.get("name", "")[:NAME_CHARACTERS], form.get("password", "")
        )

    async def _sign_in(
        self, request: Request, place: SignInDestination, name: str, password: str
    ) -> Response:
        authenticators, now_s = self._authenticators, time.monotonic()
        address, device = address_of(request.scope), authenticators.browsers.device(request, name)
        wait_s = authenticators.attempts.begin(name, address, device=device, now_s=now_s)
        if wait_s:
            return self._page(place, name, pages.wait_sentence(wait_s, place.language), wait_s)
        is_shared = authenticators.is_shared_password(password)
        person = None if is_shared else await authenticators.passwords.person(name, password)
        if person is None and not is_shared:
            authenticators.failed_logins.count()
            _log.info("sign-in refused address=%s", address)
            return self._page(place, name, labels.WRONG.read(place.language))
        authenticators.attempts.succeeded(name, address, device=device)
        if person is not None:
            person = await authenticators.passwords.as_of_today(person, password)
        stage = await self._stage(person)
        response = redirect_to(
            {
                SessionStage.OPEN: place.next,
                SessionStage.CODE: place.url(pages.CODE),
                SessionStage.ENROL: place.url(pages.SECOND_FACTOR),
            }[stage]
        )
        await authenticators.browsers.begin(request, response, person, stage)
        return response

    async def _stage(self, person: Person | None) -> SessionStage:
        """Return the stage after a right password."""
        if person is None:
            return SessionStage.OPEN
        if await self._authenticators.passwords.has_second_factor(person):
            return SessionStage.CODE
        is_required = self._authenticators.requires_second_factor(person)
        return SessionStage.ENROL if is_required else SessionStage.OPEN

    async def code(self, request: Request) -> Response:
        """Answer with the page that asks for a code, or check one."""
        place = place_of(request)
        signed_in = await self._authenticators.browsers.find(request)
        person = None if signed_in is None else signed_in.person
        if signed_in is None or person is None or signed_in.session.stage is not SessionStage.CODE:
            return redirect_to(place.url(pages.SIGN_IN))
        if request.method != "POST":
            return html_page(pages.code_page(place), CONTENT_SECURITY_POLICY)
        form = await read_form(request)
        wait_s = self._check.begin(person.name)
        if wait_s:
            mistake = pages.wait_sentence(wait_s, place.language)
            return refused(pages.code_page(place, mistake=mistake), wait_s)
        if not await self._check.is_good(person.name, form.get("code", "")):
            mistake = labels.CODE_WRONG.read(place.language)
            return refused(pages.code_page(place, mistake=mistake))
        return await self._opened(request, place, signed_in, person)

    async def _opened(
        self, request: Request, place: SignInDestination, signed_in: SignedIn, person: Person
    ) -> Response:
        response = redirect_to(place.next)
        try:
            await self._authenticators.browsers.open_up(request, response, signed_in, person)
        except TokenError:  # ended in the meantime, by another window or the command line
            return redirect_to(place.url(pages.SIGN_IN))
        return response

    async def sign_out(self, request: Request) -> Response:
        """End the session of a browser."""
        place = SignInDestination(language=language_of(request))
        signed_in = await self._authenticators.browsers.find(request)
        # Without a session too: a foreign page would clear what the browser has kept for offline
        # use, because its form comes without the cookie.
        await read_form(request)
        response = redirect_to(f"{place.url(pages.SIGN_IN)}&signed_out=1")
        # Pages cached in the browser for offline use are removed with the session.
        response.headers["Clear-Site-Data"] = '"storage"'
        if signed_in is None:
            return response
        try:
            name = signed_in.session.person
            await asyncio.to_thread(
                sessions.end,
                self._store,
                signed_in.session.id,
                person=name,
                by=f"person:{name}",
            )
        except TokenError:
            _log.debug("the session had ended already id=%s", signed_in.session.id)
        self._authenticators.browsers.forget(request, response)
        return response

    def _page(
        self,
        place: SignInDestination,
        name: str = "",
        mistake: str = "",
        wait_s: float = 0.0,
        *,
        note: Text | None = None,
    ) -> Response:
        text = pages.sign_in_page(
            place, name=name, mistake=mistake, note=note, provider_title=self._provider_title
        )
        return refused(text, wait_s) if mistake else html_page(text, CONTENT_SECURITY_POLICY)


def place_of(request: Request) -> SignInDestination:
    """Return the destination after signing in."""
    wanted = request.query_params.get("next", "/")
    return SignInDestination(language=language_of(request), next=pages.local_path(wanted))


def redirect_to(url: str) -> RedirectResponse:
    """Redirect a browser, after any method."""
    return RedirectResponse(url, HTTPStatus.SEE_OTHER, headers=HEADERS)


def refused(text: str, wait_s: float = 0.0) -> Response:
    """Return a page with the error, and the wait before the next attempt."""
    response = html_page(text, CONTENT_SECURITY_POLICY)
    response.status_code = HTTPStatus.UNPROCESSABLE_ENTITY
    if wait_s:
        response.status_code = HTTPStatus.TOO_MANY_REQUESTS
        response.headers["Retry-After"] = str(round(wait_s + 0.5))
    return response
