"""Surveys a device from the resident process: in a worker, over a socket of the link."""

import socket
from dataclasses import dataclass

import msgspec

from thongsuot_agent import worker
from thongsuot_agent.links.link import LiveLink
from thongsuot_agent.links.reasons import described, reason_for_own
from thongsuot_agent.links.sockets import open_unbound
from thongsuot_agent.links.state import LinkUnusable
from thongsuot_agent.probing.snmp.protocol import DeviceAccess, Survey, SurveyRequest
from thongsuot_agent.secret_file import SecretUnusable, read_secret
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family, Finding, failed_finding

_WORKER = "thongsuot_agent.probing.snmp.worker"

AUTHS = ("md5", "sha", "sha224", "sha256", "sha384", "sha512")
_REASONS = {
    "silent": Reason.TIMED_OUT,
    "refused": Reason.PERMISSION_DENIED,
    "missing": Reason.NOT_SUPPORTED,
}
PRIVACIES = ("des", "aes", "aes192", "aes256", "aes192_blumenthal", "aes256_blumenthal")


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """Names of files, of algorithms and of users; the secrets themselves stay in their files."""

    version: str = "2c"
    community_file: str = ""
    user: str = ""
    auth: str = "sha256"
    auth_file: str = ""
    privacy: str = "aes"
    privacy_file: str = ""
    context: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitSettings:
    """How to visit a device; see the settings of the ``snmp`` kind."""

    credentials: Credentials
    port: int
    interface: str = ""
    profiles: tuple[str, ...] = ()
    profile_folder: str = ""
    bound_to_link: bool = True
    answer_s: float = 1.5
    retries: int = 1
    timeout_s: float = 20.0


def device_access(
    host: str, port: int, credentials: Credentials, *, answer_s: float, retries: int
) -> DeviceAccess:
    """
    Return the access to a device, with secrets freshly read from their files.

    Raises:
        SecretUnusable: one of them cannot be read.
    """
    if credentials.version == "2c":
        community = (
            read_secret(credentials.community_file) if credentials.community_file else "public"
        )
        return DeviceAccess(
            host=host, port=port, community=community, timeout_s=answer_s, retries=retries
        )
    return DeviceAccess(
        host=host,
        port=port,
        version="3",
        user=credentials.user,
        auth=credentials.auth,
        auth_key=read_secret(credentials.auth_file) if credentials.auth_file else "",
        privacy=credentials.privacy,
        privacy_key=read_secret(credentials.privacy_file) if credentials.privacy_file else "",
        context=credentials.context,
        timeout_s=answer_s,
        retries=retries,
    )


async def run_survey(request: SurveyRequest, opened: socket.socket, timeout_s: float) -> Survey:
    """
    Return the result of a visit.

    Raises:
        TimeoutError: it took too long.
        WorkerFailed: the worker failed.
        OSError: the worker cannot be started.
    """
    answer = await worker.run_worker(
        _WORKER,
        [str(opened.fileno())],
        msgspec.json.encode(request),
        descriptors=[opened.fileno()],
        timeout_s=timeout_s,
    )
    return msgspec.json.decode(answer, type=Survey)


def open_device_socket(
    link: LiveLink, family: Family, host: str, port: int, *, is_bound: bool
) -> socket.socket:
    """
    Return a socket to a device: bound to the link, or routed by the kernel if the device is not
    beyond it.

    Raises:
        LinkUnusable: the link cannot reach it.
    """
    return link.open_udp(family, host, port) if is_bound else open_unbound(family, host, port)


async def read_device(  # noqa: PLR0917 - a device, how it is reached, and what is asked
    link: LiveLink,
    family: Family,
    address: str,
    settings: VisitSettings,
    purposes: tuple[str, ...],
    profiles: tuple[str, ...] = (),
) -> Survey:
    """
    Return the survey of a device; ``profiles`` are those known to match it.

    Raises:
        SecretUnusable, LinkUnusable, TimeoutError, WorkerFailed, OSError: see
        ``finding_from_error``.
    """
    access = device_access(
        address,
        settings.port,
        settings.credentials,
        answer_s=settings.answer_s,
        retries=settings.retries,
    )
    request = SurveyRequest(
        access=access,
        profiles=settings.profiles or profiles,
        purposes=purposes,
        folder=settings.profile_folder,
        interface=settings.interface,
    )
    opened = open_device_socket(
        link, family, address, settings.port, is_bound=settings.bound_to_link
    )
    with opened:
        return await run_survey(request, opened, settings.timeout_s)


def finding_from_error(error: Exception) -> Finding:
    """Return the finding of a failed visit; our own bugs are re-raised."""
    if isinstance(error, LinkUnusable):
        return failed_finding(error.reason, detail=error.detail)
    if isinstance(error, SecretUnusable):
        return failed_finding(Reason.PERMISSION_DENIED, detail=str(error))
    if isinstance(error, TimeoutError):
        return failed_finding(Reason.TIMED_OUT, detail="the visit did not end in time")
    if isinstance(error, OSError):
        return failed_finding(reason_for_own(error), detail=described(error))
    raise error


def finding_from_failed_survey(survey: Survey) -> Finding:
    """Return the finding of a device that cannot be read."""
    return failed_finding(
        _REASONS.get(survey.reason, Reason.UNMEASURED_OTHERWISE), detail=survey.failure
    )
