"""Visit: from the resident process to a device and back, by a worker, over a socket of the link."""

import socket
from dataclasses import dataclass

import msgspec

from thongsuot_agent import worker
from thongsuot_agent.equipment.secret import read_secret
from thongsuot_agent.links.link import LiveLink
from thongsuot_agent.links.sockets import open_unbound
from thongsuot_agent.snmp.protocol import DeviceAccess, Survey, SurveyRequest
from thongsuot_schema.result import Family

_WORKER = "thongsuot_agent.snmp.worker"

AUTHS = ("md5", "sha", "sha224", "sha256", "sha384", "sha512")
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


def device_access(
    host: str, port: int, credentials: Credentials, *, answer_s: float, retries: int
) -> DeviceAccess:
    """
    Return how a device is spoken to, the secrets read from their files now.

    Raises:
        SecretUnusable: one of them cannot be read.
    """
    one = credentials
    if one.version == "2c":
        community = read_secret(one.community_file) if one.community_file else "public"
        return DeviceAccess(
            host=host, port=port, community=community, timeout_s=answer_s, retries=retries
        )
    return DeviceAccess(
        host=host,
        port=port,
        version="3",
        user=one.user,
        auth=one.auth,
        auth_key=read_secret(one.auth_file) if one.auth_file else "",
        privacy=one.privacy,
        privacy_key=read_secret(one.privacy_file) if one.privacy_file else "",
        context=one.context,
        timeout_s=answer_s,
        retries=retries,
    )


async def run_survey(order: SurveyRequest, opened: socket.socket, timeout_s: float) -> Survey:
    """
    Return what a visit brought.

    Raises:
        TimeoutError: it took too long.
        WorkerFailed: the worker broke.
        OSError: no worker can be started.
    """
    answer = await worker.run_worker(
        _WORKER,
        [str(opened.fileno())],
        msgspec.json.encode(order),
        descriptors=[opened.fileno()],
        timeout_s=timeout_s,
    )
    return msgspec.json.decode(answer, type=Survey)


def open_device_socket(
    link: LiveLink, family: Family, host: str, port: int, *, is_bound: bool
) -> socket.socket:
    """
    Return a socket to a device: by the link alone, or as the kernel routes where it is not beyond.

    Raises:
        LinkUnusable: the link cannot reach it.
    """
    return link.open_udp(family, host, port) if is_bound else open_unbound(family, host, port)
