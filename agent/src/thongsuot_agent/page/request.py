"""
The requests that the local page accepts, and the headers of its responses (RFC 9112). Pure.

Written by hand: a GET without a body is one line, and h11 would cost 2.3 MB of resident memory
(2026-11) for it.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from ipaddress import ip_address
from urllib.parse import parse_qsl, urlsplit

HEAD_LIMIT_BYTES = 8 * 1024
"""Browsers send less than 1 KB to an address without cookies."""

_METHODS = {"GET", "HEAD"}

_LOCAL_SUFFIXES = (".local", ".lan", ".home.arpa", ".internal", ".localhost")
"""RFC 6762, RFC 8375, and names that no public registry assigns."""

PATH_REQUEST_TESTS = "/tests"
"""Accepts a POST without a body: a person requests a test."""

PATH_PROBLEMS = "/problems/"
"""Accepts a POST without a body, with a ``ProblemKind`` appended: a person reports a problem."""

PATH_COMMISSIONING = "/commissioning"
"""Accepts a POST with a form: an installer walks through the links."""

_POST_PATHS = {PATH_REQUEST_TESTS, PATH_COMMISSIONING}
FORM_LIMIT_BYTES = 1024
"""A form of the page: a key, and the text of a label."""


class HttpError(Exception):
    """The request is answered with a status only."""

    def __init__(self, status: HTTPStatus) -> None:
        self.status = status
        super().__init__(status.phrase)


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpRequest:
    """
    A request.

    ``is_head`` requests the headers only; ``accept`` is that header, in lower case, and
    ``takes_gzip`` whether the response may be compressed. ``is_post``: the request changes state,
    and ``is_same_origin`` whether it comes from our own page or from no browser. ``form`` are its
    fields, ``form_bytes`` is its length. ``host`` is the requested name or address of the device,
    without port; empty if missing.
    """

    path: str
    query: dict[str, str]
    is_head: bool
    accept: str = ""
    takes_gzip: bool = False
    is_post: bool = False
    is_same_origin: bool = True
    host: str = ""
    form_bytes: int = 0
    form: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpPage:
    """
    A body and its metadata; ``policy`` is its content security policy, ``location`` the target of a
    redirect. ``packed`` is the same body in gzip, empty if compression does not pay.
    """

    body: bytes
    content_type: str
    status: HTTPStatus = HTTPStatus.OK
    policy: str = "default-src 'none'; frame-ancestors 'none'"
    location: str = ""
    packed: bytes = b""


def parse_request(head: bytes) -> HttpRequest:
    """
    Return the request of a request head (through the empty line).

    Raises:
        HttpError: it is malformed, or requests an unsupported feature.
    """
    line, _, headers = head.partition(b"\r\n")
    words = line.split(b" ")
    if len(words) != 3 or not words[2].startswith(b"HTTP/1."):
        raise HttpError(HTTPStatus.BAD_REQUEST)
    try:
        method, target = words[0].decode("ascii"), words[1].decode("ascii")
        path, _, query = target.partition("?")
        values = dict(parse_qsl(query, max_num_fields=8))
    except ValueError as error:
        raise HttpError(HTTPStatus.BAD_REQUEST) from error
    if not path.startswith("/"):
        raise HttpError(HTTPStatus.BAD_REQUEST)
    takes_post = path in _POST_PATHS or path.startswith(PATH_PROBLEMS)
    is_post = method == "POST" and takes_post
    if method not in _METHODS and not is_post:
        raise HttpError(HTTPStatus.METHOD_NOT_ALLOWED)
    return HttpRequest(
        path=path,
        query=values,
        is_head=method == "HEAD",
        accept=_header_value(headers, b"accept"),
        takes_gzip=_takes_gzip(_header_value(headers, b"accept-encoding")),
        is_post=is_post,
        is_same_origin=_is_same_origin(headers),
        host=_host_of(_header_value(headers, b"host")),
        form_bytes=_form_bytes(headers) if is_post else 0,
    )


def with_form(request: HttpRequest, body: bytes) -> HttpRequest:
    """
    Return a request with the fields of the form in its body (URL Standard, 5.1).

    Raises:
        HttpError: the body is not a valid form.
    """
    try:
        fields = dict(parse_qsl(body.decode("ascii"), max_num_fields=8, keep_blank_values=True))
    except ValueError as error:
        raise HttpError(HTTPStatus.BAD_REQUEST) from error
    return replace(request, form=fields)


def _form_bytes(headers: bytes) -> int:
    """Return the length of the body; without a declared length it cannot be read safely."""
    text = _header_value(headers, b"content-length") or "0"
    if not text.isascii() or not text.isdecimal() or len(text) > 9:
        raise HttpError(HTTPStatus.BAD_REQUEST)
    if int(text) > FORM_LIMIT_BYTES:
        raise HttpError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    return int(text)


def is_local_name(host: str, names: Collection[str]) -> bool:
    """
    Return whether the device is addressed by its own name, or by a name that only its own network
    can assign.

    A foreign page can point its own name to this device (DNS rebinding): the browser then lets it
    read the device's answers, and press its button. An address, a bare name and the suffixes that
    no registry assigns cannot be used for that.
    """
    if not host or host in names or "." not in host:
        return True
    try:
        ip_address(host)
    except ValueError:
        return host.endswith(_LOCAL_SUFFIXES)
    return True


def _takes_gzip(accepted: str) -> bool:
    for part in accepted.split(","):
        coding, _, weight = part.partition(";")
        if coding.strip() == "gzip":
            return weight.replace(" ", "") not in {"q=0", "q=0.0", "q=0.00", "q=0.000"}
    return False


def _host_of(header: str) -> str:
    if header.startswith("["):
        return header[1:].partition("]")[0]
    return header.partition(":")[0].removesuffix(".")


def _is_same_origin(headers: bytes) -> bool:
    """
    Return whether the request comes from our own page, or from no browser.

    Browsers send Fetch Metadata only to trusted hosts (Fetch Metadata, 4), which a device without a
    certificate is not; they send the origin with every POST (Fetch, 3.1).
    """
    site = _header_value(headers, b"sec-fetch-site")
    if site:
        return site == "same-origin"
    origin = _header_value(headers, b"origin")
    try:
        return not origin or urlsplit(origin).netloc == _header_value(headers, b"host")
    except ValueError:
        return False


def _header_value(headers: bytes, name: bytes) -> str:
    """Return the combined values of a header, in lower case; RFC 9110, 5.3."""
    fields = (line.partition(b":") for line in headers.lower().split(b"\r\n"))
    values = [value.strip() for key, _, value in fields if key == name]
    return b",".join(values).decode("latin-1")


def encode_response(page: HttpPage, *, is_head: bool = False, takes_gzip: bool = False) -> bytes:
    """Return a complete response; the connection ends with it."""
    is_packed = bool(page.packed) and takes_gzip
    body = page.packed if is_packed else page.body
    lines = [
        f"HTTP/1.1 {page.status.value} {page.status.phrase}",
        f"Content-Type: {page.content_type}",
        f"Content-Length: {len(body)}",
        "Connection: close",
        "Cache-Control: no-store",
        "X-Content-Type-Options: nosniff",
        # Not no-referrer: a browser would then hide that a POST is from our own page.
        "Referrer-Policy: same-origin",
        f"Content-Security-Policy: {page.policy}",
    ]
    if page.packed:
        lines.append("Vary: Accept-Encoding")
    if is_packed:
        lines.append("Content-Encoding: gzip")
    if page.status is HTTPStatus.METHOD_NOT_ALLOWED:
        lines.append("Allow: GET, HEAD")
    if page.location:
        lines.append(f"Location: {page.location}")
    head = "\r\n".join((*lines, "", "")).encode("ascii")
    return head if is_head else head + body


def status_page(status: HTTPStatus) -> HttpPage:
    """Return a page that only shows its status."""
    return HttpPage(
        body=f"{status.value} {status.phrase}\n".encode(),
        content_type="text/plain; charset=utf-8",
        status=status,
    )
