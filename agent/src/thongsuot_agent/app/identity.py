"""Identity: the client certificate of this device and its renewal."""

import os
from collections.abc import Awaitable, Callable

from thongsuot_agent.app.run_context import RunContext, token_path
from thongsuot_agent.clock import NS_PER_S
from thongsuot_agent.identity.certificate_file import CertificateFile
from thongsuot_agent.identity.renewal import CertificateRenewal, RenewalCallbacks
from thongsuot_agent.identity.signer import BatchSigner
from thongsuot_agent.uplink.answer import PostResponse
from thongsuot_agent.uplink.uploader import Uploader
from thongsuot_schema.catalogue.host import CERTIFICATE_EXPIRY
from thongsuot_schema.metric import Metric
from thongsuot_schema.renewal import PATH_CERTIFICATE


class DeviceIdentity:
    """``wall_ns`` returns the trusted wall time, ``None`` while the clock is not trusted."""

    def __init__(self, context: RunContext, wall_ns: Callable[[], int | None]) -> None:
        self._wall_ns = wall_ns
        self.pair = certificate_file_from(context, self._wall_s)
        self.signer = BatchSigner(lambda: self.pair.key_pem)
        self._is_own = not context.config.collector.certificate_file
        self._uploader: Uploader | None = None
        self._renewal: CertificateRenewal | None = None

    @property
    def expiry_s(self) -> float | None:
        """When the certificate runs out; ``None``: there is none."""
        validity = self.pair.validity
        return None if validity is None else validity.not_after_s

    @property
    def problem(self) -> str:
        """Why it cannot be used, was not renewed or signs nothing; empty when all is well."""
        renewal = "" if self._renewal is None else self._renewal.problem
        return self.pair.problem or renewal or self.signer.problem

    def set_uploader(self, uploader: Uploader, jitter: Callable[[], float]) -> None:
        """Set the connection to the collector with which the next certificate is requested."""
        self._uploader = uploader
        if self._is_own:
            means = RenewalCallbacks(wall_s=self._wall_s, post=self._post, jitter=jitter)
            self._renewal = CertificateRenewal(self.pair, means)

    def tasks(self) -> dict[str, Callable[[], Awaitable[object]]]:
        """Return the tasks for renewal: none if another system renews it."""
        return {} if self._renewal is None else {"certificate": self._renewal.run}

    def metrics(self) -> dict[Metric, float]:
        """Return the metric of its expiry."""
        expiry_s = self.expiry_s
        return {} if expiry_s is None else {CERTIFICATE_EXPIRY: expiry_s}

    def close(self) -> None:
        """Give up the connection."""
        if self._uploader is not None:
            self._uploader.close()

    def _wall_s(self) -> float | None:
        wall_ns = self._wall_ns()
        return None if wall_ns is None else wall_ns / NS_PER_S

    async def _post(self, body: bytes) -> PostResponse:
        assert self._uploader is not None
        return await self._uploader.post(PATH_CERTIFICATE, "application/json", body)


def certificate_file_from(
    context: RunContext, wall_s: Callable[[], float | None]
) -> CertificateFile:
    """Return the certificate that the device shows, its own or the one that is configured."""
    collector = context.config.collector
    if not collector.certificate_file:
        return CertificateFile(context.paths.certificate_file, wall_s=wall_s)
    key_file = collector.certificate_key_file
    return CertificateFile(
        token_path(collector.certificate_file, os.environ),
        wall_s=wall_s,
        key_file=token_path(key_file, os.environ) if key_file else None,
    )
