"""The lab's certificate authority, and certificates with the defects that portals have."""

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import trustme

from thongsuot_lab.services.behaviour import Certificate

CA_FILE = "ca.pem"
# The usual lifetime at public portals; a device whose clock is years off must see them as invalid.
ISSUED_AGO = timedelta(days=30)
VALID_FOR = timedelta(days=60)
EXPIRED_AGO = timedelta(days=1)
EXPIRING_IN = timedelta(days=5)
OTHER_NAME = "somebody-else.lab.test"


class LabAuthority:
    """Issues certificates; writes its own to ``ca.pem`` in the lab's run directory."""

    def __init__(self, run_dir: Path) -> None:
        self._run_dir = run_dir
        self._authority = trustme.CA()
        self._unknown = trustme.CA()
        self._contexts: dict[tuple[tuple[str, ...], Certificate], ssl.SSLContext] = {}
        self._authority.cert_pem.write_to_path(run_dir / CA_FILE)

    def _issue(self, names: tuple[str, ...], kind: Certificate) -> trustme.LeafCert:
        now = datetime.now(UTC).replace(tzinfo=None)
        ends = {"expired": now - EXPIRED_AGO, "expiring": now + EXPIRING_IN}.get(
            kind, now + VALID_FOR
        )
        authority = self._unknown if kind == "unknown-issuer" else self._authority
        named = (OTHER_NAME,) if kind == "wrong-name" else names
        return authority.issue_cert(
            *named, common_name=named[0], not_before=now - ISSUED_AGO, not_after=ends
        )

    def context(self, names: tuple[str, ...], kind: Certificate) -> ssl.SSLContext:
        """Return a server's TLS settings with a certificate of this kind for these names."""
        key = (names, kind)
        if key not in self._contexts:
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            self._issue(names, kind).configure_cert(context)
            context.set_alpn_protocols(["http/1.1"])
            self._contexts[key] = context
        return self._contexts[key]

    def write(self, names: tuple[str, ...]) -> tuple[Path, Path]:
        """Write a valid certificate with its chain, and its key, to files; return both paths."""
        leaf = self._issue(names, "good")
        folder = self._run_dir / "certificates"
        folder.mkdir(exist_ok=True)
        chain, key = folder / f"{names[0]}.pem", folder / f"{names[0]}.key"
        chain.write_bytes(b"".join(blob.bytes() for blob in leaf.cert_chain_pems))
        key.touch(mode=0o600)
        leaf.private_key_pem.write_to_path(key)
        return chain, key
