"""Forms: reads submitted forms, within limits, from our own pages."""

import hmac
from http import HTTPStatus
from urllib.parse import parse_qs

from starlette.exceptions import HTTPException
from starlette.requests import Request

from thongsuot_collector.printable import printable_line, printable_lines
from thongsuot_collector.web import labels
from thongsuot_collector.web.access import is_same_origin
from thongsuot_collector.web.page_session import FORM_TOKEN, current_session
from thongsuot_collector.web.responses import HEADERS, language_of

TEXT_CHARACTERS = 1_000
"""Maximum characters of a note or a reason."""
NAME_CHARACTERS = 100

_BYTES = 16_384

_LONG_TEXTS = frozenset({"answer", "comment", "note", "reason", "text"})
"""Fields in which people write several lines."""
_SECRETS = frozenset({"again", "current", "new", "password"})
"""Fields that are compared, and neither kept nor shown."""


async def read_form(request: Request, *, is_keyed: bool = False) -> dict[str, str]:
    """
    Return the fields of a form, each once, without spaces around them.

    All but passwords are printable, and those without a box for more are of one line: they are
    shown to others, in messages and feeds, too.

    ``is_keyed``: the request is authorised by a key in its URL, which other sites do not know. A
    request with a session must also have its form token.

    Raises:
        HTTPException: 403, it comes from another site; 413, it is longer than any form of ours.
    """
    language = language_of(request)
    foreign = HTTPException(HTTPStatus.FORBIDDEN, labels.OTHER_PAGE.read(language), HEADERS)
    if not is_keyed and not is_same_origin(request):
        raise foreign
    too_long = HTTPException(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE, labels.TOO_LONG.read(language), HEADERS
    )
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > _BYTES:
            raise too_long
    fields = parse_qs(body.decode("utf-8", errors="replace"))
    form = {name: values[0].strip() for name, values in fields.items()}
    sent, token = form.pop(FORM_TOKEN, ""), current_session().token
    if token and not is_keyed and not hmac.compare_digest(sent.encode(), token.encode()):
        raise foreign
    if any(len(text) > TEXT_CHARACTERS for text in form.values()):
        raise too_long
    return {name: _shown(name, text) for name, text in form.items()}


def _shown(name: str, text: str) -> str:
    if name in _SECRETS:
        return text
    return printable_lines(text) if name in _LONG_TEXTS else printable_line(text)
