"""
The session of a page's reader as context, without parameters: the name in its head, and the token
of its forms.
"""

from contextvars import ContextVar
from typing import Final

import msgspec
from markupsafe import Markup

FORM_TOKEN: Final = "form_token"  # noqa: S105 - the name of a field


class PageSession(msgspec.Struct, frozen=True, kw_only=True):
    """
    ``title`` is the signed-in person (empty: no session), ``token`` that of their forms.
    ``may_sign_in``: an anonymous visitor who can sign in.
    """

    title: str = ""
    token: str = ""
    may_sign_in: bool = False


_NOBODY: Final = PageSession()
_CURRENT: Final[ContextVar[PageSession]] = ContextVar("page_session", default=_NOBODY)


def note_session(session: PageSession) -> None:
    """Store the session for the rest of this request: each has its own task."""
    _CURRENT.set(session)


def current_session() -> PageSession:
    """Return the session of this request."""
    return _CURRENT.get()


def form_token_field() -> Markup:
    """Return the hidden field of each changing form; nothing without a session."""
    token = _CURRENT.get().token
    if not token:
        return Markup()
    return Markup('<input type="hidden" name="{}" value="{}">').format(FORM_TOKEN, token)
