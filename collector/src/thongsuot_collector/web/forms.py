"""Forms: what a browser sends of one, within bounds, from our own page."""

import hmac
from http import HTTPStatus
from urllib.parse import parse_qs

from starlette.exceptions import HTTPException
from starlette.requests import Request

from thongsuot_collector.web import labels
from thongsuot_collector.web.access import is_same_origin
from thongsuot_collector.web.page_session import FORM_TOKEN, current_session
from thongsuot_collector.web.responses import HEADERS, language_of

TEXT_CHARACTERS = 1_000
"""Of a note or a reason."""
NAME_CHARACTERS = 100

_BYTES = 16_384


async def read_form(request: Request, *, is_keyed: bool = False) -> dict[str, str]:
    """
    Return the fields of a form, each once, without spaces around them.

    ``is_keyed``: what the request may do rests on a key in its address, which no other page knows.
    Who comes by a session has to send the token of its forms, too.

    Raises:
        HTTPException: 403, it comes from another page; 413, it is longer than any form of ours.
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
    return form
