"""How people sign in; defaults live here and nowhere else."""

from enum import StrEnum
from typing import Annotated

import msgspec

from thongsuot_collector.store.people import PersonRole
from thongsuot_schema.inventory.fields import StrictStruct

Positive = Annotated[float, msgspec.Meta(gt=0)]

DAY_S = 86_400.0


class SecondFactorPolicy(StrEnum):
    """Whether city engineers need a second factor; anybody with a password may have one."""

    OPTIONAL = "optional"
    REQUIRED = "required"


class OidcSettings(StrictStruct, frozen=True, kw_only=True):
    """
    A provider of identities that signs people in (OpenID Connect 1.0), beside passwords.

    ``issuer`` is its address (left out: there is none), ``client_id`` and ``client_secret_file``
    are what it knows this collector by; ``[notify] page_url`` with ``/sign-in/provider/return`` is
    the address of return to be entered there. ``title`` is what the button says. A person's name
    here is the claim ``name_claim`` of the ID token, what others read ``title_claim``.
    ``role_claim`` is a text or a list of texts; the first entry of ``roles`` that is in it says who
    they are: ``city-engineer``, ``city-reader``, ``carrier:NAME`` or ``commune:CODE``. Who is in
    none of them does not get in. ``ca_file`` is what the provider's certificate is checked against,
    instead of the system's authorities. It needs the extra ``oidc``.
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
    Return the role and the scope that an entry of ``roles`` names.

    Raises:
        ValueError: it names none; the text says what there is.
    """
    name, _, scope = text.partition(":")
    is_scoped = name in {PersonRole.CARRIER, PersonRole.COMMUNE}
    if name not in set(PersonRole) or is_scoped is not bool(scope):
        raise ValueError(
            f"{text!r} is no role: city-engineer, city-reader, carrier:NAME or commune:CODE"
        )
    return PersonRole(name), scope


class SignInSettings(StrictStruct, frozen=True, kw_only=True):
    """
    How people sign in at the pages. Programs use tokens (``thongsuot-collector api-token``).

    ``second_factor`` says whether city engineers need an authenticator app, which they set up when
    they sign in for the first time: ``required`` or ``optional``. A session ends ``idle_s`` after
    somebody last did something, and in any case ``absolute_s`` after they signed in, the length of
    a shift; for those who only look ``viewer_absolute_s`` after it, and pages that renew themselves
    keep it alive, as on a screen on the wall.
    """

    second_factor: SecondFactorPolicy = SecondFactorPolicy.REQUIRED
    idle_s: Positive = 7_200.0
    absolute_s: Positive = 43_200.0
    viewer_absolute_s: Positive = 30 * DAY_S
    oidc: OidcSettings = OidcSettings()
