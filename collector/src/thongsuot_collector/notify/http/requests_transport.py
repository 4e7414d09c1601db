"""
Transport of ``requests`` for a library that brings its own client, with the limits of ours.

``requests`` itself reads an answer to its end and decompresses it before anybody can count: 3 MB of
a receiver took 1.2 GB of memory, and one without end took all there was. It also follows redirects,
which lead wherever a receiver likes, as into the network of the collector.
"""

import io
import time
from typing import Any, Final

import requests
import urllib3
from requests.adapters import HTTPAdapter

ANSWER_BYTES: Final = 4 << 20
ANSWER_WITHIN_S: Final = 30.0
"""For the body; each wait for more of it has the shorter limit of the library."""

_PART_BYTES: Final = 64 * 1024
_UNREAD: Final = ("Content-Encoding", "Location")


class BoundedAdapter(HTTPAdapter):
    """
    Reads answers as they are, up to a size and for a time, and shows no redirect.

    A longer or slower answer is an error of ``requests`` like a lost connection: whether the
    receiver has the message is unknown.
    """

    def send(
        self,
        request: requests.PreparedRequest,
        *args: Any,  # noqa: ANN401 - the library's own
        **kwargs: Any,  # noqa: ANN401 - the library's own
    ) -> requests.Response:
        """Send a request; see ``HTTPAdapter``."""
        request.headers["Accept-Encoding"] = "identity"
        response = super().send(request, *args, **kwargs)
        try:
            body = _read(response.raw, time.monotonic() + ANSWER_WITHIN_S)
        except urllib3.exceptions.HTTPError as error:
            raise requests.ConnectionError(error, request=request) from error
        finally:
            response.raw.close()
        for name in _UNREAD:
            response.headers.pop(name, None)
        response.raw = urllib3.HTTPResponse(
            io.BytesIO(body),
            headers=response.headers,
            status=response.status_code,
            reason=response.reason,
            preload_content=False,
        )
        return response


def bound_requests() -> None:
    """Let all sessions of ``requests`` that are made from now on in this process have limits."""
    sessions: Any = requests.sessions
    sessions.HTTPAdapter = BoundedAdapter


def _read(raw: urllib3.BaseHTTPResponse, until_s: float) -> bytes:
    received = bytearray()
    while part := raw.read1(_PART_BYTES, decode_content=False):
        received += part
        if len(received) > ANSWER_BYTES:
            raise urllib3.exceptions.HTTPError(f"an answer of more than {ANSWER_BYTES} bytes")
        if time.monotonic() > until_s:
            raise urllib3.exceptions.HTTPError(f"an answer of more than {ANSWER_WITHIN_S:g} s")
    return bytes(received)
