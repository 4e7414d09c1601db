"""Settings of signing in; their defaults are only defined here."""

from enum import StrEnum
from typing import Annotated

import msgspec

from thongsuot_collector.store.people import PersonRole
from thongsuot_schema.inventory.fields import StrictStruct
from thongsuot_schema.localizable import Localizable

Positive = Annotated[float, msgspec.Meta(gt=0)]

DAY_S = 86_400.0


class SecondFactorPolicy(StrEnum):
    """Whether city engineers need a second factor; any account with a password may have one."""

    OPTIONAL = "optional"
    REQUIRED = "required"


class OidcSettings(StrictStruct, frozen=True, kw_only=True):
    """
    An identity provider for signing in (OpenID Connect 1.0), in addition to passwords.

    ``issuer`` is its URL (empty: none), ``client_id`` and ``client_secret_file`` identify this
    collector to it; ``[notify] page_url`` with ``/sign-in/provider/return`` is the redirect URI to
    be registered there. ``title`` is the label of the button. A person's name here is the claim
    ``name_claim`` of the ID token, the display name ``title_claim``. ``role_claim`` is a text or a
    list of texts; the first entry of ``roles`` in it determines the role: ``city-engineer``,
    ``city-reader``, ``carrier:NAME`` or ``commune:CODE``. A person in none of them is refused.
    ``ca_file`` has the authorities for the provider's certificate, instead of the system's. It
    needs the extra ``oidc``.
    """

    issuer: str = ""
    client_id: str = ""
    client_secret_file: str = ""
    ca_file: str = ""
    title: str = ""
    scopes: tuple[str, ...] = ("openid", "profile", "email")
    name_claim: str = "preferred_username"
    title_claim: str = "name"
    role_claim: str = "groups"
    roles: dict[str, str] = msgspec.field(default_factory=dict)


def role_from(text: str) -> tuple[PersonRole, str]:
    """
    Return the role and the scope of an entry of ``roles``.

    Raises:
        ValueError: it is invalid; the text lists the valid ones.
    """
    name, _, scope = text.partition(":")
    is_scoped = name in {PersonRole.CARRIER, PersonRole.COMMUNE}
    if name not in set(PersonRole) or is_scoped is not bool(scope):
        raise ValueError(
            Localizable(
                "{text} is not a role: city-engineer, city-reader, carrier:NAME or commune:CODE",
                text=repr(text),
            )
        )
    return PersonRole(name), scope


class SignInSettings(StrictStruct, frozen=True, kw_only=True):
    """
    How people sign in at the pages. Programs use tokens (``thongsuot-collector api-token``).

    ``second_factor`` is whether city engineers need an authenticator app, which they set up at
    their first sign-in: ``required`` or ``optional``. A session ends ``idle_s`` after the last
    activity, and in any case ``absolute_s`` after signing in, the length of a shift; for read-only
    accounts ``viewer_absolute_s`` after it, and page refreshes keep it alive, as on a screen on the
    wall.
    """

    second_factor: SecondFactorPolicy = SecondFactorPolicy.REQUIRED
    idle_s: Positive = 7_200.0
    absolute_s: Positive = 43_200.0
    viewer_absolute_s: Positive = 30 * DAY_S
    oidc: OidcSettings = OidcSettings()
