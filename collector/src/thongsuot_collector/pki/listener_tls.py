"""
Listener TLS: the handshake requests a certificate, accepts those of the currently trusted
authorities, and counts refusals.

The handshake only requests one (``CERT_OPTIONAL``), even if certificates are required: browsers,
carriers' callbacks and devices that are not enrolled yet use the same address.
``ingest.authentication`` enforces the requirement.
"""

import logging
import ssl
from collections.abc import Callable

from prometheus_client import Counter

from thongsuot_collector.pki.registry import CertificateRegistry

_NO_CHECK_TIME = 0x200000
"""X509_V_FLAG_NO_CHECK_TIME of OpenSSL, which ``ssl.VerifyFlags`` does not name."""

_REASONS = {9: "not_yet", 10: "expired", 18: "foreign", 19: "foreign", 20: "foreign", 21: "foreign"}
"""The ``X509_V_ERR_…`` of OpenSSL with their own label; the others are ``invalid``."""

_log = logging.getLogger(__name__)


class ListenerTls:
    """
    The listener's context, rebuilt when the authorities change: a connection gets the current one
    at its start (in the server name callback, which OpenSSL calls for every connection).

    ``make`` returns a context with the server's own certificate; ``refusals`` counts by reason.
    """

    def __init__(
        self, registry: CertificateRegistry, make: Callable[[], ssl.SSLContext], refusals: Counter
    ) -> None:
        self._registry = registry
        self._make = make
        self._refusals = refusals
        self._failures = 0
        self._authorities = registry.authorities
        self.context = self._current = self._requesting_context()

    def renew(self) -> None:
        """Load the current authorities if they have changed."""
        if self._registry.authorities == self._authorities:
            return
        try:
            self._current = self._requesting_context()
        except OSError as error:
            self._failures += 1
            if self._failures & (self._failures - 1) == 0:
                _log.error(
                    "cannot load new authorities: %s; the previous ones stay in force", error
                )
            return
        self._failures, self._authorities = 0, self._registry.authorities
        _log.info("authorities of client certificates taken")

    def _requesting_context(self) -> ssl.SSLContext:
        context = self._make()
        context.verify_mode = ssl.CERT_OPTIONAL
        context.load_verify_locations(cadata=self._registry.authorities)
        if self._registry.checks_time:
            # A resumed session does not check the chain again.
            context.options |= ssl.OP_NO_TICKET
            context.num_tickets = 0
        else:
            context.verify_flags |= ssl.VerifyFlags(_NO_CHECK_TIME)
        context.sslobject_class = _counting_context(self._count_refusal)
        context.sni_callback = self._choose
        return context

    def _choose(
        self, connection: ssl.SSLObject, _name: str | None, _context: ssl.SSLContext
    ) -> None:
        if connection.context is not self._current:
            connection.context = self._current

    def _count_refusal(self, error: ssl.SSLCertVerificationError) -> None:
        reason = _REASONS.get(error.verify_code, "invalid")
        self._refusals.labels(reason).inc()
        _log.warning("client certificate refused in the handshake: %s", error.verify_message)


def _counting_context(note: Callable[[ssl.SSLCertVerificationError], None]) -> type[ssl.SSLObject]:
    class Counting(ssl.SSLObject):
        """Counts each refused certificate, which the event loops do not report."""

        def do_handshake(self) -> None:
            try:
                super().do_handshake()
            except ssl.SSLCertVerificationError as error:
                note(error)
                raise

    return Counting
