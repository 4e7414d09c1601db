"""
A persistent connection to the collector over one link, for one HTTP request at a time.

Sockets are opened by the link itself, so a push leaves by that link or not at all. The collector's
name is resolved over the same link: the resolver of the other one may be unreachable, or have
different answers. If only a proxy leads out, it does both.
"""

import logging
import socket
from dataclasses import dataclass
from itertools import chain, zip_longest
from zlib import crc32

import pycurl  # type: ignore[import-untyped]

from thongsuot_agent.clock import NS_PER_S, Clocks
from thongsuot_agent.links.curl_multi import current_multi
from thongsuot_agent.links.egress import family_of
from thongsuot_agent.links.link import LiveLink
from thongsuot_agent.links.sockets import tcp_traffic_bytes
from thongsuot_agent.links.state import LinkUnusable
from thongsuot_agent.probing.certificates import Authorities, system_authorities
from thongsuot_agent.probing.proxy import LinkProxy, proxy_of
from thongsuot_agent.probing.resolution import resolve_host
from thongsuot_agent.uplink.answer import PostResponse
from thongsuot_agent.uplink.preference import in_family_order
from thongsuot_schema.batch.push import ANSWER_LIMIT_BYTES
from thongsuot_schema.result import Family

_log = logging.getLogger(__name__)

_CONNECT_S = 5.0
_UNACKNOWLEDGED_MS = 4000
"""
Maximum time that sent bytes may stay unacknowledged (RFC 5482) before the path counts as dead under
an open connection. News must not wait for the whole request's time-out to try the other family.
"""
_RESOLVE_S = 4.0
_ADDRESSES_FRESH_NS = 300 * NS_PER_S
_ABORTED_CODES = (
    pycurl.E_SSL_CONNECT_ERROR,
    pycurl.E_GOT_NOTHING,
    pycurl.E_SEND_ERROR,
    pycurl.E_RECV_ERROR,
)
"""
libcurl's codes for a client certificate that is refused in the handshake; in TLS 1.3 they come
late.
"""

_USER_AGENT = "thongsuot/0.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectorEndpoint:
    """The address of the collector and its authentication. ``host`` is a name or an address."""

    url: str
    host: str
    ca_file: str
    timeout_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PostRequest:
    """
    One POST; ``headers`` are complete lines. ``certificate`` is the client's key and certificate in
    PEM form; empty: none.
    """

    path: str
    headers: tuple[str, ...]
    body: bytes
    certificate: bytes = b""


class CollectorConnection:
    """
    One uploader's connection to the collector over one link; ``link`` is ``None`` for a collector
    on the device itself. Not for concurrent requests.
    """

    def __init__(self, endpoint: CollectorEndpoint, link: LiveLink | None, clock: Clocks) -> None:
        self._endpoint = endpoint
        self._link = link
        self._clock = clock
        self._handle = pycurl.Curl()
        self._socket: socket.socket | None = None
        self._counted = 0
        self._unusable: LinkUnusable | None = None
        self._is_proven = False
        self._proxy: LinkProxy | None = None
        self._addresses: tuple[str, ...] = ()
        self._resolved_ns = 0
        self._avoided: Family | None = None
        self.spent_bytes = 0
        """IP-level traffic of the latest request, both directions, name lookup included."""

    async def post(self, request: PostRequest) -> PostResponse:
        """Send one request; a network failure is a response without status."""
        self.spent_bytes = 0
        try:
            await self._resolve_addresses()
        except LinkUnusable as unusable:
            return PostResponse(status=0, problem=str(unusable))
        body, header = bytearray(), _RetryAfterHeader()
        self._configure(request, body, header)
        self._unusable = None
        try:
            code, message = await current_multi().perform(self._handle)
        finally:
            self._count_traffic()
        if code == 0:
            self._is_proven = True
            status = int(self._handle.getinfo(pycurl.RESPONSE_CODE))
            return PostResponse(status=status, body=bytes(body), retry_after=header.retry_after)
        # The next request tries the next address, or resolves the name again.
        self._addresses = self._addresses[1:]
        problem = self._unusable_reason() or message or f"libcurl error {code}"
        is_new = bool(self._handle.getinfo(pycurl.NUM_CONNECTS))
        if request.certificate and is_new and code in _ABORTED_CODES:
            problem += " (its certificate was shown: does the collector know the authority?)"
        system_errno = int(self._handle.getinfo(pycurl.OS_ERRNO))
        return PostResponse(status=0, problem=problem, curl_code=code, system_errno=system_errno)

    def avoid_family(self, family: Family | None) -> bool:
        """
        Try another family first from now on, until this is revoked; return whether that changes the
        address of the next request.

        An open connection of the avoided family is not reused: libcurl identifies it by address.
        """
        before = self._addresses
        self._avoided = family
        self._addresses = in_family_order(before, family)
        return before[:1] != self._addresses[:1]

    def _unusable_reason(self) -> str:
        """Return why no socket could be opened, empty if one was."""
        return "" if self._unusable is None else str(self._unusable)

    def close(self) -> None:
        """Close the connection."""
        self._handle.close()
        self._drop_socket()

    async def _resolve_addresses(self) -> None:
        if self._link is None:
            return
        self._proxy = proxy_of(self._link.spec)
        if self._proxy is not None:
            # The proxy resolves the collector's name itself.
            self._addresses = (self._proxy.address,)
            return
        now_ns = self._clock.boottime_ns()
        if self._addresses and now_ns - self._resolved_ns < _ADDRESSES_FRESH_NS:
            return
        resolved_addresses: list[tuple[str, ...]] = []
        problem: LinkUnusable | None = None
        for family in (Family.IP6, Family.IP4):
            try:
                resolved = await resolve_host(
                    self._link, family, self._endpoint.host, _RESOLVE_S, ()
                )
            except LinkUnusable as unusable:
                problem = unusable
                continue
            self.spent_bytes += resolved.cost_bytes
            if resolved.addresses:
                resolved_addresses.append(resolved.addresses)
            elif resolved.reason is not None:
                problem = LinkUnusable(resolved.reason, f"{self._endpoint.host}: {resolved.detail}")
        if not resolved_addresses:
            assert problem is not None
            raise problem
        # One of each family first: failures of a whole family are more frequent than of a single
        # address.
        turns = chain.from_iterable(zip_longest(*resolved_addresses))
        addresses = [address for address in turns if address is not None]
        self._addresses = in_family_order(addresses, self._avoided)
        self._resolved_ns = now_ns

    def _configure(
        self, request: PostRequest, body: bytearray, header: "_RetryAfterHeader"
    ) -> None:
        def take(data: bytes) -> int:
            body.extend(data[: ANSWER_LIMIT_BYTES - len(body)])
            return len(data) if len(body) < ANSWER_LIMIT_BYTES else 0

        handle, endpoint = self._handle, self._endpoint
        for option, value in (
            (pycurl.URL, endpoint.url + request.path),
            (pycurl.POSTFIELDS, request.body),
            # Without "Expect" libcurl does not wait for a 100 that costs a round trip.
            (pycurl.HTTPHEADER, [*request.headers, "Expect:"]),
            (pycurl.WRITEFUNCTION, take),
            (pycurl.HEADERFUNCTION, header.on_header),
            (pycurl.USERAGENT, _USER_AGENT),
            (pycurl.PROTOCOLS, pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS),
            (pycurl.SSLVERSION, pycurl.SSLVERSION_TLSv1_2),
            (pycurl.PROXY, "" if self._proxy is None else self._proxy.url),
            (pycurl.PROXYUSERPWD, "" if self._proxy is None else self._proxy.credentials),
            (pycurl.FOLLOWLOCATION, 0),
            (pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_1_1),
            (pycurl.CONNECTTIMEOUT_MS, round(min(_CONNECT_S, endpoint.timeout_s) * 1000)),
            (pycurl.TIMEOUT_MS, round(endpoint.timeout_s * 1000)),
            (pycurl.NOSIGNAL, 1),
            # A connection of another line from libcurl's shared cache is no evidence for this one's
            # path.
            (pycurl.FRESH_CONNECT, int(not self._is_proven)),
        ):
            handle.setopt(option, value)
        # libcurl does not reuse a connection that was opened with another certificate.
        if request.certificate:
            handle.setopt(pycurl.SSLCERT_BLOB, request.certificate)
            handle.setopt(pycurl.SSLKEY_BLOB, request.certificate)
        else:
            handle.unsetopt(pycurl.SSLCERT_BLOB)
            handle.unsetopt(pycurl.SSLKEY_BLOB)
        authorities = (
            Authorities(file=endpoint.ca_file) if endpoint.ca_file else system_authorities()
        )
        if authorities.folder:
            handle.setopt(pycurl.CAPATH, authorities.folder)
        elif authorities.file:
            handle.setopt(pycurl.CAINFO, authorities.file)
        if self._link is not None:
            handle.setopt(pycurl.OPENSOCKETFUNCTION, self._open)
            address = self._addresses[0]
            host = f"[{address}]" if ":" in address else address
            # For every host and port of the URL: this address, and the URL's own port.
            own = [f"::{host}:"] if self._proxy is None else []
            handle.setopt(pycurl.CONNECT_TO, own)
            # The socket is bound already. This keeps libcurl from taking another link's connection.
            handle.setopt(pycurl.INTERFACE, f"if!{self._link.spec.interface}")
            # Also for several links on one interface: libcurl compares this number, and does not
            # use it for a socket that is bound to an interface.
            handle.setopt(pycurl.LOCALPORTRANGE, crc32(self._link.name.encode()) % 65_000 + 1)

    def _open(self, purpose: int, address: "pycurl.CurlSockAddr") -> socket.socket | int:
        """Called by libcurl for a socket; it gets a duplicate, ours stays open for the counters."""
        del purpose
        assert self._link is not None
        try:
            destination = str(address.addr[0])
            opened = self._link.open_tcp(family_of(destination), destination)
        except LinkUnusable as unusable:
            self._unusable = unusable
            return int(pycurl.SOCKET_BAD)
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _UNACKNOWLEDGED_MS)
        self._count_traffic()
        self._drop_socket()
        self._socket, self._counted = opened, 0
        return opened

    def _count_traffic(self) -> None:
        """Add the connection's usage since the last call."""
        if self._socket is not None:
            total = tcp_traffic_bytes(self._socket)
            self.spent_bytes += total - self._counted
            self._counted = total

    def _drop_socket(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None


class _RetryAfterHeader:
    """Extracts the Retry-After header of a response."""

    def __init__(self) -> None:
        self.retry_after = ""

    def on_header(self, line: bytes) -> None:
        """Called by libcurl with each header line."""
        name, _, value = line.decode("latin-1").partition(":")
        if name.lower() == "retry-after":
            self.retry_after = value.strip()
