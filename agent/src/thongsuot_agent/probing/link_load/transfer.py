"""Transfers of a worker: libcurl handles bound to one way out, driven until told otherwise."""

import os
import socket
import time
from collections.abc import Callable, Iterator

import msgspec
import pycurl  # type: ignore[import-untyped]

from thongsuot_agent.links.sockets import open_stream_by, tcp_traffic_bytes
from thongsuot_agent.probing.link_load.protocol import RequestTiming, WorkerRoute
from thongsuot_schema.result import Family
from thongsuot_schema.throughput import ByteCounter, ThroughputReport

_BLOCK = os.urandom(1 << 18)
_US_PER_S = 1_000_000
_BUFFER_BYTES = 1 << 19
_WAIT_S = 0.02


class TransferFailed(Exception):
    """A transfer ended as it should not; libcurl's code and the status of the answer."""

    def __init__(self, code: int, status: int, text: str) -> None:
        self.code = code
        self.status = status
        super().__init__(text)


class TransferFactory:
    """Makes handles for one server over one link, and sums up their cost."""

    def __init__(self, route: WorkerRoute, *, key: str, ca_file: str, ca_folder: str) -> None:
        self._route = route
        self._headers = [f"Authorization: Bearer {key}"] if key else []
        self._ca_file = ca_file
        self._ca_folder = ca_folder
        self._sockets: list[socket.socket] = []
        self._settled_bytes = 0

    def handle(self, url: str) -> pycurl.Curl:
        """Return a handle for a URL; its first socket is a new one."""
        handle = pycurl.Curl()
        is_six = self._route.family is Family.IP6
        host = f"[{self._route.host}]" if is_six else self._route.host
        for option, value in (
            (pycurl.URL, url),
            (pycurl.CONNECT_TO, [f"::{host}:"]),
            (pycurl.IPRESOLVE, pycurl.IPRESOLVE_V6 if is_six else pycurl.IPRESOLVE_V4),
            (pycurl.OPENSOCKETFUNCTION, self._open),
            # Without one, bodies go to standard output, which is for the report.
            (pycurl.WRITEFUNCTION, len),
            (pycurl.PROTOCOLS, pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS),
            (pycurl.SSLVERSION, pycurl.SSLVERSION_TLSv1_2),
            (pycurl.PROXY, ""),
            (pycurl.FOLLOWLOCATION, 0),
            (pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_1_1),
            (pycurl.FRESH_CONNECT, 1),
            (pycurl.FORBID_REUSE, 1),
            (pycurl.SSL_SESSIONID_CACHE, 0),
            (pycurl.NOSIGNAL, 1),
            (pycurl.BUFFERSIZE, _BUFFER_BYTES),
            (pycurl.CONNECTTIMEOUT_MS, 5000),
            (pycurl.HTTPHEADER, [*self._headers, "Expect:"]),
        ):
            handle.setopt(option, value)
        if self._ca_folder:
            handle.setopt(pycurl.CAPATH, self._ca_folder)
        if self._ca_file:
            handle.setopt(pycurl.CAINFO, self._ca_file)
        return handle

    def cost_bytes(self) -> int:
        """Return what all connections so far used, at IP level."""
        return self._settled_bytes + sum(map(tcp_traffic_bytes, self._sockets))

    def count_and_close(self) -> None:
        """
        Count all connections and close our copies of them; none is in use any more.

        While a copy is open the far end does not hear that libcurl is done, and sends on.
        """
        self._settled_bytes = self.cost_bytes()
        for opened in self._sockets:
            opened.close()
        self._sockets.clear()

    def _open(self, purpose: int, address: "pycurl.CurlSockAddr") -> socket.socket | int:
        """Called by libcurl, which takes a copy; ours stays open for the counters."""
        del purpose, address
        try:
            route = self._route
            opened = open_stream_by(route.interface, route.family, route.source, route.selector)
        except OSError:
            return int(pycurl.SOCKET_BAD)
        self._sockets.append(opened)
        return opened


class Download:
    """One download; counts received bytes."""

    def __init__(self, factory: TransferFactory, url: str) -> None:
        self.counter = ByteCounter()
        self.handle = factory.handle(url)
        self.handle.setopt(pycurl.WRITEFUNCTION, self._on_data)

    def _on_data(self, data: bytes) -> None:
        self.counter.add(len(data), time.monotonic())


class Upload:
    """One upload; ends when ``may_go_on`` returns False. The receiver counts."""

    def __init__(
        self, factory: TransferFactory, url: str, may_go_on: Callable[[], bool], max_bytes: int
    ) -> None:
        self._may_go_on = may_go_on
        self._left = max_bytes
        self._answer = bytearray()
        self.handle = factory.handle(url)
        self.handle.setopt(pycurl.UPLOAD, 1)
        self.handle.setopt(pycurl.CUSTOMREQUEST, "POST")
        self.handle.setopt(pycurl.UPLOAD_BUFFERSIZE, len(_BLOCK))
        self.handle.setopt(pycurl.READFUNCTION, self._next_block)
        self.handle.setopt(pycurl.WRITEFUNCTION, self._answer.extend)

    def _next_block(self, size: int) -> bytes:
        if self._left <= 0 or not self._may_go_on():
            return b""
        piece = _BLOCK[: min(size, self._left)]
        self._left -= len(piece)
        return piece

    @property
    def is_exhausted(self) -> bool:
        """Whether all bytes that it might send are sent."""
        return self._left <= 0

    def receipt(self) -> ThroughputReport:
        """
        Return the receiver's count.

        Raises:
            Failed: it answered something else.
        """
        try:
            return msgspec.json.decode(bytes(self._answer), type=ThroughputReport)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            status = int(self.handle.getinfo(pycurl.RESPONSE_CODE))
            raise TransferFailed(
                0, status, f"the receiver's count cannot be read: {error}"
            ) from error


def request_timing(handle: pycurl.Curl) -> RequestTiming:
    """Return the phases of a request that is done."""

    def at(info: int) -> float:
        return int(handle.getinfo(info)) / _US_PER_S

    begun_s, connected_s = at(pycurl.NAMELOOKUP_TIME_T), at(pycurl.CONNECT_TIME_T)
    secured_s, asked_s = at(pycurl.APPCONNECT_TIME_T), at(pycurl.POSTTRANSFER_TIME_T)
    return RequestTiming(
        connect_s=connected_s - begun_s,
        tls_s=secured_s - connected_s if secured_s else None,
        first_byte_s=at(pycurl.STARTTRANSFER_TIME_T) - asked_s,
    )


class TransferPool:
    """libcurl's multi handle, turned by hand: a worker has nothing else to do."""

    def __init__(self) -> None:
        self._multi = pycurl.CurlMulti()
        self.running: set[pycurl.Curl] = set()

    def add(self, handle: pycurl.Curl) -> None:
        """Begin a transfer."""
        self.running.add(handle)
        self._multi.add_handle(handle)

    def remove(self, handle: pycurl.Curl) -> None:
        """End a transfer, wherever it is."""
        if handle in self.running:
            self.running.discard(handle)
            self._multi.remove_handle(handle)

    def completed(self) -> Iterator[pycurl.Curl]:
        """
        Move everything on a little and yield what ended well.

        Raises:
            Failed: one did not end well.
        """
        self._multi.perform()
        _, good, bad = self._multi.info_read()
        for handle in good:
            self.remove(handle)
            status = int(handle.getinfo(pycurl.RESPONSE_CODE))
            if status != 200:
                raise TransferFailed(0, status, f"the server answered {status}")
            yield handle
        for handle, code, text in bad:
            self.remove(handle)
            raise TransferFailed(code, int(handle.getinfo(pycurl.RESPONSE_CODE)), text)
        if self.running:
            self._multi.select(_WAIT_S)
        else:
            time.sleep(_WAIT_S)
