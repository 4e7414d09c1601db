"""
The proxy of a link: its address, its requests, and the meaning of its answers and its silence.

A proxy speaks for the way behind it: it looks up names, it opens the connections, and an error page
of its own has a status like the portal's. Answers that only the portal can have given are
distinguished from the proxy's own about the path, and those from a silent proxy.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

from thongsuot_agent.links.state import LinkUnusable
from thongsuot_agent.secret_file import SecretUnusable, read_secret
from thongsuot_schema.inventory.model import Link
from thongsuot_schema.inventory.way_out import proxy_address
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family

_REFUSALS = frozenset({HTTPStatus.PROXY_AUTHENTICATION_REQUIRED, HTTPStatus.FORBIDDEN})
_UNREACHED = frozenset(
    {
        HTTPStatus.INTERNAL_SERVER_ERROR,
        HTTPStatus.BAD_GATEWAY,
        HTTPStatus.SERVICE_UNAVAILABLE,
        HTTPStatus.GATEWAY_TIMEOUT,
    }
)
"""Tinyproxy answers 500 if it cannot connect, others 502 to 504."""
_OWN_HEADERS = ("x-squid-error", "proxy-status")
"""Squid's header, and that of RFC 9209: only on answers of the proxy itself."""
_OWN_SERVERS = ("squid", "tinyproxy", "privoxy", "zscaler", "fortigate", "fortiproxy")


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkProxy:
    """A proxy by address; ``credentials`` (``user:password``) are empty if it requires none."""

    address: str
    port: int
    credentials: str = ""

    @property
    def url(self) -> str:
        """As libcurl takes it."""
        host = f"[{self.address}]" if ":" in self.address else self.address
        return f"http://{host}:{self.port}"

    @property
    def family(self) -> Family:
        """The family over which it is queried, regardless of the portal's."""
        return Family.IP6 if ":" in self.address else Family.IP4


def proxy_of(link: Link) -> LinkProxy | None:
    """
    Return the proxy of a link's web requests, ``None`` if it has none.

    Raises:
        LinkUnusable: the credentials for it cannot be read.
    """
    if not link.proxy:
        return None
    credentials = ""
    if link.proxy_credentials_file:
        try:
            credentials = read_secret(link.proxy_credentials_file)
        except SecretUnusable as error:
            raise LinkUnusable(Reason.PERMISSION_DENIED, str(error)) from error
    return link_proxy(link.proxy, credentials)


def link_proxy(proxy: str, credentials: str = "") -> LinkProxy:
    """Return a proxy by its ``http://ADDRESS:PORT``, which was checked when it was read."""
    address, port = proxy_address(proxy)
    return LinkProxy(address=address, port=port, credentials=credentials)


def reason_by_answer(status: int | None, headers: Mapping[str, str] | None) -> Reason | None:
    """
    Return the meaning of a proxy's own answer; ``None`` if it is not, or may not be, its own.

    ``headers`` (names in lower case) are those of an answer that may be the portal's; ``None`` of
    one to CONNECT, which is always the proxy's.
    """
    if status == HTTPStatus.PROXY_AUTHENTICATION_REQUIRED:
        return Reason.PROXY_REFUSED
    if headers is not None and not _is_proxys_own(headers):
        return None
    if status in _REFUSALS:
        return Reason.PROXY_REFUSED
    return Reason.PROXY_CANNOT_REACH if status in _UNREACHED else None


def _is_proxys_own(headers: Mapping[str, str]) -> bool:
    server = headers.get("server", "").lower()
    return any(name in headers for name in _OWN_HEADERS) or server.startswith(_OWN_SERVERS)
