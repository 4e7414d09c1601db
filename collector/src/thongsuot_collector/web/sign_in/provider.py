"""
Provider: authenticates people by an identity provider (OpenID Connect Core 1.0, authorization code
flow with PKCE, RFC 7636). It needs the extra ``oidc``.
"""

import asyncio
import math
import re
import secrets
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote
from weakref import WeakValueDictionary

import httpx
import msgspec
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from thongsuot_collector.clients import AnswerUnreadable, decode_answer
from thongsuot_collector.errors import CollectorError
from thongsuot_collector.http_transport import ClosingTransport
from thongsuot_collector.store.identities import Identity
from thongsuot_collector.web.sessions.settings import OidcSettings, role_from

_ALGORITHMS: Final = ["RS256", "PS256", "ES256", "ES384", "RS384", "RS512", "PS384", "PS512"]
"""
Only signatures with the provider's key: neither ``none`` nor those with our shared secret (HS256).
"""
METADATA_KEPT_S: Final = 60.0
FAILURE_KEPT_S: Final = 5.0
"""
Anybody can press the button: a flood of presses is one question to the provider in this time, also
while it does not answer.
"""
ANSWER_BYTES: Final = 1 << 20
"""Of metadata, keys and tokens: some kilobytes; more is not read."""
_TIMEOUT_S: Final = 10.0
_AT_ONCE: Final = 4
_LEEWAY_S: Final = 60
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._@-]{0,99}")
_TITLE_CHARACTERS: Final = 100
_VERIFIER_BYTES: Final = 48


class ProviderFailed(CollectorError):
    """A provider did not authenticate a person; the text has the reason, for the log."""


class NoRole(CollectorError):
    """A provider authenticated a person who has no role here; the text has the reason."""


class PendingSignIn(msgspec.Struct, frozen=True, kw_only=True):
    """One sign-in by a provider, from the button until the redirect back."""

    state: str
    nonce: str
    verifier: str
    next: str


class _Metadata(msgspec.Struct, frozen=True):
    """A provider's metadata (OpenID Connect Discovery 1.0, section 3)."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str

    @property
    def endpoints(self) -> tuple[str, str, str]:
        """Where a browser, or we, would be led to."""
        return self.authorization_endpoint, self.token_endpoint, self.jwks_uri


class _PublicKeys(msgspec.Struct, frozen=True):
    """The provider's keys (RFC 7517, section 5)."""

    keys: list[dict[str, Any]]


@dataclass(slots=True, kw_only=True)
class _KnownMetadata:
    """What the provider said last, or why it said nothing; ``until_s`` is monotonic."""

    metadata: _Metadata | None = None
    failure: str = ""
    until_s: float = -math.inf


class _TokenResponse(msgspec.Struct, frozen=True):
    id_token: str
    access_token: str = ""


def new_flow(next_path: str) -> PendingSignIn:
    """Return a new flow with random values."""
    return PendingSignIn(
        state=secrets.token_urlsafe(32),
        nonce=secrets.token_urlsafe(32),
        verifier=secrets.token_urlsafe(_VERIFIER_BYTES),
        next=next_path,
    )


class IdentityProvider:
    """A provider; ``return_url`` is the redirect URI."""

    def __init__(self, settings: OidcSettings, client_secret: str, return_url: str) -> None:
        self._settings = settings
        self._client_secret = client_secret
        self._return_url = return_url
        self._room = asyncio.Semaphore(_AT_ONCE)
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._known = _KnownMetadata()
        self._one_question = asyncio.Lock()
        self._trusted: ssl.SSLContext | bool = True
        if settings.ca_file:
            self._trusted = ssl.create_default_context(cafile=settings.ca_file)

    @property
    def issuer(self) -> str:
        """The provider's URL."""
        return self._settings.issuer

    async def authorization_url(self, flow: PendingSignIn) -> str:
        """
        Return the URL of the provider's sign-in page.

        Raises:
            ProviderFailed: the provider's answer is invalid.
        """
        metadata = await self._metadata()
        url: str = prepare_grant_uri(
            metadata.authorization_endpoint,
            client_id=self._settings.client_id,
            response_type="code",
            redirect_uri=self._return_url,
            scope=" ".join(self._settings.scopes),
            state=flow.state,
            nonce=flow.nonce,
            code_challenge=create_s256_code_challenge(flow.verifier),
            code_challenge_method="S256",
        )
        return url

    async def identity(self, code: str, flow: PendingSignIn, *, sender: str) -> Identity:
        """
        Return the identity for a returned code.

        ``sender`` is the network of the browser. Each asks the provider one thing at a time:
        anybody can make up codes, and theirs must not keep all others waiting.

        Raises:
            ProviderFailed: the code, or the provider's answer to it, is invalid.
            NoRole: the person has no role here.
        """
        metadata = await self._metadata()
        turn = self._turns.setdefault(sender, asyncio.Lock())
        async with turn, self._room, self._client() as client:
            token = await self._token(client, metadata, code, flow)
            keys = await self._body(client, "GET", metadata.jwks_uri)
        try:
            decoded = jwt.decode(
                token.id_token,
                KeySet.import_key_set({"keys": decode_answer(keys, _PublicKeys).keys}),
                algorithms=_ALGORITHMS,
            )
            claims = CodeIDToken(
                decoded.claims,
                decoded.header,
                options={
                    "iss": {"essential": True, "value": self._settings.issuer},
                    "aud": {"essential": True, "value": self._settings.client_id},
                },
                params={
                    "nonce": flow.nonce,
                    "client_id": self._settings.client_id,
                    "access_token": token.access_token,
                },
            )
            claims.validate(now=int(time.time()), leeway=_LEEWAY_S)
        except (JoseError, ValueError, KeyError, TypeError, RecursionError) as error:
            raise ProviderFailed(f"the ID token is invalid: {error!r}") from error
        return self._identity(claims)

    def _identity(self, claims: Mapping[str, object]) -> Identity:
        settings = self._settings
        groups = claims.get(settings.role_claim)
        held: list[object] = groups if isinstance(groups, list) else [groups]
        role = next((role for group, role in settings.roles.items() if group in held), None)
        name = str(claims.get(settings.name_claim, "")).lower()
        if role is None:
            raise NoRole(f"{name or 'somebody'} is in none of the groups of [sign_in.oidc.roles]")
        if not _NAME.fullmatch(name):
            raise NoRole(f"{name!r} ({settings.name_claim}) cannot be a name here")
        person_role, scope = role_from(role)
        return Identity(
            issuer=settings.issuer,
            subject=str(claims["sub"]),
            name=name,
            title=_printable(str(claims.get(settings.title_claim) or name)) or name,
            role=person_role,
            scope=scope,
        )

    async def _metadata(self) -> _Metadata:
        async with self._one_question:
            if time.monotonic() >= self._known.until_s:
                try:
                    metadata = await self._read_metadata()
                except ProviderFailed as error:
                    until_s = time.monotonic() + FAILURE_KEPT_S
                    self._known = _KnownMetadata(failure=str(error), until_s=until_s)
                else:
                    until_s = time.monotonic() + METADATA_KEPT_S
                    self._known = _KnownMetadata(metadata=metadata, until_s=until_s)
            known = self._known
        if known.metadata is None:
            raise ProviderFailed(known.failure)
        return known.metadata

    async def _read_metadata(self) -> _Metadata:
        url = f"{self._settings.issuer.rstrip('/')}/.well-known/openid-configuration"
        async with self._client() as client:
            body = await self._body(client, "GET", url)
        try:
            metadata = decode_answer(body, _Metadata)
        except AnswerUnreadable as error:
            raise ProviderFailed(f"{url} is not that of a provider: {error}") from error
        if metadata.issuer != self._settings.issuer:
            raise ProviderFailed(f"{url} is that of another issuer, {metadata.issuer}")
        for endpoint in metadata.endpoints:
            if not _is_of_scheme(endpoint, self._settings.issuer):
                raise ProviderFailed(f"{url} names {endpoint[:100]!r}, which is no address")
        return metadata

    async def _token(
        self, client: httpx.AsyncClient, metadata: _Metadata, code: str, flow: PendingSignIn
    ) -> _TokenResponse:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._return_url,
            "code_verifier": flow.verifier,
        }
        auth = httpx.Auth()
        if self._client_secret:
            auth = httpx.BasicAuth(
                quote(self._settings.client_id, safe=""), quote(self._client_secret, safe="")
            )
        else:
            form["client_id"] = self._settings.client_id
        url = metadata.token_endpoint
        body = await self._body(client, "POST", url, data=form, auth=auth)
        try:
            return decode_answer(body, _TokenResponse)
        except AnswerUnreadable as error:
            raise ProviderFailed(f"{url} gave no token: {error}") from error

    async def _body(
        self,
        client: httpx.AsyncClient,
        method: str,
        url: str,
        *,
        data: Mapping[str, str] | None = None,
        auth: httpx.Auth | None = None,
    ) -> bytes:
        """Return the body of an answer; one that is too long or too slow is a failure."""
        received = bytearray()
        try:
            async with (
                asyncio.timeout(_TIMEOUT_S),
                client.stream(method, url, data=data, auth=auth) as response,
            ):
                response.raise_for_status()
                async for part in response.aiter_bytes():
                    received += part
                    if len(received) > ANSWER_BYTES:
                        raise ProviderFailed(f"{url} answers with more than {ANSWER_BYTES} bytes")
        except (httpx.HTTPError, TimeoutError) as error:
            raise ProviderFailed(f"{url} cannot be read: {error!r}") from error
        return bytes(received)

    def _client(self) -> httpx.AsyncClient:
        transport = ClosingTransport(verify=self._trusted, trust_env=False)
        return httpx.AsyncClient(timeout=_TIMEOUT_S, transport=transport, trust_env=False)


def _is_of_scheme(url: str, issuer: str) -> bool:
    """Return whether a URL is absolute, well-formed and of the scheme of the issuer."""
    try:
        parts = httpx.URL(url)
    except (httpx.InvalidURL, ValueError):
        return False
    is_port = parts.port is None or 0 < parts.port < 1 << 16
    return bool(parts.host) and is_port and parts.scheme == httpx.URL(issuer).scheme


def _printable(text: str) -> str:
    """Return a name without control characters, and without those that turn the writing."""
    return "".join(filter(str.isprintable, text))[:_TITLE_CHARACTERS]
