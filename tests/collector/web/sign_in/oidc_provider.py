"""
A provider of identities (OpenID Connect Core 1.0), small and strict: codes are good once, for the
client and the address that they were made for, and only with the verifier of their challenge.
"""

import base64
import json
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import ClassVar
from urllib.parse import parse_qsl, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OctKey

CLIENT_ID, CLIENT_SECRET = "thongsuot", "between us: 100 %"


@dataclass
class Provider:
    """
    What the provider says. ``claims`` go into the ID token as they are; tests change them, the
    ``algorithm`` and the ``key`` to say what a good provider never does.
    """

    url: str = ""
    claims: dict[str, object] = field(default_factory=dict)
    left_out: set[str] = field(default_factory=set)
    key: ECKey | OctKey = field(default_factory=lambda: ECKey.generate_key("P-256"))
    published: ECKey | OctKey | None = None
    algorithm: str = "ES256"
    error: str = ""
    issuer: str = ""
    padding: int = 0
    said: dict[str, str] = field(default_factory=dict)
    key_set: object = None
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    may_refuse: Event = field(default_factory=Event)
    """Codes that are not good are answered once this is set."""
    refusing: int = 0

    def metadata(self) -> dict[str, str]:
        """Return what it says of itself."""
        return {
            "issuer": self.issuer or self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/keys",
            "padding": " " * self.padding,
        } | self.said

    def authorize(self, query: dict[str, str]) -> str:
        """Return where a person who says yes is led to."""
        assert query["response_type"] == "code"
        assert query["client_id"] == CLIENT_ID
        assert query["code_challenge_method"] == "S256"
        assert "openid" in query["scope"].split()
        answer = {"state": query["state"], "iss": self.url}
        if self.error:
            return f"{query['redirect_uri']}?{urlencode(answer | {'error': self.error})}"
        code = secrets.token_urlsafe(16)
        self.codes[code] = query
        return f"{query['redirect_uri']}?{urlencode(answer | {'code': code})}"

    def token(self, authorization: str, form: dict[str, str]) -> dict[str, str] | None:
        """Return the tokens for a code; ``None``: it is not good."""
        sent = base64.b64decode(authorization.removeprefix("Basic ")).decode()
        asked = self.codes.pop(form["code"], None)
        encoded = urlencode({"": CLIENT_SECRET}).removeprefix("=").replace("+", "%20")
        challenge = base64.urlsafe_b64encode(sha256(form["code_verifier"].encode()).digest())
        if (
            asked is None
            or sent != f"{CLIENT_ID}:{encoded}"
            or form["grant_type"] != "authorization_code"
            or form["redirect_uri"] != asked["redirect_uri"]
            or challenge.decode().rstrip("=") != asked["code_challenge"]
        ):
            return None
        return {"id_token": self._id_token(asked["nonce"]), "token_type": "Bearer"}

    def _id_token(self, nonce: str) -> str:
        now = int(time.time())
        claims = {
            "iss": self.url,
            "aud": CLIENT_ID,
            "sub": "7f3a",
            "iat": now,
            "exp": now + 300,
            "nonce": nonce,
        } | self.claims
        kept = {name: value for name, value in claims.items() if name not in self.left_out}
        return jwt.encode({"alg": self.algorithm}, kept, self.key, algorithms=[self.algorithm])

    def keys(self) -> object:
        """Return its public keys."""
        if self.key_set is not None:
            return self.key_set
        key = self.published or self.key
        assert isinstance(key, ECKey)
        return dict(KeySet([key]).as_dict(private=False))


class _Handler(BaseHTTPRequestHandler):
    provider: ClassVar[Provider]

    def do_GET(self) -> None:
        path = urlsplit(self.path)
        self.provider.asked.append(path.path)
        if path.path == "/authorize":
            self.send_response(302)
            self.send_header("Location", self.provider.authorize(dict(parse_qsl(path.query))))
            self.send_header("Content-Length", "0")
            self.end_headers()
        elif path.path == "/keys":
            self._send(self.provider.keys())
        else:
            assert path.path == "/.well-known/openid-configuration"
            self._send(self.provider.metadata())

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        answer = self.provider.token(self.headers["Authorization"], dict(parse_qsl(body)))
        if answer is None:
            self.provider.refusing += 1
            self.provider.may_refuse.wait()
        self._send(answer or {"error": "invalid_grant"}, 200 if answer else 400)

    def _send(self, document: object, status: int = 200) -> None:
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing: the tests say what matters."""


@contextmanager
def oidc_provider() -> Iterator[Provider]:
    """Run a provider on loopback."""
    provider = Provider()
    provider.may_refuse.set()
    handler = type("Handler", (_Handler,), {"provider": provider})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        provider.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield provider
        finally:
            provider.may_refuse.set()
            server.shutdown()
            thread.join()
