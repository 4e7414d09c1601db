"""
What a page knows of who reads it without being told by its caller: their name in its head, and the
token that its forms send along.
"""

from contextvars import ContextVar
from typing import Final

import msgspec
from markupsafe import Markup

FORM_TOKEN: Final = "form_token"  # noqa: S105 - the name of a field


class PageSession(msgspec.Struct, frozen=True, kw_only=True):
    """
    ``title`` is who is signed in (empty: nobody by a session), ``token`` what their forms send.
    ``may_sign_in``: they look without a name, and can give one.
    """

    title: str = ""
    token: str = ""
    may_sign_in: bool = False


_NOBODY: Final = PageSession()
_CURRENT: Final[ContextVar[PageSession]] = ContextVar("page_session", default=_NOBODY)


def note_session(session: PageSession) -> None:
    """Keep who asks, for the rest of this request: each has a task of its own."""
    _CURRENT.set(session)


def current_session() -> PageSession:
    """Return who asks."""
    return _CURRENT.get()


def form_token_field() -> Markup:
    """Return the field that each changing form has; nothing where nobody is signed in."""
    token = _CURRENT.get().token
    if not token:
        return Markup()
    return Markup('<input type="hidden" name="{}" value="{}">').format(FORM_TOKEN, token)
