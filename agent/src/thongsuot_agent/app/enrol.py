"""
``thongsuot-agent enrol``: turns a one-time code into the agent's token file.

The token is made here and only its hash is sent. It waits in a file beside the token file until the
collector has answered: an answer that is lost on the way costs nothing, the same command run again
goes on with the same token.
"""

import argparse
import asyncio
import base64
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from thongsuot_agent.app.check import WRONG
from thongsuot_agent.app.setting import token_path
from thongsuot_agent.clock import SYSTEM
from thongsuot_agent.config.model import AgentConfig
from thongsuot_agent.config.read import read
from thongsuot_agent.errors import ConfigInvalid, TokenUnusable
from thongsuot_agent.uplink.answer import Response
from thongsuot_agent.uplink.lane import is_on_device
from thongsuot_agent.uplink.line import Door, Line, Request
from thongsuot_agent.uplink.token import read_token
from thongsuot_schema.enrolment import PATH_ENROL, TOKEN_PREFIX, Enrol, Enrolled, token_digest

_NOT_DONE = 1
_TOKEN_BYTES = 32
_TIMEOUT_S = 30.0
_WAITING = ".enrolling"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Order:
    """What is to be done: where the collector is, as which site, into which file."""

    door: Door
    site: str
    token_file: Path


class _Incomplete(Exception):
    """Neither the command line nor the configuration says where or into what."""


def enrol(options: argparse.Namespace) -> int:
    """Enrol this device; returns the exit code."""
    try:
        order = _order(options)
    except (ConfigInvalid, _Incomplete) as error:
        sys.stderr.write(f"{error}\n")
        return WRONG
    code = options.code or _asked_code()
    waiting = order.token_file.with_name(order.token_file.name + _WAITING)
    try:
        token = _waiting_token(waiting)
        response = asyncio.run(_post(order, code, token))
        return _finish(order, response, waiting)
    except (OSError, TokenUnusable) as error:
        sys.stderr.write(f"not enrolled: {error}\n")
        return _NOT_DONE


def _order(options: argparse.Namespace) -> _Order:
    config = _config(Path(options.config))
    collector = config.collector if config else None
    url = (options.collector or (collector.url if collector else "")).rstrip("/")
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise _Incomplete("say where the collector is: --collector https://host.example:8480")
    if parts.scheme == "http" and not is_on_device(parts.hostname):
        raise _Incomplete(f"{url}: a code must not travel in the clear; use https")
    name = options.token_file or (collector.token_file if collector else "")
    if not name:
        raise _Incomplete(
            "say which file the token goes to: --token-file /etc/thongsuot/agent.token"
        )
    door = Door(
        url=url,
        host=parts.hostname,
        ca_file=options.ca_file or (collector.ca_file if collector else ""),
        timeout_s=_TIMEOUT_S,
    )
    return _Order(
        door=door, site=config.site.name if config else "", token_file=token_path(name, {})
    )


def _config(path: Path) -> AgentConfig | None:
    """Return the configuration; ``None`` where there is none yet."""
    return read(path) if path.exists() else None


def _asked_code() -> str:
    """Return the code that a person types: neither a list of processes nor a history shows it."""
    if sys.stdin.isatty():
        sys.stderr.write("code: ")
        sys.stderr.flush()
    return sys.stdin.readline().strip()


def _waiting_token(waiting: Path) -> str:
    """Return the token of an enrolment that was not answered, or a new one, safe on the disk."""
    try:
        return read_token(waiting)
    except TokenUnusable:
        waiting.unlink(missing_ok=True)
    letters = base64.urlsafe_b64encode(os.urandom(_TOKEN_BYTES)).rstrip(b"=").decode("ascii")
    token = TOKEN_PREFIX + letters
    handle = os.open(waiting, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(f"{token}\n")
        file.flush()
        os.fsync(file.fileno())
    return token


async def _post(order: _Order, code: str, token: str) -> Response:
    asked = Enrol(code=code, token_digest=token_digest(token), site=order.site)
    line = Line(order.door, None, SYSTEM)
    try:
        return await line.post(
            Request(
                path=PATH_ENROL,
                headers=("Content-Type: application/json",),
                body=msgspec.json.encode(asked),
            )
        )
    finally:
        line.close()


def _finish(order: _Order, response: Response, waiting: Path) -> int:
    answer = _answer(response.body)
    if response.status == 200 and answer is not None and answer.site:
        _hand_over(waiting, order.token_file)
        _flush(order.token_file.parent)
        sys.stdout.write(f"enrolled as {answer.site}; token in {order.token_file}\n")
        if answer.revoked:
            sys.stdout.write(f"revoked: {answer.revoked} tokens that the site had before\n")
        return 0
    if answer is not None and answer.error:
        # The collector has spoken. With 429 it will take the same again, later.
        if response.status != 429:
            waiting.unlink(missing_ok=True)
        later = f"; try again in {response.retry_after} s" if response.retry_after else ""
        sys.stderr.write(f"not enrolled: {answer.error}{later}\n")
        return _NOT_DONE
    why = response.problem or f"status {response.status}, which is no collector's answer"
    sys.stderr.write(
        f"not enrolled: {order.door.url}: {why}; the code may still be good: run this again\n"
    )
    return _NOT_DONE


def _hand_over(waiting: Path, token_file: Path) -> None:
    """Put the new token in the old one's place; root leaves it to whom the old one belonged."""
    if os.geteuid() == 0 and token_file.exists():
        before = token_file.stat()
        os.chown(waiting, before.st_uid, before.st_gid)
    waiting.replace(token_file)


def _answer(body: bytes) -> Enrolled | None:
    try:
        return msgspec.json.decode(body, type=Enrolled)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def _flush(folder: Path) -> None:
    """Make a renamed file survive a power cut."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
