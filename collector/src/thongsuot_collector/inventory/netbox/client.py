"""
NetBox client; the only module that imports pynetbox, which has no types.

pynetbox handles the two kinds of tokens and paging. This module adds the rest: each wait is
bounded; requests go to the NetBox only, wherever an answer or a redirect points, because the token
would go there too; and inconsistent pages are an error, not a shorter inventory.
"""

import logging
import ssl
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any, TypeVar
from urllib.parse import urlsplit

import msgspec
import pynetbox
import requests
from requests.adapters import HTTPAdapter

from thongsuot_collector.clients import client_context
from thongsuot_collector.errors import NetboxError
from thongsuot_collector.inventory.netbox import models
from thongsuot_collector.inventory.netbox.models import NetboxData
from thongsuot_runtime.file_errors import describe
from thongsuot_schema.inventory.checks import url_mistake
from thongsuot_schema.localizable import Localizable

Row = TypeVar("Row")

_PAGE = 500
"""Rows per request: half of NetBox's default maximum (MAX_PAGE_SIZE, 1,000)."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class NetboxServer:
    """A NetBox and its access. It has no ``repr``, which would contain the token."""

    url: str
    token: str
    ca_file: str = ""
    timeout_s: float = 30.0
    """The limit of a connection attempt, and of each wait for more of an answer."""


class _BoundedAdapter(HTTPAdapter):
    """Requests with a time limit, over TLS 1.2 or newer."""

    def __init__(self, timeout_s: float, tls: ssl.SSLContext) -> None:
        self._timeout_s = timeout_s
        self._tls = tls
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, ssl_context=self._tls, **kwargs)

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> Any:
        # The session passes its own timeout (none) by name.
        kwargs["timeout"] = self._timeout_s
        return super().send(request, *args, **kwargs)


def url_mistake_of(url: str) -> str:
    """Return the error in the address of a NetBox; empty if there is none."""
    if wrong := url_mistake(url):
        return wrong
    parts = urlsplit(url)
    if parts.scheme == "http" and not _is_loopback(parts.hostname or ""):
        return Localizable('"{url}" is not https: the token would travel in the clear', url=url)
    if parts.query or parts.fragment:
        return Localizable(
            '"{url}" has more than host and path, as in "https://netbox.example/"', url=url
        )
    return ""


def fetch(server: NetboxServer) -> NetboxData:
    """
    Return all data that is read from a NetBox.

    Raises:
        NetboxError: it is not available or incomplete; the text has the place and the reason.
    """
    # urllib3 names whole addresses when it debugs; none carries the token, which is in a header.
    logging.getLogger("urllib3").setLevel(logging.WARNING)
    base = server.url.rstrip("/")
    with requests.Session() as session:
        # Neither a .netrc nor a proxy of the environment affects where the token goes.
        session.trust_env = False
        session.verify = server.ca_file or True
        session.adapters.clear()
        session.mount(f"{base}/", _BoundedAdapter(server.timeout_s, _context(server.ca_file)))
        api = pynetbox.api(base, token=server.token)
        api.http_session = session
        return NetboxData(
            sites=_rows(api.dcim.sites, base, models.NetboxSite),
            providers=_rows(api.circuits.providers, base, models.NetboxProvider),
            tenants=_rows(api.tenancy.tenants, base, models.NetboxTenant),
            circuits=_rows(api.circuits.circuits, base, models.NetboxCircuit),
            contacts=_rows(api.tenancy.contacts, base, models.NetboxContact),
            assignments=_rows(api.tenancy.contact_assignments, base, models.ContactAssignment),
        )


def _rows(endpoint: Any, base: str, kind: type[Row]) -> tuple[Row, ...]:
    where = str(endpoint.url).rstrip("/") + "/"
    try:
        records = endpoint.all(limit=_PAGE)
        # The rows as received: a Record of pynetbox queries NetBox for missing attributes.
        rows: list[Any] = list(records.response)
        count = records.request.count
    except pynetbox.RequestError as error:
        raise _unread(where, _refusal(error)) from None
    except pynetbox.ContentError:
        raise _unread(
            where, Localizable("the answer is not JSON; is {base} a NetBox?", base=base)
        ) from None
    except requests.exceptions.InvalidSchema:
        away = Localizable(
            "it leads away from {base}, and the token goes nowhere else; "
            "give the address that NetBox itself uses in its answers",
            base=base,
        )
        raise _unread(where, away) from None
    except requests.exceptions.Timeout:
        raise _unread(where, Localizable("no answer in time")) from None
    except requests.exceptions.RequestException as error:
        raise _unread(where, _innermost(error)) from None
    except (KeyError, TypeError) as error:
        raise _unread(where, Localizable("the answer has no pages of a NetBox")) from error
    _check_whole(rows, count, where)
    return tuple(_typed(rows, kind, where))


def _check_whole(rows: list[Any], count: object, where: str) -> None:
    ids = {row.get("id") if isinstance(row, dict) else None for row in rows}
    if len(rows) != count or len(ids) != len(rows) or None in ids:
        incomplete = Localizable(
            "{came} of {count} rows came over its pages; it may have been changed meanwhile, "
            "try again",
            came=len(ids - {None}),
            count=count,
        )
        raise _unread(where, incomplete)


def _typed(rows: list[Any], kind: type[Row], where: str) -> Iterable[Row]:
    for row in rows:
        try:
            yield msgspec.convert(row, kind)
        except msgspec.ValidationError as error:
            raise _unread(f"{where}{row['id']}/", str(error)) from None


def _unread(where: str, why: str) -> NetboxError:
    return NetboxError(Localizable("cannot read {path}: {reason}", path=where, reason=why))


def _refusal(error: Any) -> str:
    status = error.req.status_code
    if status in (401, 403):
        return Localizable(
            "refused ({status}): the token is wrong, has expired, or may not read this",
            status=status,
        )
    return Localizable("answer {status} {reason}", status=status, reason=error.req.reason)


def _innermost(error: BaseException) -> str:
    """Return the innermost cause of the nested exceptions of requests and urllib3."""
    while isinstance(deeper := error.__cause__ or error.__context__, BaseException):
        error = deeper
    why = describe(error) if isinstance(error, OSError) else str(error)
    return why or type(error).__name__


def _context(ca_file: str) -> ssl.SSLContext:
    try:
        return client_context(ca_file)
    except OSError as error:
        unusable = Localizable(
            "cannot use the authorities in {file}: {reason}", file=ca_file, reason=str(error)
        )
        raise NetboxError(unusable) from error


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
