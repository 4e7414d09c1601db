"""Routes: a signed-in person's management of their own account."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Final

import msgspec
from sqlalchemy import Engine
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from thongsuot_collector.errors import TokenError
from thongsuot_collector.store import passwords, people, second_factors, sessions
from thongsuot_collector.store.people import Person
from thongsuot_collector.store.sessions import SessionStage
from thongsuot_collector.web.access import Authenticators, PageAccess
from thongsuot_collector.web.forms import read_form
from thongsuot_collector.web.layout import CONTENT_SECURITY_POLICY
from thongsuot_collector.web.responses import html_page
from thongsuot_collector.web.sessions.browser_sessions import SignedIn
from thongsuot_collector.web.sessions.second_factor import new_secret, picture, spelled
from thongsuot_collector.web.sessions.second_factor_check import SecondFactorCheck
from thongsuot_collector.web.sign_in import labels, pages
from thongsuot_collector.web.sign_in.pages import Account, PendingSecondFactor, SignInDestination
from thongsuot_collector.web.sign_in.routes import place_of, redirect_to, refused
from thongsuot_schema.words.language import Text

_log = logging.getLogger(__name__)

_DONE: Final[dict[str, Text]] = {
    "password": labels.PASSWORD_CHANGED,
    "others": labels.SIGNED_OUT_OTHERS,
    "second-factor": labels.SECOND_FACTOR_REMOVED,
}
"""The confirmations that the page shows after a form's redirect."""


class SentForm(msgspec.Struct, frozen=True, kw_only=True):
    """A submitted form about a person's own account."""

    request: Request
    place: SignInDestination
    signed_in: SignedIn
    person: Person
    fields: dict[str, str]

    @property
    def by(self) -> str:
        """The person's name in the audit log."""
        return f"person:{self.person.name}"


_Change = Callable[[SentForm], Awaitable[Response]]


class AccountPage:
    """The page of a person's own account: sessions, password, second factor."""

    def __init__(
        self,
        store: Engine,
        access: PageAccess,
        authenticators: Authenticators,
        check: SecondFactorCheck,
    ) -> None:
        self._store = store
        self._access = access
        self._authenticators = authenticators
        self._check = check

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [
            Route(pages.ME, self.page),
            Route(f"{pages.ME}/sessions", self._changing(self._end_others), methods=["POST"]),
            Route(f"{pages.ME}/password", self._changing(self._set_password), methods=["POST"]),
            Route(f"{pages.ME}/recovery-codes", self._changing(self._new_codes), methods=["POST"]),
            Route(
                f"{pages.SECOND_FACTOR}/remove",
                self._changing(self._remove_factor),
                methods=["POST"],
            ),
            Route(pages.SECOND_FACTOR, self.second_factor, methods=["GET", "POST"]),
        ]

    async def page(self, request: Request) -> Response:
        """Answer with the page, which needs a session."""
        signed_in = await self._signed_in(request)
        if signed_in is None:
            return await self._access.refusal(request)
        done = _DONE.get(request.query_params.get("done", ""))
        return await self._page(place_of(request), signed_in, note=done)

    async def second_factor(self, request: Request) -> Response:
        """Let a person set up a second factor, also if its absence blocks everything else."""
        place = place_of(request)
        signed_in = await self._authenticators.browsers.find(request)
        person = None if signed_in is None else signed_in.person
        stages = {SessionStage.OPEN, SessionStage.ENROL}
        if (
            signed_in is None
            or person is None
            or not person.digest
            or signed_in.session.stage not in stages
            or await self._authenticators.passwords.has_second_factor(person)
        ):
            return await self._access.refusal(request)
        if request.method != "POST":
            return self._offer(place, signed_in, person, new_secret())
        form = await read_form(request)
        secret = self._check.offer(person.name, form.get("sealed", ""))
        if secret is None:
            return self._offer(place, signed_in, person, new_secret(), labels.ENROL_LATE)
        if signed_in.is_open and not await self._is_password(
            signed_in, person, form.get("password", "")
        ):
            return self._offer(place, signed_in, person, secret, labels.PASSWORD_WRONG)
        codes = await self._check.add(person.name, secret, form.get("code", ""))
        if codes is None:
            return self._offer(place, signed_in, person, secret, labels.CODE_WRONG)
        response = html_page(pages.recovery_page(place, codes), CONTENT_SECURITY_POLICY)
        return await self._go_on(request, response, signed_in, person)

    def _offer(
        self,
        place: SignInDestination,
        signed_in: SignedIn,
        person: Person,
        secret: bytes,
        mistake: Text | None = None,
    ) -> Response:
        enrolment = PendingSecondFactor(
            picture=picture(secret, person.name, labels.ISSUER.read(place.language)),
            key=spelled(secret),
            sealed=self._check.offered(person.name, secret),
            asks_password=signed_in.is_open,
            is_required=not signed_in.is_open,
        )
        text = pages.enrolment_page(place, enrolment, mistake=mistake)
        return html_page(text, CONTENT_SECURITY_POLICY) if mistake is None else refused(text)

    async def _end_others(self, form: SentForm) -> Response:
        await asyncio.to_thread(
            sessions.end_all,
            self._store,
            form.person.name,
            but=form.signed_in.session.id,
            by=form.by,
        )
        return _done(form, "others")

    async def _set_password(self, form: SentForm) -> Response:
        person, chosen = form.person, form.fields.get("new", "")
        current = form.fields.get("current", "")
        mistake = None
        if not await self._is_password(form.signed_in, person, current):
            mistake = labels.PASSWORD_WRONG
        elif chosen != form.fields.get("again", ""):
            mistake = labels.PASSWORD_DIFFERS
        elif not passwords.is_acceptable(chosen, person.name):
            mistake = labels.PASSWORD_UNFIT
        if mistake is not None:
            return await self._page(form.place, form.signed_in, mistake=mistake)
        await asyncio.to_thread(people.set_password, self._store, person, chosen, by=form.by)
        await asyncio.to_thread(
            sessions.end_all, self._store, person.name, but=form.signed_in.session.id, by=form.by
        )
        changed = await asyncio.to_thread(people.known, self._store, person.name)
        response = _done(form, "password")
        return await self._go_on(form.request, response, form.signed_in, changed or person)

    async def _new_codes(self, form: SentForm) -> Response:
        if not await self._is_good_code(form):
            return await self._page(form.place, form.signed_in, mistake=labels.CODE_WRONG)
        codes = await self._check.replace_recovery_codes(form.person.name)
        page = pages.recovery_page(
            SignInDestination(language=form.place.language, next=pages.ME), codes
        )
        return html_page(page, CONTENT_SECURITY_POLICY)

    async def _remove_factor(self, form: SentForm) -> Response:
        if not await self._is_good_code(form):
            return await self._page(form.place, form.signed_in, mistake=labels.CODE_WRONG)
        is_required = self._authenticators.requires_second_factor(form.person)
        await asyncio.to_thread(
            second_factors.remove,
            self._store,
            form.person.name,
            by=form.by,
            # If it is required, they sign in again and set up a new one.
            but_session="" if is_required else form.signed_in.session.id,
        )
        if is_required:
            return redirect_to(SignInDestination(language=form.place.language).url(pages.SIGN_IN))
        return _done(form, "second-factor")

    async def _is_good_code(self, form: SentForm) -> bool:
        name = form.person.name
        if self._check.begin(name):
            return False
        return await self._check.is_good(name, form.fields.get("code", ""))

    async def _is_password(self, signed_in: SignedIn, person: Person, password: str) -> bool:
        """Return whether it is the person's password; attempts per session are limited."""
        attempts, now_s = self._authenticators.attempts, time.monotonic()
        session = signed_in.session.id
        if attempts.begin(person.name, "", device=session, now_s=now_s):
            return False
        known = await self._authenticators.passwords.person(person.name, password)
        if known is not None:
            attempts.succeeded(person.name, "", device=session)
        return known is not None

    async def _go_on(
        self, request: Request, response: Response, signed_in: SignedIn, person: Person
    ) -> Response:
        try:
            await self._authenticators.browsers.open_up(request, response, signed_in, person)
        except TokenError:  # ended in the meantime, by another window or the command line
            _log.info("the session ended meanwhile person=%s", person.name)
        return response

    def _changing(self, change: _Change) -> Callable[[Request], Awaitable[Response]]:
        """Return the handler of a form on this page."""

        async def handler(request: Request) -> Response:
            signed_in = await self._signed_in(request)
            if signed_in is None or signed_in.person is None:
                return await self._access.refusal(request)
            form = SentForm(
                request=request,
                place=place_of(request),
                signed_in=signed_in,
                person=signed_in.person,
                fields=await read_form(request),
            )
            return await change(form)

        return handler

    async def _signed_in(self, request: Request) -> SignedIn | None:
        await self._access.visitor(request)
        signed_in = getattr(request.state, "signed_in", None)
        return signed_in if isinstance(signed_in, SignedIn) and signed_in.is_open else None

    async def _page(
        self,
        place: SignInDestination,
        signed_in: SignedIn,
        *,
        mistake: Text | None = None,
        note: Text | None = None,
    ) -> Response:
        person = signed_in.person
        left = None
        if person is not None and await self._authenticators.passwords.has_second_factor(person):
            left = await asyncio.to_thread(
                second_factors.count_recovery_codes, self._store, person.name
            )
        account = Account(
            person=person,
            sessions=[]
            if person is None
            else await asyncio.to_thread(sessions.listed, self._store, person.name),
            session_id=signed_in.session.id,
            recovery_codes=left,
        )
        text = pages.account_page(place, account, mistake=mistake, note=note)
        return html_page(text, CONTENT_SECURITY_POLICY) if mistake is None else refused(text)


def _done(form: SentForm, action: str) -> Response:
    return redirect_to(f"{form.place.url(pages.ME)}&done={action}")
