"""Troubles of this device that look like a server's, by real requests on loopback."""

import asyncio
import json
import shutil
import socket
import ssl
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.agent.probes.web_server import ServerAuthority
from thongsuot_agent.links.curl_multi import current_multi
from thongsuot_agent.links.default_route import DefaultRoute
from thongsuot_agent.links.rtnetlink_client import RtnetlinkClient
from thongsuot_agent.probing.certificates import Authorities, authorities_problem
from thongsuot_agent.probing.fetch import Fetch, FetchRequest, FetchResponse
from thongsuot_schema.outcome import Outcome
from thongsuot_schema.reason import Reason, outcome_of
from thongsuot_schema.result import Family

HOST = "portal.example"
LOOPBACK = "127.0.0.1"
PATIENT_S = 120.0


def request_to(url: str) -> FetchRequest:
    """Return a request for a page on loopback by which no authority is known."""
    return FetchRequest(
        url=url,
        address=LOOPBACK,
        family=Family.IP4,
        timeout_s=PATIENT_S,
        authorities=Authorities(),
        user_agent="test",
        body_limit_bytes=100,
    )


@asynccontextmanager
async def portal(context: ssl.SSLContext) -> AsyncIterator[FetchRequest]:
    """A server; yields a request for its page by which no authority is known."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if await reader.read(4096):
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        writer.close()

    async with await asyncio.start_server(serve, LOOPBACK, 0, ssl=context) as server:
        yield request_to(f"https://{HOST}:{server.sockets[0].getsockname()[1]}/")


async def fetched(request: FetchRequest) -> FetchResponse:
    with RtnetlinkClient() as kernel:
        return await Fetch(DefaultRoute(kernel), request).perform(current_multi())


@pytest.fixture
def authority(tmp_path: Path) -> ServerAuthority:
    return ServerAuthority(tmp_path)


def file_by_hash(folder: Path, certificate: Path) -> Path:
    """Where OpenSSL looks for an authority in a folder."""
    folder.mkdir(exist_ok=True)
    command = ["openssl", "x509", "-hash", "-noout", "-in", str(certificate)]
    name = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
    return folder / f"{name}.0"


def damaged(trouble: str, place: Path, authority: Path) -> None:
    match trouble:
        case "half written":
            place.write_bytes(authority.read_bytes()[:300])
        case "empty":
            place.touch()
        case "unreadable":
            place.mkdir()  # root, as whom tests run, may read any file: a folder has no bytes
        case "dangling":
            place.symlink_to("nowhere")
        case "no folder":
            place.parent.rmdir()
        case _:
            assert trouble == "none there"


@pytest.mark.parametrize(
    "trouble", ["half written", "empty", "unreadable", "dangling", "no folder", "none there"]
)
async def test_authorities_that_cannot_be_read_are_no_fault_of_the_portal(
    tmp_path: Path, authority: ServerAuthority, trouble: str
) -> None:
    folder = tmp_path / "authorities"
    damaged(trouble, file_by_hash(folder, authority.file), authority.file)
    async with portal(authority.context(HOST)) as request:
        response = await fetched(replace(request, authorities=Authorities(folder=str(folder))))
    assert response.reason is Reason.UNMEASURED_OTHERWISE
    assert "this device" in response.detail


@pytest.mark.parametrize("trouble", ["half written", "empty", "unreadable", "dangling"])
async def test_a_bundle_that_cannot_be_read_is_no_fault_of_the_portal(
    tmp_path: Path, authority: ServerAuthority, trouble: str
) -> None:
    bundle = tmp_path / "bundle.pem"
    damaged(trouble, bundle, authority.file)
    async with portal(authority.context(HOST)) as request:
        response = await fetched(replace(request, authorities=Authorities(file=str(bundle))))
    assert response.reason is Reason.UNMEASURED_OTHERWISE


async def test_a_portal_of_an_unknown_authority_is_untrusted_and_of_a_known_one_trusted(
    tmp_path: Path, authority: ServerAuthority
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    known, folder = ServerAuthority(other), tmp_path / "authorities"
    shutil.copy(known.file, file_by_hash(folder, known.file))
    authorities = Authorities(folder=str(folder))
    assert authorities_problem(authorities) is None
    async with portal(authority.context(HOST)) as request:
        response = await fetched(replace(request, authorities=authorities))
    assert response.reason is Reason.CERTIFICATE_UNTRUSTED
    async with portal(known.context(HOST)) as request:
        response = await fetched(replace(request, authorities=authorities))
    assert (response.reason, response.status) == (None, 200)


def expired_authority(folder: Path) -> tuple[Path, ssl.SSLContext]:
    """An authority that expired yesterday, and a server whose certificate is valid by itself."""
    now = datetime.now(UTC)
    key, server_key = (
        ec.generate_private_key(ec.SECP256R1()),
        ec.generate_private_key(ec.SECP256R1()),
    )
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "an old root")])
    builder = x509.CertificateBuilder().issuer_name(name).not_valid_before(now - timedelta(days=9))
    root = (
        builder.subject_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_after(now - timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    leaf = (
        builder.subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)]))
        .public_key(server_key.public_key())
        .serial_number(2)
        .not_valid_after(now + timedelta(days=60))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    root_file, chain = folder / "root.pem", folder / "server.pem"
    root_file.write_bytes(root.public_bytes(pem))
    chain.write_bytes(
        leaf.public_bytes(pem)
        + server_key.private_bytes(
            pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(chain)
    return root_file, context


async def test_an_expired_authority_of_the_device_is_no_expired_certificate_of_the_portal(
    tmp_path: Path,
) -> None:
    root, context = expired_authority(tmp_path)
    async with portal(context) as request:
        refused = await fetched(replace(request, authorities=Authorities(file=str(root))))
        seen = await fetched(replace(request, handshake_only=True))
    assert refused.reason is Reason.CERTIFICATE_EXPIRED
    known = refused.with_chain_of(seen)
    assert known.reason is Reason.UNMEASURED_OTHERWISE
    assert "an authority of this device has expired" in known.detail


async def test_an_expired_certificate_of_the_portal_stays_its_own(
    authority: ServerAuthority,
) -> None:
    async with portal(authority.context(HOST, ends_in_days=-1)) as request:
        file = Authorities(file=str(authority.file))
        refused = await fetched(replace(request, authorities=file))
        seen = await fetched(replace(request, handshake_only=True))
    known = refused.with_chain_of(seen)
    assert known.reason is Reason.CERTIFICATE_EXPIRED


LIMITED = """
import asyncio, json, os, resource, sys
from dataclasses import replace
from tests.agent.probing import test_own_troubles as test
from thongsuot_agent.links.curl_multi import current_multi
from thongsuot_agent.links.default_route import DefaultRoute
from thongsuot_agent.links.rtnetlink_client import RtnetlinkClient
from thongsuot_agent.links.state import LinkUnusable
from thongsuot_agent.probing.certificates import Authorities
from thongsuot_agent.probing.fetch import Fetch, FetchRequest
from thongsuot_schema.result import Family

async def reasons(url, **authorities):
    request = FetchRequest(
        url=url, address=test.LOOPBACK, family=Family.IP4, timeout_s=test.PATIENT_S,
        authorities=Authorities(**authorities), user_agent="test", body_limit_bytes=100,
    )
    found = []
    with RtnetlinkClient() as kernel:
        route = DefaultRoute(kernel)
        first = await Fetch(route, request).perform(current_multi())
        assert first.reason is None, first.detail
        lowest = os.open("/dev/null", os.O_RDONLY)
        while (top := os.open("/dev/null", os.O_RDONLY)) < 100:
            pass
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        for free in range(6):
            resource.setrlimit(resource.RLIMIT_NOFILE, (top + 1 + free, hard))
            try:
                response = await Fetch(route, request).perform(current_multi())
                found.append(response.reason)
            except LinkUnusable as unusable:
                found.append(unusable.reason)
    return found

print(json.dumps(asyncio.run(reasons(sys.argv[1], **{sys.argv[2]: sys.argv[3]}))))
"""


@pytest.mark.parametrize("kind", ["folder", "file"])
async def test_a_process_without_file_descriptors_blames_nobody(
    tmp_path: Path, authority: ServerAuthority, kind: str
) -> None:
    folder = tmp_path / "authorities"
    shutil.copy(authority.file, file_by_hash(folder, authority.file))
    authorities = folder if kind == "folder" else authority.file
    async with portal(authority.context(HOST)) as request:
        command = [sys.executable, "-c", LIMITED, request.url, kind, str(authorities)]
        process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
        output, _ = await process.communicate()
    reasons = json.loads(output)
    assert reasons[0] == Reason.RESOURCE_EXHAUSTED
    assert reasons[-1] is None
    failed = [
        reason
        for reason in reasons
        if reason is not None and outcome_of(Reason(reason)) is not Outcome.UNMEASURED
    ]
    assert failed == []


async def test_a_port_where_nobody_listens_is_still_refused() -> None:
    with socket.socket() as taken:
        taken.bind((LOOPBACK, 0))
        response = await fetched(request_to(f"http://{HOST}:{taken.getsockname()[1]}/"))
    assert response.reason is Reason.CONNECTION_REFUSED
