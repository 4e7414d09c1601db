"""
Sending requests to a process of the lab, and answering them.

A request and its answer are one JSON object each, over a local sequenced-packet socket, one
connection per request. Both ends are processes of the lab; these messages never reach the network.
"""

import json
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Final

from thongsuot_lab.errors import LabError

ControlRequest = dict[str, object]
ControlReply = dict[str, object]

# A datagram of the largest lab's counters is some 60 KB; the kernel's default buffer holds 200.
MESSAGE_BYTES: Final = 200_000
# Only for a process that hangs: one that ends closes the connection. Starting a modem bus on a busy
# machine takes longer than 10 s.
CALL_TIMEOUT_S: Final = 300.0
# Errors caused by a wrong request or a refusal of the kernel; anything else is a bug of ours.
REFUSABLE_ERRORS: Final = (LabError, OSError, KeyError, TypeError, ValueError)


def call(path: Path, request: ControlRequest) -> ControlReply:
    """
    Send one request and return the answer.

    Raises:
        LabError: nothing answers at this socket, or the request was refused (see the message).
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as sock:
        sock.settimeout(CALL_TIMEOUT_S)
        try:
            sock.connect(str(path))
            sock.send(json.dumps(request).encode())
            data = sock.recv(MESSAGE_BYTES)
        except OSError as error:
            raise LabError(f"cannot ask {path.name} to {request.get('do')}: {error}") from error
    if not data:
        raise LabError(f"{path.name} closed without an answer to {request.get('do')}")
    answer: ControlReply = json.loads(data)
    refusal = answer.get("refused")
    if refusal is not None:
        raise LabError(f"{path.name} refused to {request.get('do')}: {refusal}")
    return answer


def listener(path: Path) -> socket.socket:
    """A non-blocking socket that receives requests."""
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    sock.setblocking(False)
    sock.bind(str(path))
    path.chmod(0o600)
    sock.listen(64)
    return sock


def serve_connection(
    connection: socket.socket, handle: Callable[[ControlRequest], ControlReply]
) -> None:
    """Read one request from a readable connection, answer it and close the connection."""
    with connection:
        try:
            data = connection.recv(MESSAGE_BYTES)
            if data:
                connection.send(json.dumps(_reply_to(handle, data)).encode())
        except OSError:
            # The client has disconnected; its request was carried out all the same.
            return


def _reply_to(handle: Callable[[ControlRequest], ControlReply], data: bytes) -> ControlReply:
    try:
        return handle(json.loads(data))
    except REFUSABLE_ERRORS as error:
        return error_reply(error)


def error_reply(error: BaseException) -> ControlReply:
    """The answer that makes `ask` raise on the client's side."""
    return {"refused": f"{type(error).__name__}: {error}"}
