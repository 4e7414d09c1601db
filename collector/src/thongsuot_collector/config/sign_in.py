"""
Checks of ``[sign_in]``: the settings that an identity provider needs before anybody can sign in
with it.
"""

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from thongsuot_collector.web.sessions.settings import OidcSettings, SignInSettings, role_from
from thongsuot_runtime.config_file import Mistake
from thongsuot_schema.localizable import Localizable, sentence_of

_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


def mistakes(settings: SignInSettings, page_url: str) -> Iterator[Mistake]:
    """Yield the errors of the table; ``page_url`` is the address of our pages."""
    if settings.idle_s > settings.absolute_s:
        yield (
            ("sign_in", "idle_s"),
            Localizable(
                "idle_s is more than absolute_s: sessions end after {absolute_s} s anyway",
                absolute_s=f"{settings.absolute_s:g}",
            ),
        )
    if settings.oidc.issuer:
        yield from _provider_mistakes(settings.oidc, page_url)


def _provider_mistakes(oidc: OidcSettings, page_url: str) -> Iterator[Mistake]:
    table = ("sign_in", "oidc")
    if importlib.util.find_spec("authlib") is None:
        yield (
            table,
            Localizable("it needs the extra \"oidc\": pip install 'thongsuot-collector[oidc]'"),
        )
    issuer = urlsplit(oidc.issuer)
    if issuer.scheme != "https" and issuer.hostname not in _LOOPBACK:
        yield (
            (*table, "issuer"),
            Localizable(
                "{issuer} is not https: anybody on the way could sign in", issuer=oidc.issuer
            ),
        )
    if not oidc.client_id:
        yield (
            table,
            Localizable("client_id is missing: the provider gives it out for this collector"),
        )
    if not page_url:
        yield table, Localizable("[notify] page_url is empty: the provider could lead nobody back")
    for key in ("client_secret_file", "ca_file"):
        file = getattr(oidc, key)
        if file and not Path(file).is_file():
            yield (*table, key), Localizable("{file} is not there", file=file)
    if not oidc.roles:
        yield table, Localizable("roles is empty: nobody could get in")
    for group, role in oidc.roles.items():
        try:
            role_from(role)
        except ValueError as error:
            yield (*table, "roles", group), sentence_of(error)


def with_paths(settings: SignInSettings, folder: Path) -> SignInSettings:
    """Return the settings with paths relative to a folder made absolute."""

    def absolute(path: str) -> str:
        return str(folder / path) if path else ""

    oidc = msgspec.structs.replace(
        settings.oidc,
        client_secret_file=absolute(settings.oidc.client_secret_file),
        ca_file=absolute(settings.oidc.ca_file),
    )
    return msgspec.structs.replace(settings, oidc=oidc)
