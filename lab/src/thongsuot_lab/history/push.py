"""
Pushes a generated record to a running collector over the same interface that agents use.

The clock headers are left out: the batches belong to boots that are over, and no push may be used
to date them.
"""

import socket
import ssl
import time
from collections.abc import Callable
from contextlib import closing
from http import HTTPStatus
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import Final

from thongsuot_lab.errors import LabError
from thongsuot_lab.history.record import PastRecord
from thongsuot_schema.batch import push

_ANSWER_S: Final = 30.0
_AGAIN_S: Final = 0.5
"""
A collector that has yet to judge what it has defers older batches. Agents come again after the time
that it asks for, because there are many of them; this is the only one.
"""
_PATIENCE_S: Final = 600.0

Connect = Callable[[], HTTPConnection]


class HistoryRefused(LabError):
    """The collector rejected a generated batch."""


def tls_connection(port: int, name: str, ca_file: Path) -> HTTPConnection:
    """Return a connection to a port of this machine, verified against a server's name."""
    context = ssl.create_default_context(cafile=str(ca_file))
    plain = socket.create_connection(("127.0.0.1", port), timeout=_ANSWER_S)
    connection = HTTPConnection("127.0.0.1", port, timeout=_ANSWER_S)
    connection.sock = context.wrap_socket(plain, server_hostname=name)
    return connection


def push_record(record: PastRecord, token: str, connect: Connect) -> int:
    """
    Push a record; return the number of its batches.

    Raises:
        HistoryRefused: the collector answered anything but 200; to "come again" (503) for ten
            minutes.
    """
    count = 0
    with closing(connect()) as connection:
        _post(connection, push.PATH_LAYOUTS, push.CONTENT_TYPE_LAYOUT, token, record.layout)
        for body in record.batches():
            _post(connection, push.PATH_BATCHES, push.CONTENT_TYPE_BATCH, token, body)
            count += 1
    return count


def _post(
    connection: HTTPConnection, path: str, content_type: str, token: str, body: bytes
) -> None:
    headers = {"Authorization": f"Bearer {token}", "Content-Type": content_type}
    until_s = time.monotonic() + _PATIENCE_S
    while True:
        connection.request("POST", path, body=body, headers=headers)
        answer: HTTPResponse = connection.getresponse()
        text = answer.read()
        if answer.status != HTTPStatus.SERVICE_UNAVAILABLE or time.monotonic() > until_s:
            break
        time.sleep(_AGAIN_S)
    if answer.status != 200:
        raise HistoryRefused(
            f"the collector refuses generated history: {answer.status} {text[:200]!r}"
        )
