"""A collector behind real TLS that asks for client certificates, and clients that show some."""

import secrets
import ssl
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from tests.collector.batches import BatchSealer, S
from tests.collector.running import WITHIN_S, Pusher, collector
from thongsuot_collector.app.durable import STORE_FILE
from thongsuot_collector.pki import authority
from thongsuot_collector.pki.authority import CertificateAuthority
from thongsuot_collector.pki.csr import parse_csr
from thongsuot_collector.pki.issuer import CertificateIssuer
from thongsuot_collector.store.engine import open_store

SITE = "hoan-kiem"
NOW = 5000 * S
DAY_S = 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceKey:
    """A device's key, its request for a certificate, and what it got."""

    private: ec.EllipticCurvePrivateKey
    request: str
    certificate: str = ""

    def both(self, folder: Path) -> Path:
        """Write key and certificate into one file, as a TLS client takes them."""
        path = folder / f"client-{time.monotonic_ns()}.pem"
        secret = self.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        path.write_bytes(secret + self.certificate.encode())
        return path


def new_key(common_name: str = "whoever") -> DeviceKey:
    """Make a key and a request whose name nobody should believe."""
    private = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    request = x509.CertificateSigningRequestBuilder().subject_name(name)
    request = request.add_extension(x509.BasicConstraints(ca=True, path_length=5), critical=True)
    signed = request.sign(private, hashes.SHA256())
    return DeviceKey(private=private, request=signed.public_bytes(Encoding.PEM).decode())


def new_authority(state_dir: Path) -> CertificateAuthority:
    """Make the collector's authority as ``ca init`` does."""
    state_dir.mkdir(parents=True, exist_ok=True)
    return authority.create_authority(
        state_dir / authority.FOLDER, now=datetime.now(UTC), lifetime=timedelta(days=3650)
    )


def enrolled(
    state_dir: Path,
    site: str = SITE,
    *,
    age_s: float = 0.0,
    lifetime_s: float = 90 * DAY_S,
) -> DeviceKey:
    """Give a device of a site a certificate, issued some time ago; others of the site end."""
    key = new_key()
    store = open_store(state_dir / STORE_FILE)
    issuer = CertificateIssuer(
        authority.load_authority(state_dir / authority.FOLDER),
        lifetime_s,
        lambda: time.time() - age_s,
    )
    with store.begin() as connection:
        pem = issuer.enrol(connection, site, parse_csr(key.request), by="test", repeated=False)
    store.dispose()
    return DeviceKey(private=key.private, request=key.request, certificate=pem)


class SecuredCollector:
    """A running collector, and how clients reach it."""

    def __init__(self, folder: Path, url: httpx.URL, trusted: trustme.CA) -> None:
        self.folder = folder
        self.url = url
        self._trusted = trusted

    def context(self, key: DeviceKey | None = None) -> ssl.SSLContext:
        """Return how a client speaks that shows a certificate, or none."""
        context = ssl.create_default_context()
        self._trusted.configure_trust(context)
        if key is not None:
            context.load_cert_chain(key.both(self.folder))
        return context

    def client(self, key: DeviceKey | None = None) -> httpx.AsyncClient:
        """Return a client with connections of its own."""
        return httpx.AsyncClient(
            base_url=self.url, verify=self.context(key), timeout=WITHIN_S, trust_env=False
        )


@asynccontextmanager
async def secured(folder: Path, policy: str, more: str = "") -> AsyncIterator[SecuredCollector]:
    """Run a collector whose state is in ``folder``/state; ends it as SIGTERM would."""
    (folder / "state").mkdir(exist_ok=True)
    trusted = trustme.CA()
    both = folder / "server.pem"
    trusted.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(both)
    trusted.cert_pem.write_to_path(folder / "server-ca.pem")
    config = (
        f'[listen]\naddress = "127.0.0.1:0"\ncertificate_file = "{both}"\nkey_file = "{both}"\n'
        f'client_certificates = "{policy}"\n{more}'
    )
    async with collector(folder / "state", config=config) as plain:
        yield SecuredCollector(folder, plain.base_url, trusted)


def pusher(client: httpx.AsyncClient, secret: str, site: str = SITE) -> Pusher:
    """Return what pushes as an agent of a site; without a token it has none to send."""
    stream = secrets.token_hex(8)
    return Pusher(client, BatchSealer(site, stream=stream, epoch_ns=time.time_ns() - NOW), secret)


async def pushed(client: httpx.AsyncClient, secret: str, site: str = SITE) -> httpx.Response:
    """Push one batch; return the answer."""
    device = pusher(client, secret, site)
    return await device.batch(device.agent.batch(NOW))
