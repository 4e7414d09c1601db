"""A collector behind TLS in a process of its own, and devices with the agent's own code."""

import asyncio
import shutil
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec
import trustme
from cryptography import x509

from tests.collector.app.process import CollectorProcess
from tests.collector.pki.secured import DAY_S, enrolled, new_authority
from tests.collector.running import WITHIN_S, token
from thongsuot_agent.clock import SYSTEM
from thongsuot_agent.identity.certificate_file import CertificateFile
from thongsuot_agent.identity.renewal import CertificateRenewal, RenewalCallbacks
from thongsuot_agent.uplink.answer import PostResponse
from thongsuot_agent.uplink.connection import CollectorEndpoint
from thongsuot_agent.uplink.uploader import UploadConfig, Uploader
from thongsuot_collector.app.durable import STORE_FILE
from thongsuot_collector.store import audit
from thongsuot_collector.store.engine import open_store
from thongsuot_schema.batch.push import CONTENT_TYPE_BATCH, PATH_BATCHES, PushResponse
from thongsuot_schema.renewal import PATH_CERTIFICATE

SITE = "hoan-kiem"
RENEWAL_S = 61 * DAY_S
"""An age at which a certificate of ninety days is due."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CertifyingCollector:
    """A collector in a process of its own, behind TLS."""

    url: str
    folder: Path

    @property
    def state(self) -> Path:
        """Its state folder."""
        return self.folder / "state"

    @property
    def ca_file(self) -> Path:
        """What its own certificate is checked against."""
        return self.folder / "server-ca.pem"

    def audited(self) -> list[str]:
        """Return the actions of the site in the audit log."""
        store = open_store(self.state / STORE_FILE)
        try:
            return [line.action for line in audit.listed(store, subject=SITE)]
        finally:
            store.dispose()


@asynccontextmanager
async def certifying_collector(
    folder: Path, policy: str = "required"
) -> AsyncIterator[CertifyingCollector]:
    """Run a collector that asks for certificates of its own authority."""
    new_authority(folder / "state")
    trusted = trustme.CA()
    both = folder / "server.pem"
    trusted.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(both)
    trusted.cert_pem.write_to_path(folder / "server-ca.pem")
    process = CollectorProcess(
        folder,
        '[listen]\naddress = "127.0.0.1:0"\ncertificate_file = "server.pem"\n'
        f'key_file = "server.pem"\nclient_certificates = "{policy}"\n'
        "[ingest]\nbad_tokens_burst = 1000\n",
    )
    await process.start()
    try:
        yield CertifyingCollector(url=process.url, folder=folder)
    finally:
        # At once: idle agents hold their connections open, and a good end waits for them.
        await process.kill()


class CertifiedDevice:
    """A device's folder, and what its agent does with it."""

    def __init__(self, folder: Path, at: CertifyingCollector) -> None:
        folder.mkdir(exist_ok=True)
        self.folder = folder
        self.at = at
        self.config = folder / "agent.toml"
        self.config.write_text(
            f'[site]\nname = "{SITE}"\n[collector]\nurl = "{at.url}"\nca_file = "{at.ca_file}"\n'
            f'token_file = "{folder}/agent.token"\n[spool]\nstate_dir = "{folder}/state"\n'
        )
        self.file = folder / "state" / "certificate.pem"
        self.pair = CertificateFile(self.file, wall_s=time.time)
        self.uploader = Uploader(
            UploadConfig(
                endpoints=(
                    CollectorEndpoint(
                        url=at.url, host="127.0.0.1", ca_file=str(at.ca_file), timeout_s=60.0
                    ),
                ),
                links={},
                clock=SYSTEM,
                boot_id="boot",
                token=lambda: (folder / "agent.token").read_text().strip(),
                candidates=lambda: (),
                charge=lambda _link, _size: None,
                layout_of=_none,
                certificate=self.pair,
            )
        )
        self.renewal = CertificateRenewal(
            self.pair, RenewalCallbacks(wall_s=time.time, post=self._renew, jitter=lambda: 1.0)
        )

    async def _renew(self, body: bytes) -> PostResponse:
        return await self.uploader.post(PATH_CERTIFICATE, "application/json", body)

    async def enrol(self, code: str) -> tuple[int, str]:
        """Run the agent's own command; return how it ended and what it said."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "thongsuot_agent.cli.main", "enrol", "--code", code),
            *("--config", str(self.config)),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        out, _ = await process.communicate()
        assert process.returncode is not None
        return process.returncode, out.decode()

    async def given(self, age_s: float) -> None:
        """
        Give the device what an enrolment some time ago would have left on it, and wait until the
        collector has read it in its store.
        """
        (self.folder / "state").mkdir(exist_ok=True)
        (self.folder / "agent.token").write_text(token(self.at.state, SITE))
        key = enrolled(self.at.state, SITE, age_s=age_s)
        shutil.move(key.both(self.folder), self.file)
        self.file.chmod(0o600)
        deadline_s = time.monotonic() + WITHIN_S
        while "is not known here" in error_of(await self.push()):
            assert time.monotonic() < deadline_s
            await asyncio.sleep(0.05)

    async def push(self) -> PostResponse:
        """Push what is no batch: 400 says that its sender was let in."""
        return await self.uploader.post(PATH_BATCHES, CONTENT_TYPE_BATCH, b"")

    def serial(self) -> str:
        """Return the serial number of the certificate in use."""
        return f"{x509.load_pem_x509_certificate(self.file.read_bytes()).serial_number:x}"


async def _none(_layout: bytes) -> None:
    return None


def error_of(response: PostResponse) -> str:
    return msgspec.json.decode(response.body, type=PushResponse).error
