"""One HTTP request by libcurl, over one link or another way out, its phases timed apart."""

import os
import socket
import time
from dataclasses import dataclass, replace

import pycurl  # type: ignore[import-untyped]

from thongsuot_agent.errors import MalformedMessage
from thongsuot_agent.links.curl_multi import CurlMulti
from thongsuot_agent.links.egress import SocketAddress
from thongsuot_agent.links.outbound import Outbound
from thongsuot_agent.links.reasons import (
    described,
    reason_for_curl,
    reason_for_own,
    reason_for_verification,
)
from thongsuot_agent.links.state import LinkUnusable
from thongsuot_agent.links.tcp_refusal import own_refusal
from thongsuot_agent.probing.certificates import (
    Authorities,
    CertificateChain,
    authorities_problem,
    read_chain,
)
from thongsuot_agent.probing.proxy import LinkProxy, reason_by_answer
from thongsuot_agent.proto import tcp_info
from thongsuot_agent.proto.icmp import IP4_HEADER_BYTES, IP6_HEADER_BYTES
from thongsuot_schema.outcome import Outcome
from thongsuot_schema.reason import Reason, outcome_of
from thongsuot_schema.result import Family

USER_AGENT = "thongsuot/0.1"

_US_PER_S = 1_000_000
_TCP_HEADER_BYTES = 32
"""With the time stamp option, which practically every segment carries (RFC 7323)."""

# libcurl's codes
_NOT_CONNECTED, _WRITE_ERROR, _TIMED_OUT, _VERIFICATION_FAILED = 7, 23, 28, 60


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchRequest:
    """
    A request.

    ``address`` is the server's, found by the link's own resolver; libcurl resolves nothing itself.
    ``handshake_only`` opens the connection, without verifying, to see the certificates. ``proxy``,
    where given, is asked instead, and looks up the name itself; ``address`` and ``family`` are then
    the proxy's.
    """

    url: str
    address: str
    family: Family
    timeout_s: float
    authorities: Authorities
    user_agent: str
    body_limit_bytes: int
    handshake_only: bool = False
    proxy: LinkProxy | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchPhases:
    """Durations in seconds of the phases that ended; ``None`` for those that did not come to it."""

    connect_s: float | None = None
    tls_s: float | None = None
    first_byte_s: float | None = None
    transfer_s: float | None = None
    total_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchResponse:
    """
    The result of a request; ``reason`` is ``None`` if the whole response (or the requested part)
    arrived.

    ``body`` is decoded and at most ``body_limit_bytes`` long; ``body_bytes`` is what travelled.
    ``cost_bytes`` is IP-level traffic both ways, as the kernel counted segments and bytes.
    """

    reason: Reason | None
    detail: str
    phases: FetchPhases
    status: int | None
    body: bytes
    body_bytes: int
    chain: CertificateChain | None
    redirect_url: str
    local_address: str
    cost_bytes: int
    retransmitted_segments: int

    def with_chain_of(self, seen: "FetchResponse") -> "FetchResponse":
        """
        Return this refused response with the chain of another one, that verified nothing.

        If every certificate that the server sent is still valid, it is an authority of this device
        that has expired.
        """
        phases, chain = replace(self.phases, tls_s=seen.phases.tls_s), seen.chain
        response = replace(self, chain=chain, phases=phases)
        if self.reason is not Reason.CERTIFICATE_EXPIRED or chain is None:
            return response
        if chain.expiry_s is None or chain.expiry_s <= time.time():
            return response
        detail = "an authority of this device has expired, no certificate of the server has"
        return replace(response, reason=Reason.UNMEASURED_OTHERWISE, detail=detail)


class Fetch:
    """One transfer over one link. For one use."""

    def __init__(self, link: Outbound, request: FetchRequest) -> None:
        self._link = link
        self._request = request
        self._body = bytearray()
        self._is_full = False
        self._sockets: list[socket.socket] = []
        self._server: SocketAddress | None = None
        self._unusable: LinkUnusable | None = None
        self._headers: dict[str, str] = {}

    async def perform(self, transfers: CurlMulti) -> FetchResponse:
        """
        Run the transfer.

        Raises:
            LinkUnusable: nothing can be sent over the link.
        """
        handle = pycurl.Curl()
        try:
            self._configure(handle)
            code, message = await transfers.perform(handle)
            if self._unusable is not None:
                raise self._unusable
            return self._response(handle, code, message)
        finally:
            handle.close()
            for opened in self._sockets:
                opened.close()

    def _configure(self, handle: pycurl.Curl) -> None:
        request = self._request
        is_six = request.family is Family.IP6
        host = f"[{request.address}]" if is_six else request.address
        for option, value in (
            (pycurl.URL, request.url),
            (pycurl.IPRESOLVE, pycurl.IPRESOLVE_V6 if is_six else pycurl.IPRESOLVE_V4),
            (pycurl.OPENSOCKETFUNCTION, self._open_socket),
            (pycurl.WRITEFUNCTION, self._on_body),
            (pycurl.PROTOCOLS, pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS),
            # Neither proxies of the environment nor redirects: both would resolve names elsewhere.
            (pycurl.PROXY, "" if request.proxy is None else request.proxy.url),
            (pycurl.FOLLOWLOCATION, 0),
            (pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_1_1),
            (pycurl.USERAGENT, request.user_agent),
            (pycurl.ACCEPT_ENCODING, "gzip"),
            (pycurl.TIMEOUT_MS, max(1, round(request.timeout_s * 1000))),
            (pycurl.NOSIGNAL, 1),
            # Each run is a first visit: no reused connection, no resumed TLS session.
            (pycurl.FRESH_CONNECT, 1),
            (pycurl.FORBID_REUSE, 1),
            (pycurl.SSL_SESSIONID_CACHE, 0),
            (pycurl.OPT_CERTINFO, 1),
        ):
            handle.setopt(option, value)
        if request.proxy is not None:
            handle.setopt(pycurl.HEADERFUNCTION, self._on_header)
            if request.proxy.credentials:
                handle.setopt(pycurl.PROXYUSERPWD, request.proxy.credentials)
        else:
            # For every host and port of the URL: this address, and the URL's own port.
            handle.setopt(pycurl.CONNECT_TO, [f"::{host}:"])
        if request.authorities.folder:
            handle.setopt(pycurl.CAPATH, request.authorities.folder)
        if request.authorities.file:
            handle.setopt(pycurl.CAINFO, request.authorities.file)
        if request.handshake_only:
            handle.setopt(pycurl.CONNECT_ONLY, 1)
            handle.setopt(pycurl.SSL_VERIFYPEER, 0)
            handle.setopt(pycurl.SSL_VERIFYHOST, 0)

    def _open_socket(self, purpose: int, address: "pycurl.CurlSockAddr") -> socket.socket | int:
        """Called by libcurl for a socket; it takes a copy, ours stays open for the counters."""
        del purpose
        try:
            opened = self._link.open_tcp(self._request.family, str(address.addr[0]))
        except LinkUnusable as unusable:
            self._unusable = unusable
            return int(pycurl.SOCKET_BAD)
        self._sockets.append(opened)
        # Bytes are the path of a Unix socket.
        self._server = None if isinstance(address.addr, bytes) else address.addr
        return opened

    def _on_header(self, line: bytes) -> None:
        """Called by libcurl with each header line; a new answer begins with its status line."""
        name, colon, value = line.decode("latin-1").partition(":")
        if not colon and name.startswith("HTTP/"):
            self._headers.clear()
        elif colon:
            self._headers[name.strip().lower()] = value.strip()

    def _on_body(self, data: bytes) -> int:
        """Called by libcurl with decoded body; taking less than all of it ends the transfer."""
        room = self._request.body_limit_bytes - len(self._body)
        self._body += data[:room]
        self._is_full = len(data) > room
        return min(len(data), room)

    def _response(self, handle: pycurl.Curl, code: int, message: str) -> FetchResponse:
        phases = _phases(handle)
        detail = "" if code == 0 else _detail(handle, code, message)
        reason = self._reason_by_proxy(handle, code) or self._reason(handle, code, phases)
        # While the sockets are open, so that a lack of file descriptors is still one.
        own = self._own_problem(handle, code, reason, is_connected=phases.connect_s is not None)
        if own is not None:
            reason, detail = own
        status = handle.getinfo(pycurl.RESPONSE_CODE)
        counters = [counted for opened in self._sockets if (counted := _counters(opened))]
        header = IP6_HEADER_BYTES if self._request.family is Family.IP6 else IP4_HEADER_BYTES
        return FetchResponse(
            reason=reason,
            detail="" if reason is None else detail,
            phases=phases,
            status=status or None,
            body=bytes(self._body),
            body_bytes=int(handle.getinfo(pycurl.SIZE_DOWNLOAD_T)),
            chain=read_chain(handle.getinfo(pycurl.INFO_CERTINFO)),
            redirect_url=handle.getinfo(pycurl.REDIRECT_URL) or "",
            local_address=self._local_address(),
            cost_bytes=sum(_ip_bytes(counted, header) for counted in counters),
            retransmitted_segments=sum(counted.retransmitted_segments for counted in counters),
        )

    def _reason(self, handle: pycurl.Curl, code: int, phases: FetchPhases) -> Reason | None:
        if code == 0 or (code == _WRITE_ERROR and self._is_full):
            return None
        if code == _VERIFICATION_FAILED:
            return reason_for_verification(handle.getinfo(pycurl.SSL_VERIFYRESULT))
        if code != _TIMED_OUT:
            return reason_for_curl(code, handle.getinfo(pycurl.OS_ERRNO))
        if phases.connect_s is None:
            return Reason.TIMED_OUT
        if phases.tls_s is None and self._request.url.startswith("https:"):
            return Reason.TLS_TIMED_OUT
        return Reason.RESPONSE_TIMED_OUT

    def _own_problem(
        self, handle: pycurl.Curl, code: int, reason: Reason | None, *, is_connected: bool
    ) -> tuple[Reason, str] | None:
        """Return the trouble of this device that looks like the server's, if there is any."""
        if reason is Reason.CERTIFICATE_UNTRUSTED:
            return authorities_problem(self._request.authorities)
        if is_connected or code not in {_NOT_CONNECTED, _TIMED_OUT} or self._server is None:
            return None
        has_begun = self._sockets[-1].getsockname()[1] != 0
        if has_begun:
            refusal = own_refusal(self._sockets[-1], self._server)
            if refusal is not None:
                text = f"this device does not let the connection out: {described(refusal)}"
                return reason_for_own(refusal), text
        elif code == _NOT_CONNECTED and not handle.getinfo(pycurl.OS_ERRNO):
            # The kernel chooses the port when the connection begins: it has not begun.
            text = "libcurl could not use the socket, so nothing was sent"
            return Reason.RESOURCE_EXHAUSTED, text
        return None

    def _reason_by_proxy(self, handle: pycurl.Curl, code: int) -> Reason | None:
        """
        Return the meaning of the proxy's answer, or of its silence; ``None`` if it let the request
        through.
        """
        if self._request.proxy is None:
            return None
        is_tunnel = self._request.url.startswith("https:")
        info = pycurl.HTTP_CONNECTCODE if is_tunnel else pycurl.RESPONSE_CODE
        status = int(handle.getinfo(info))
        if code and not status:
            # This device may not connect, or it was unreachable, or accepted the connection and has
            # sent nothing yet.
            own = reason_for_curl(code, handle.getinfo(pycurl.OS_ERRNO))
            return own if outcome_of(own) is Outcome.UNMEASURED else Reason.PROXY_SILENT
        return reason_by_answer(status, None if is_tunnel else self._headers)

    def _local_address(self) -> str:
        if not self._sockets:
            return ""
        return str(self._sockets[-1].getsockname()[0])


def _phases(handle: pycurl.Curl) -> FetchPhases:
    """From libcurl's times, which all count from the start; 0 if the phase was not reached."""

    def at(info: int) -> int:
        return int(handle.getinfo(info))

    connected, secured = at(pycurl.CONNECT_TIME_T), at(pycurl.APPCONNECT_TIME_T)
    # libcurl also sets the time of the first byte when a transfer ends without any.
    answered = at(pycurl.STARTTRANSFER_TIME_T) if at(pycurl.HEADER_SIZE) else 0
    asked, ended = at(pycurl.POSTTRANSFER_TIME_T), at(pycurl.TOTAL_TIME_T)
    return FetchPhases(
        connect_s=_between(at(pycurl.NAMELOOKUP_TIME_T), connected),
        tls_s=_between(connected, secured),
        first_byte_s=_between(asked, answered),
        transfer_s=_between(answered, ended) if answered else None,
        total_s=ended / _US_PER_S,
    )


def _between(start_us: int, end_us: int) -> float | None:
    return max(end_us - start_us, 0) / _US_PER_S if end_us else None


def _detail(handle: pycurl.Curl, code: int, message: str) -> str:
    """
    The error of libcurl or the system, without the sentence that repeats host, port and address.
    """
    number = handle.getinfo(pycurl.OS_ERRNO)
    if code == _NOT_CONNECTED:
        return os.strerror(number) if number else "could not connect"
    return "" if code == _TIMED_OUT else message


def _counters(opened: socket.socket) -> tcp_info.TcpCounters | None:
    data = opened.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, tcp_info.SIZE_BYTES)
    try:
        return tcp_info.parse(data)
    except MalformedMessage:
        return None  # a kernel older than any that is supported: the cost stays unknown


def _ip_bytes(counted: tcp_info.TcpCounters, ip_header_bytes: int) -> int:
    segments = counted.sent_segments + counted.received_segments
    payload = counted.sent_bytes + counted.received_bytes
    return payload + segments * (ip_header_bytes + _TCP_HEADER_BYTES)
