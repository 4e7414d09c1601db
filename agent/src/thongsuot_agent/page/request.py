"""
The requests that the local page understands, and the heads of its responses (RFC 9112). Pure.

By hand: a GET without a body is one line, and h11 would cost 2.3 MB of resident memory (2026-11)
for it.
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
"""RFC 6762, RFC 8375, and names that no public registry gives away."""

PATH_REQUEST_TESTS = "/tests"
"""Takes a POST without a body: somebody wants a test now."""

PATH_PROBLEMS = "/problems/"
"""Takes a POST without a body, with a ``ProblemKind`` added: somebody reports a problem."""

PATH_COMMISSIONING = "/commissioning"
"""Takes a POST with a form: an installer walks through the links."""

_POST_PATHS = {PATH_REQUEST_TESTS, PATH_COMMISSIONING}
FORM_LIMIT_BYTES = 1024
"""A form of the page: a key, and the text of a label."""


class HttpError(Exception):
    """The request is answered with a status and nothing else."""

    def __init__(self, status: HTTPStatus) -> None:
        self.status = status
        super().__init__(status.phrase)


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpRequest:
    """
    A request.

    ``is_head`` wants the head alone; ``accept`` is that header, in small letters, and
    ``takes_gzip`` whether the response may be compressed. ``is_post``: it is to change something,
    and ``is_same_origin`` whether it comes from our own page or from no browser. ``form`` are its
    fields, ``form_bytes`` how long it is. ``host`` is the name or address by which the device was
    asked, without port; empty where none was given.
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
    A body and what it is; ``policy`` is the content security policy it needs, ``location`` where
    else to look. ``packed`` is the same body by gzip, empty where it does not pay.
    """

    body: bytes
    content_type: str
    status: HTTPStatus = HTTPStatus.OK
    policy: str = "default-src 'none'; frame-ancestors 'none'"
    location: str = ""
    packed: bytes = b""


def parse_request(head: bytes) -> HttpRequest:
    """
    Return the request that a head (through the empty line) makes.

    Raises:
        HttpError: it is malformed, or requests something that is not supported.
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
        HttpError: it is none.
    """
    try:
        fields = dict(parse_qsl(body.decode("ascii"), max_num_fields=8, keep_blank_values=True))
    except ValueError as error:
        raise HttpError(HTTPStatus.BAD_REQUEST) from error
    return replace(request, form=fields)


def _form_bytes(headers: bytes) -> int:
    """Return how long the body is; without a length there is none that could be read safely."""
    text = _header_value(headers, b"content-length") or "0"
    if not text.isascii() or not text.isdecimal() or len(text) > 9:
        raise HttpError(HTTPStatus.BAD_REQUEST)
    if int(text) > FORM_LIMIT_BYTES:
        raise HttpError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    return int(text)


def is_local_name(host: str, names: Collection[str]) -> bool:
    """
    Return whether the device is addressed by a name that only its own network can assign, or by its
    own name.

    A page from elsewhere can have its own name point to this device (DNS rebinding): the browser
    then lets it read what the device answers, and press its button. An address, a bare name and
    the suffixes that no registry gives away cannot be taken so.
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
    Return whether our own page made the request, or no browser.

    Browsers tell the kind of site only to hosts that they trust (Fetch Metadata, 4), which a device
    without a certificate is not; the origin they send with every POST (Fetch, 3.1).
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
    """Return a whole response; the connection ends with it."""
    is_packed = bool(page.packed) and takes_gzip
    body = page.packed if is_packed else page.body
    lines = [
        f"HTTP/1.1 {page.status.value} {page.status.phrase}",
        f"Content-Type: {page.content_type}",
        f"Content-Length: {len(body)}",
        "Connection: close",
        "Cache-Control: no-store",
        "X-Content-Type-Options: nosniff",
        # Not no-referrer: a browser would then hide from us that a POST is our own page's.
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
