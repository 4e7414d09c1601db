"""Routes: signing in by an identity provider, the redirects to it and back."""

import asyncio
import hmac
import logging
from typing import Final

import msgspec
from sqlalchemy import Engine
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from thongsuot_collector.errors import TokenError
from thongsuot_collector.ingest.push_endpoint import address_of
from thongsuot_collector.ingest.rate_limit import network_of
from thongsuot_collector.repeated_warnings import RepeatedWarnings
from thongsuot_collector.store import identities
from thongsuot_collector.store.sessions import SessionStage
from thongsuot_collector.web.access import Authenticators
from thongsuot_collector.web.sessions.sealing import Sealer
from thongsuot_collector.web.sign_in import labels, pages
from thongsuot_collector.web.sign_in.pages import SignInDestination, local_path
from thongsuot_collector.web.sign_in.provider import (
    IdentityProvider,
    NoRole,
    PendingSignIn,
    ProviderFailed,
    new_flow,
)
from thongsuot_collector.web.sign_in.routes import place_of, redirect_to, refused
from thongsuot_schema.words.language import Text

_log = logging.getLogger(__name__)

_PURPOSE: Final = "provider"
_LASTS_S: Final = 600


class ProviderPages:
    """The button to a provider, and the redirect back; ``title`` is the label of the button."""

    def __init__(
        self,
        store: Engine,
        authenticators: Authenticators,
        provider: IdentityProvider,
        sealer: Sealer,
        *,
        title: str,
    ) -> None:
        self._store = store
        self._authenticators = authenticators
        self._provider = provider
        self._sealer = sealer
        self._title = title
        self._warnings = RepeatedWarnings()

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [
            Route(pages.PROVIDER, self.leave),
            Route(pages.PROVIDER_RETURN, self.come_back),
        ]

    async def leave(self, request: Request) -> Response:
        """Redirect a browser to the provider."""
        place = place_of(request)
        flow = new_flow(place.url(place.next) if place.next == "/" else place.next)
        try:
            url = await self._provider.authorization_url(flow)
        except ProviderFailed as error:
            return self._refused(request, place, labels.PROVIDER_FAILED, error)
        response = redirect_to(url)
        sealed = self._sealer.seal(_PURPOSE, msgspec.json.encode(flow))
        self._authenticators.browsers.set_cookie(request, response, sealed, _LASTS_S, _PURPOSE)
        return response

    async def come_back(self, request: Request) -> Response:
        """Handle the redirect back, which has to come from the same browser."""
        place = place_of(request)
        try:
            flow, code = self._returned(request)
            sender = network_of(address_of(request.scope))
            identity = await self._provider.identity(code, flow, sender=sender)
            person = await asyncio.to_thread(identities.signed_in, self._store, identity)
        except ProviderFailed as error:
            return self._refused(request, place, labels.PROVIDER_FAILED, error)
        except (NoRole, TokenError) as error:
            return self._refused(request, place, labels.PROVIDER_NO_ROLE, error)
        response = redirect_to(local_path(flow.next))
        await self._authenticators.browsers.begin(request, response, person, SessionStage.OPEN)
        self._authenticators.browsers.forget(request, response, _PURPOSE)
        return response

    def _returned(self, request: Request) -> tuple[PendingSignIn, str]:
        """Return the flow that a browser started, and the returned code."""
        sealed = self._authenticators.browsers.cookie(request, _PURPOSE)
        content = self._sealer.unseal(_PURPOSE, sealed, lasts_s=_LASTS_S)
        query = request.query_params
        if content is None:
            raise ProviderFailed("this browser has not started a sign-in")
        flow = msgspec.json.decode(content, type=PendingSignIn)
        if not hmac.compare_digest(flow.state.encode(), query.get("state", "").encode()):
            raise ProviderFailed("the redirect belongs to another sign-in")
        if query.get("iss", self._provider.issuer) != self._provider.issuer:  # RFC 9207
            raise ProviderFailed("another issuer answers")
        if "code" not in query:
            raise ProviderFailed(f"the provider says {query.get('error', '')[:100]!r}")
        return flow, query["code"]

    def _refused(
        self, request: Request, place: SignInDestination, mistake: Text, why: object
    ) -> Response:
        ending = self._warnings.ending((network_of(address_of(request.scope)), type(why)))
        if ending is not None:
            _log.warning("sign-in by %s refused: %s%s", self._provider.issuer, why, ending)
        text = pages.sign_in_page(
            place, mistake=mistake.read(place.language), provider_title=self._title
        )
        return refused(text)
