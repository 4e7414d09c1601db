"""Agent access: tokens, certificates, and the TLS that requests certificates from agents."""

from dataclasses import dataclass

from sqlalchemy import Engine

from thongsuot_collector.config.read import Configuration
from thongsuot_collector.ingest.authentication import Authenticator
from thongsuot_collector.ingest.batch_signatures import BatchSigners
from thongsuot_collector.ingest.server import tls_context
from thongsuot_collector.ingest.tokens import TokenCache
from thongsuot_collector.metrics import Metrics
from thongsuot_collector.pki import authority
from thongsuot_collector.pki.external_registry import ExternalCertificateRegistry
from thongsuot_collector.pki.issuer import CertificateIssuer
from thongsuot_collector.pki.listener_tls import ListenerTls
from thongsuot_collector.pki.own_registry import OwnCertificateRegistry
from thongsuot_collector.pki.registry import CertificateRegistry, ExpiryTimes
from thongsuot_collector.pki.settings import ClientCertificatePolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentAccess:
    """
    ``issuer`` is ``None`` if this collector issues no certificates, ``handshakes`` if it requests
    none.
    """

    tokens: TokenCache
    authenticator: Authenticator
    issuer: CertificateIssuer | None
    handshakes: ListenerTls | None
    metrics: Metrics

    async def refresh(self) -> None:
        """Read the currently valid credentials."""
        await self.tokens.refresh()
        await self.authenticator.refresh()
        self._apply_authorities()

    async def keep_fresh(self) -> None:
        """Follow changes of certificates, authorities and signing keys until cancelled."""
        await self.authenticator.keep_fresh(self._apply_authorities)

    def _apply_authorities(self) -> None:
        """Update the authorities, and report how long they and their lists are valid."""
        if self.handshakes is not None:
            self.handshakes.renew()
        if self.authenticator.registry is not None:
            ends = self.authenticator.registry.ends
            self.metrics.set_expiry_times(ends.authorities, ends.lists)
        self.metrics.signing_sites.set(self.authenticator.signers.sites)


def agent_access(configuration: Configuration, store: Engine, metrics: Metrics) -> AgentAccess:
    """
    Return the access of a configuration.

    Raises:
        AuthorityError: certificates are required, and there is no authority.
    """
    settings = configuration.settings
    policy, tokens = settings.listen.client_certificates, TokenCache(store)
    registry: CertificateRegistry | None = None
    issuer: CertificateIssuer | None = None
    if policy is not ClientCertificatePolicy.OFF and settings.certificates.authorities_file:
        registry = ExternalCertificateRegistry(settings.certificates)
    elif policy is not ClientCertificatePolicy.OFF:
        folder = configuration.state_dir / authority.FOLDER
        own = authority.load_authority(folder)
        ends = ExpiryTimes(authorities={own.name: own.not_after.timestamp()})
        registry = OwnCertificateRegistry(store, authority.trusted_pem(folder), ends)
        issuer = CertificateIssuer(own, settings.certificates.lifetime_s)
    handshakes = None
    if registry is not None:
        make, refusals = (lambda: tls_context(settings.listen)), metrics.handshakes_refused
        handshakes = ListenerTls(registry, make, refusals)
    return AgentAccess(
        tokens=tokens,
        authenticator=Authenticator(store, tokens, policy, registry, BatchSigners(store)),
        issuer=issuer,
        handshakes=handshakes,
        metrics=metrics,
    )
