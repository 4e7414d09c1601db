"""
``thongsuot-agent enrol``: exchanges a one-time code for the agent's token file and certificate.

Token and key are created here; only the token's hash and a certificate request are sent. Both are
kept in files until the collector has answered: if an answer is lost, the same command continues
with the same token and key.
"""

import argparse
import asyncio
import base64
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from thongsuot_agent.app.run_context import token_path
from thongsuot_agent.cli.check_config import WRONG
from thongsuot_agent.cli.refusals import cause_of, print_json, refuse
from thongsuot_agent.clock import NS_PER_S, SYSTEM
from thongsuot_agent.config.model import AgentConfig, SpoolConfig
from thongsuot_agent.config.read import read
from thongsuot_agent.errors import TokenUnusable
from thongsuot_agent.identity.certificate_file import (
    CertificateUnusable,
    PendingCertificate,
    write_secret,
)
from thongsuot_agent.kept_file import flush_folder
from thongsuot_agent.links.reasons import reason_for_curl
from thongsuot_agent.secret_file import read_token
from thongsuot_agent.spool.paths import paths_from_config
from thongsuot_agent.uplink.answer import PostResponse
from thongsuot_agent.uplink.connection import CollectorConnection, CollectorEndpoint, PostRequest
from thongsuot_agent.uplink.uploader import is_on_device
from thongsuot_agent.worker import WorkerFailed
from thongsuot_runtime.config_file import ConfigInvalid
from thongsuot_runtime.terminal import localized
from thongsuot_schema.commissioning.run import commissioning_code
from thongsuot_schema.enrolment import (
    PATH_ENROL,
    TOKEN_PREFIX,
    EnrolmentRefusalReason,
    EnrolmentRequest,
    EnrolmentResponse,
    token_digest,
)
from thongsuot_schema.localizable import Readable
from thongsuot_schema.words.codes import Code, cause_code
from thongsuot_schema.words.dates import local
from thongsuot_schema.words.language import Text, Verbatim

_NOT_DONE = 1
_TOKEN_BYTES = 32
_TIMEOUT_S = 30.0
_WAITING = ".enrolling"
_COULD_NOT_RESOLVE = 6  # CURLE_COULDNT_RESOLVE_HOST (curl/curl.h)

_REFUSALS: Mapping[str, Text] = {
    EnrolmentRefusalReason.UNKNOWN: Text("agent.cli.enrol.refused.unknown"),
    EnrolmentRefusalReason.EXPIRED: Text("agent.cli.enrol.refused.expired"),
    EnrolmentRefusalReason.REPLACED: Text("agent.cli.enrol.refused.replaced"),
    EnrolmentRefusalReason.USED: Text("agent.cli.enrol.refused.used"),
    EnrolmentRefusalReason.WRONG_SITE: Text("agent.cli.enrol.refused.wrong_site"),
    EnrolmentRefusalReason.TOKEN_TAKEN: Text("agent.cli.enrol.refused.token_taken"),
    EnrolmentRefusalReason.MALFORMED: Text("agent.cli.enrol.refused.malformed"),
    EnrolmentRefusalReason.TOO_OFTEN: Text("agent.cli.enrol.refused.too_often"),
}
"""The collector's answers, for readers of other languages than English, in which it words them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _EnrolmentTarget:
    """
    The task: the collector (its addresses, the first that answers is used), the site, and the
    files. ``certificate_file`` is ``None`` if none is to be requested; ``page_port`` is empty if no
    page walks an installer through the links.
    """

    endpoints: tuple[CollectorEndpoint, ...]
    site: str
    token_file: Path
    certificate: Path | None
    page_port: str = ""


class EnrolmentReport(msgspec.Struct, frozen=True, kw_only=True):
    """
    The result of an enrolment; ``commissioning_code`` (empty: no page walks an installer through
    the links) is today's, for the page on ``page_port``.
    """

    site: str
    token_file: str
    certificate_file: str | None
    revoked_tokens: int
    commissioning_code: str = ""
    page_port: str = ""


class _TargetIncomplete(Exception):
    """Neither the command line nor the configuration has the collector or the files."""


def enrol(options: argparse.Namespace) -> int:
    """Enrol this device; returns the exit code."""
    try:
        target = _enrolment_target(options)
    except (ConfigInvalid, _TargetIncomplete) as error:
        return refuse(error, WRONG, is_json=options.json)
    code = options.code or _asked_code()
    waiting = target.token_file.with_name(target.token_file.name + _WAITING)
    try:
        token = _waiting_token(waiting)
        report = asyncio.run(_redeem_code(target, code, token, waiting))
    except (OSError, TokenUnusable, CertificateUnusable, WorkerFailed) as error:
        not_enrolled = Text("agent.cli.error.not_enrolled", why=_cause_with_file(error))
        return refuse(not_enrolled, _NOT_DONE, is_json=options.json)
    if isinstance(report, Text):
        return refuse(report, _NOT_DONE, is_json=options.json)
    if options.json:
        print_json(report)
    else:
        sys.stdout.write("".join(f"{line}\n" for line in _lines(report)))
    return 0


def _enrolment_target(options: argparse.Namespace) -> _EnrolmentTarget:
    config = _config(Path(options.config))
    collector = config.collector if config else None
    configured = (collector.url, *collector.failover_urls) if collector else ("",)
    urls = (options.collector,) if options.collector else configured
    ca_file = options.ca_file or (collector.ca_file if collector else "")
    endpoints = tuple(_endpoint(url.rstrip("/"), ca_file) for url in urls)
    name = options.token_file or (collector.token_file if collector else "")
    if not name:
        raise _TargetIncomplete(Text("agent.cli.error.no_token_file"))
    is_secured = all(endpoint.url.startswith("https:") for endpoint in endpoints)
    return _EnrolmentTarget(
        endpoints=endpoints,
        site=config.site.name if config else "",
        token_file=token_path(name, {}),
        certificate=_certificate_file(options, config) if is_secured else None,
        page_port=_page_port(config) if config else "",
    )


def _endpoint(url: str, ca_file: str) -> CollectorEndpoint:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise _TargetIncomplete(Text("agent.cli.error.no_collector"))
    if parts.scheme == "http" and not is_on_device(parts.hostname):
        raise _TargetIncomplete(Text("agent.cli.error.code_in_clear", url=url))
    return CollectorEndpoint(url=url, host=parts.hostname, ca_file=ca_file, timeout_s=_TIMEOUT_S)


def _page_port(config: AgentConfig) -> str:
    page = config.page
    return page.listen.rpartition(":")[2] if page.commissioning else ""


def _certificate_file(options: argparse.Namespace, config: AgentConfig | None) -> Path | None:
    """Return where the running agent looks for its certificate; ``None`` if that is not known."""
    if config is not None and config.collector.certificate_file:
        return None  # another one's, which must not be replaced
    if options.state_dir:
        return paths_from_config(SpoolConfig(state_dir=options.state_dir), {}).certificate_file
    return None if config is None else paths_from_config(config.spool, {}).certificate_file


def _config(path: Path) -> AgentConfig | None:
    """Return the configuration; ``None`` if there is none yet."""
    return read(path) if path.exists() else None


def _asked_code() -> str:
    """
    Return the code that a person enters; neither the process list nor a shell history shows it.
    """
    if sys.stdin.isatty():
        sys.stderr.write(localized(Text("agent.cli.enrol.prompt")))
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
    write_secret(waiting, f"{token}\n")
    return token


async def _redeem_code(
    target: _EnrolmentTarget, code: str, token: str, waiting: Path
) -> EnrolmentReport | Text:
    """Return the result of the collector's answer to a code, or the reason of its failure."""
    pair = None if target.certificate is None else PendingCertificate(target.certificate)
    request = "" if pair is None else await pair.request()
    response = await _post_code(target, code, token, request)
    answer = _answer(response.body)
    if response.status == 200 and answer is not None and answer.site:
        if pair is not None and answer.certificate:
            await pair.install(answer.certificate)
        elif pair is not None:
            pair.discard_all()
        _install_token(waiting, target.token_file)
        flush_folder(target.token_file.parent)
        return _report(target, answer, token)
    # With 429 the collector will take the same again, later.
    if answer is not None and answer.error and response.status != 429:
        _discard_enrolment(waiting, pair)
    return not_enrolled(response, [endpoint.url for endpoint in target.endpoints])


def not_enrolled(response: PostResponse, urls: Sequence[str]) -> Text:
    """Return why a code was not exchanged: by the collector's answer, or what came instead."""
    answer = _answer(response.body)
    if answer is not None and answer.error:
        why = Code(answer.error, _REFUSALS.get(answer.reason, Verbatim(answer.error)))
        if response.retry_after:
            return Text("agent.cli.error.not_enrolled_yet", why=why, seconds=response.retry_after)
        return Text("agent.cli.error.not_enrolled", why=why)
    return Text(
        "agent.cli.error.not_enrolled_by", urls=", ".join(urls), why=_unanswered_cause(response)
    )


def _cause_with_file(error: Exception) -> Readable:
    cause = cause_of(error)
    if isinstance(error, OSError) and error.filename:
        return Text("agent.cli.cause.of_file", file=str(error.filename), why=cause)
    return cause


def _unanswered_cause(response: PostResponse) -> Readable:
    """Return why there is no answer of the collector's."""
    if not response.problem:
        return Text("agent.cli.cause.not_the_collector", status=response.status)
    if response.curl_code == _COULD_NOT_RESOLVE:
        return Code(response.problem, Text("agent.cli.cause.no_address"))
    reason = reason_for_curl(response.curl_code, response.system_errno)
    return cause_code(reason, response.problem)


def _discard_enrolment(waiting: Path, pair: PendingCertificate | None) -> None:
    waiting.unlink(missing_ok=True)
    if pair is not None:
        pair.discard_pending()


async def _post_code(target: _EnrolmentTarget, code: str, token: str, request: str) -> PostResponse:
    asked = EnrolmentRequest(
        code=code, token_digest=token_digest(token), site=target.site, certificate_request=request
    )
    sent = PostRequest(
        path=PATH_ENROL,
        headers=("Content-Type: application/json",),
        body=msgspec.json.encode(asked),
    )
    response = PostResponse(status=0)
    for endpoint in target.endpoints:
        connection = CollectorConnection(endpoint, None, SYSTEM)
        try:
            response = await connection.post(sent)
        finally:
            connection.close()
        if _answer(response.body) is not None:
            break
    return response


def _report(target: _EnrolmentTarget, answer: EnrolmentResponse, token: str) -> EnrolmentReport:
    code = ""
    if target.page_port:
        today = local(SYSTEM.wall_ns() / NS_PER_S).date().isoformat()
        code = commissioning_code(bytes.fromhex(token_digest(token)), today)
    return EnrolmentReport(
        site=answer.site,
        token_file=str(target.token_file),
        certificate_file=str(target.certificate) if answer.certificate else None,
        revoked_tokens=answer.revoked,
        commissioning_code=code,
        page_port=target.page_port,
    )


def _lines(report: EnrolmentReport) -> Iterator[str]:
    done = Text("agent.cli.enrolled.done", site=report.site, file=report.token_file)
    yield localized(done)
    if report.certificate_file is not None:
        yield localized(Text("agent.cli.enrolled.certificate", file=report.certificate_file))
    if report.revoked_tokens:
        yield localized(Text("agent.cli.enrolled.revoked", count=report.revoked_tokens))
    if report.commissioning_code:
        prove = Text(
            "agent.cli.enrolled.prove", port=report.page_port, code=report.commissioning_code
        )
        yield localized(prove)


def _install_token(waiting: Path, token_file: Path) -> None:
    """Put the new token in the old one's place; root leaves it to whom the old one belonged."""
    if os.geteuid() == 0 and token_file.exists():
        before = token_file.stat()
        os.chown(waiting, before.st_uid, before.st_gid)
    waiting.replace(token_file)


def _answer(body: bytes) -> EnrolmentResponse | None:
    try:
        return msgspec.json.decode(body, type=EnrolmentResponse)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
