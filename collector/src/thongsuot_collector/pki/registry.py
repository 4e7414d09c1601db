"""Certificate registry: which certificates are valid now, and for which site."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from thongsuot_collector.errors import PushRefused, RefusalReason
from thongsuot_collector.pki.peer import PeerCertificate


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpiryTimes:
    """
    What somebody has to renew, and until when, in Unix seconds: authorities by their names, lists
    of what was revoked by their files.
    """

    authorities: Mapping[str, float]
    lists: Mapping[str, float] = field(default_factory=dict)


class CertificateRegistry(Protocol):
    """Says of each certificate whose it is; kept fresh beside the requests."""

    @property
    def authorities(self) -> str:
        """The authorities whose certificates a handshake takes, in PEM form."""

    @property
    def ends(self) -> ExpiryTimes:
        """What somebody has to renew in time."""

    @property
    def checks_time(self) -> bool:
        """
        Whether the handshake has to look at times: it must where a chain has more than one link,
        of which a request sees the last only.
        """

    def site_of(self, peer: PeerCertificate, now_s: float) -> str:
        """
        Return the site that a certificate belongs to.

        Raises:
            PushRefused: it is not good, or not yet, or no more; the sentence says why.
        """

    async def refresh(self) -> None:
        """Read again what may have changed."""


def check_validity(peer: PeerCertificate, now_s: float) -> None:
    """
    Refuse what is good no more or not yet; a connection may outlive its certificate.

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
