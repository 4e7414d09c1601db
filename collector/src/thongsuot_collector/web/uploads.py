"""
Uploads: reads forms with a file (multipart/form-data, RFC 7578), within limits, from our pages.
"""

import asyncio
import hmac
import re
from collections.abc import Mapping
from email.message import Message
from http import HTTPStatus
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request

from thongsuot_collector.web import labels
from thongsuot_collector.web.access import is_same_origin
from thongsuot_collector.web.page_session import FORM_TOKEN, current_session
from thongsuot_collector.web.responses import HEADERS, language_of

_OVERHEAD_BYTES: Final = 16_384
"""For the other fields, and the separators."""
_TYPE_CHARACTERS: Final = 250
"""
A boundary has 70 at most (RFC 2046, 5.1.1). To parse 15 KB of semicolons took 50 ms of the loop,
and a parameter's number of thousands of digits (RFC 2231) was an error (2026-12).
"""
_PARTS: Final = 20
"""More than any form of ours has: a million of the smallest took 60 MB."""
_NAME: Final = re.compile(rb'\bname="([^"\r\n]*)"')


async def read_upload(request: Request, *, limit_bytes: int) -> Mapping[str, bytes]:
    """
    Return the fields of a form by name, each once; ``limit_bytes`` bounds its file.

    Raises:
        HTTPException: 403, it comes from another site; 413, it is too long; 415, it is not such a
            form.
    """
    language = language_of(request)
    foreign = HTTPException(HTTPStatus.FORBIDDEN, labels.OTHER_PAGE.read(language), HEADERS)
    if not is_same_origin(request):
        raise foreign
    boundary = boundary_of(request.headers.get("content-type", ""))
    if not boundary:
        raise HTTPException(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, headers=HEADERS)
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > limit_bytes + _OVERHEAD_BYTES:
            too_long = labels.TOO_LONG.read(language)
            raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, too_long, HEADERS)
    # Megabytes of the smallest possible parts take seconds.
    fields = await asyncio.to_thread(parts_of, bytes(body), boundary)
    token = current_session().token.encode()
    if token and not hmac.compare_digest(fields.get(FORM_TOKEN, b""), token):
        raise foreign
    return fields


def boundary_of(content_type: str) -> bytes:
    """Return the boundary between the parts of a form; empty for another content type."""
    if len(content_type) > _TYPE_CHARACTERS:
        return b""
    header = Message()
    header["Content-Type"] = content_type
    boundary = header.get_boundary("")
    if header.get_content_type() != "multipart/form-data" or not boundary:
        return b""
    return boundary.encode("ascii", "replace")


def parts_of(body: bytes, boundary: bytes) -> dict[str, bytes]:
    """Return the parts of a form by name; the first of a name counts, and none of too many."""
    fields: dict[str, bytes] = {}
    parts = (b"\r\n" + body).split(b"\r\n--" + boundary, _PARTS)[1:]
    if len(parts) == _PARTS:
        return fields
    for part in parts:
        if part.startswith(b"--"):
            break
        head, _, content = part.partition(b"\r\n\r\n")
        name = _NAME.search(head)
        if name is not None:
            fields.setdefault(name.group(1).decode("utf-8", "replace"), content)
    return fields
