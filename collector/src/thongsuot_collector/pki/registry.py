"""Certificate registry: the valid certificates, and the site of each."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from thongsuot_collector.errors import PushRefused, RefusalReason
from thongsuot_collector.pki.peer import PeerCertificate


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpiryTimes:
    """
    The expiry of everything that a person has to renew, in Unix seconds: authorities by their
    names, revocation lists by their files.
    """

    authorities: Mapping[str, float]
    lists: Mapping[str, float] = field(default_factory=dict)


class CertificateRegistry(Protocol):
    """Returns the site of each certificate; refreshed in the background."""

    @property
    def authorities(self) -> str:
        """The authorities whose certificates a handshake accepts, in PEM form."""

    @property
    def ends(self) -> ExpiryTimes:
        """The expiry of everything that a person has to renew."""

    @property
    def checks_time(self) -> bool:
        """
        Whether the handshake has to check times: it must if a chain has more than one link,
        because a request sees only the last one.
        """

    def site_of(self, peer: PeerCertificate, now_s: float) -> str:
        """
        Return the site that a certificate belongs to.

        Raises:
            PushRefused: it is invalid, not valid yet or expired; the sentence has the reason.
        """

    async def refresh(self) -> None:
        """Reload the data that may have changed."""


def check_validity(peer: PeerCertificate, now_s: float) -> None:
    """
    Refuse an expired or not yet valid certificate; a connection may outlive its certificate.

    Raises:
        PushRefused: see above.
    """
    if peer.not_after_s < now_s:
        raise PushRefused(
            RefusalReason.CERTIFICATE_EXPIRED,
            f"certificate {short_serial(peer.serial)} has run out; enrol this device again",
        )
    if peer.not_before_s > now_s:
        raise PushRefused(
            RefusalReason.CERTIFICATE_EXPIRED,
            f"certificate {short_serial(peer.serial)} is not good yet; "
            "is the collector's clock right?",
        )


def short_serial(serial: str) -> str:
    """Return enough of a serial number for a person to find it in a list."""
    return serial[:12] or "without a number"
