"""
A session with a router's web interface, by libcurl over the link; cookies live for one reading.
"""

import socket
from collections.abc import Mapping
from typing import Any

import msgspec
import pycurl  # type: ignore[import-untyped]

from thongsuot_agent.links.curl_multi import current_multi
from thongsuot_agent.links.link import LiveLink
from thongsuot_agent.links.reasons import reason_for_curl
from thongsuot_agent.links.sockets import open_unbound_stream
from thongsuot_agent.links.state import LinkUnusable
from thongsuot_agent.probes.radio import modem_address
from thongsuot_agent.probes.radio.reading import ModemUnreadable
from thongsuot_agent.probes.radio.settings import Settings
from thongsuot_schema.reason import Reason

_BODY_LIMIT_BYTES = 256 * 1024
_UNAUTHORISED = frozenset({401, 403})
_FIRST_ERROR = 400


class WebSession:
    """One session with a router; must be closed. Paths begin with a slash."""

    def __init__(self, link: LiveLink, settings: Settings) -> None:
        self._link = link
        self._family, address = modem_address.find_modem_address(link, settings.address)
        host = f"[{address}]" if ":" in address else address
        port = f":{settings.port}" if settings.port else ""
        self.base = f"{'https' if settings.is_tls else 'http'}://{host}{port}"
        self._settings = settings
        self._unusable: LinkUnusable | None = None
        self._sockets: list[socket.socket] = []
        self._handle = pycurl.Curl()
        self._handle.setopt(pycurl.COOKIEFILE, "")  # cookies in memory only

    def close(self) -> None:
        """Close the connection and drop the cookies."""
        self._handle.close()
        for opened in self._sockets:
            opened.close()

    async def get(self, path: str, headers: Mapping[str, str] | None = None) -> str:
        """
        Return the content at a path.

        Raises:
            ModemUnreadable: the router does not answer, or refuses.
            LinkUnusable: the link has no route to it.
        """
        return await self._perform(path, headers or {}, None)

    async def post(self, path: str, body: str, headers: Mapping[str, str] | None = None) -> str:
        """Send a body and return the answer; raises like ``get``."""
        return await self._perform(path, headers or {}, body)

    def set_basic_auth(self, user: str, password: str) -> None:
        """Send these credentials from now on (RFC 7617)."""
        self._handle.setopt(pycurl.HTTPAUTH, pycurl.HTTPAUTH_BASIC)
        self._handle.setopt(pycurl.USERPWD, f"{user}:{password}")

    async def _perform(self, path: str, headers: Mapping[str, str], body: str | None) -> str:
        received = bytearray()

        def write(data: bytes) -> int:
            room = _BODY_LIMIT_BYTES - len(received)
            received.extend(data[:room])
            return min(len(data), room)

        handle, settings = self._handle, self._settings
        for option, value in (
            (pycurl.URL, self.base + path),
            (pycurl.OPENSOCKETFUNCTION, self._open),
            (pycurl.WRITEFUNCTION, write),
            (pycurl.PROXY, ""),
            (pycurl.FOLLOWLOCATION, 0),
            (pycurl.NOSIGNAL, 1),
            (pycurl.TIMEOUT_MS, round(settings.timeout_s * 1000)),
            (pycurl.HTTPHEADER, [f"{name}: {value}" for name, value in headers.items()]),
        ):
            handle.setopt(option, value)
        if settings.ca_file:
            handle.setopt(pycurl.CAINFO, settings.ca_file)
        if body is None:
            handle.setopt(pycurl.HTTPGET, 1)
        else:
            handle.setopt(pycurl.POSTFIELDS, body)
        code, message = await current_multi().perform(handle)
        if self._unusable is not None:
            raise self._unusable
        if code:
            reason = reason_for_curl(code, handle.getinfo(pycurl.OS_ERRNO))
            # libcurl's sentence repeats address and port; the reason is enough.
            raise ModemUnreadable(reason, "" if code in {7, 28} else message)
        status = handle.getinfo(pycurl.RESPONSE_CODE)
        if status in _UNAUTHORISED:
            raise ModemUnreadable(Reason.PERMISSION_DENIED, f"the box answers {status} to {path}")
        if status >= _FIRST_ERROR:
            raise ModemUnreadable(Reason.STATUS_UNEXPECTED, f"the box answers {status} to {path}")
        return received.decode("utf-8", "replace")

    def _open(self, purpose: int, address: "pycurl.CurlSockAddr") -> socket.socket | int:
        """Called by libcurl for a socket; it gets a duplicate, ours is closed at the end."""
        del purpose
        host = str(address.addr[0])
        try:
            if self._settings.bound_to_link:
                opened = self._link.open_tcp(self._family, host)
            else:
                opened = open_unbound_stream(address.family, address.socktype, address.protocol)
        except LinkUnusable as unusable:
            self._unusable = unusable
            return int(pycurl.SOCKET_BAD)
        self._sockets.append(opened)
        return opened


def parse_json(text: str) -> Any:  # noqa: ANN401 - JSON of a box
    """
    Return the content of a JSON answer.

    Raises:
        ModemUnreadable: it is not JSON.
    """
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ModemUnreadable(Reason.RESPONSE_INVALID, "the box's answer is no JSON") from error
