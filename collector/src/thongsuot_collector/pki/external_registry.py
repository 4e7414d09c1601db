"""
Registry of another authority's certificates: trusted authorities, their revocation lists, and the
site of each name. The files are read again when they change; a file that has become invalid is
logged, and the previous version stays in force.

Source: RFC 5280, sections 5.1 and 6.3 (a list is valid if its authority has signed it). An overdue
list is also used, with a warning: ignoring all revocations would be worse, and refusing every
device because of a late list would cause an outage of monitoring.
"""

import asyncio
import logging
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding

from thongsuot_collector.errors import AuthorityError, PushRefused, RefusalReason
from thongsuot_collector.pki.csr import UNREADABLE
from thongsuot_collector.pki.peer import PeerCertificate
from thongsuot_collector.pki.registry import ExpiryTimes, check_validity, short_serial
from thongsuot_collector.pki.settings import SITE, CertificateSettings
from thongsuot_runtime.file_errors import describe
from thongsuot_schema.inventory.fields import Name
from thongsuot_schema.localizable import Localizable

_PEM = b"-----BEGIN"

_log = logging.getLogger(__name__)

Revoked = frozenset[tuple[bytes, str]]
"""Certificates by their issuer's name (DER) and their serial number (hexadecimal)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustedBundle:
    """
    The content of the files: authorities in PEM form, revoked certificates, and the names of the
    overdue lists' files.
    """

    authorities: str
    revoked: Revoked
    ends: ExpiryTimes
    overdue: tuple[str, ...]


def read_trusted(settings: CertificateSettings, *, now: datetime) -> TrustedBundle:
    """
    Return the content of the configured files.

    Raises:
        AuthorityError: one cannot be read, or a list is not signed by any of the authorities.
    """
    authorities = _authorities(Path(settings.authorities_file))
    revoked: set[tuple[bytes, str]] = set()
    overdue = []
    lists = {}
    for file in map(Path, settings.revocation_files):
        listed = _revocations(file)
        by_name = [authority for authority in authorities if authority.subject == listed.issuer]
        if not any(_is_signed(listed, issuer_certificate) for issuer_certificate in by_name):
            raise AuthorityError(
                Localizable("{file} is not signed by an authority of the bundle", file=file)
            )
        issuer = listed.issuer.public_bytes()
        revoked.update((issuer, f"{entry.serial_number:x}") for entry in listed)
        if listed.next_update_utc is not None:
            lists[file.name] = listed.next_update_utc.timestamp()
            if listed.next_update_utc < now:
                overdue.append(str(file))
    pem = "".join(authority.public_bytes(Encoding.PEM).decode("ascii") for authority in authorities)
    return TrustedBundle(
        authorities=pem,
        revoked=frozenset(revoked),
        ends=ExpiryTimes(authorities=_ends_of(authorities), lists=lists),
        overdue=tuple(overdue),
    )


def pattern_mistake(settings: CertificateSettings) -> str:
    """Return the error of ``identity``, empty if it is valid."""
    kind, colon, pattern = settings.identity.partition(":")
    if not colon or kind not in {"uri", "dns", "cn"} or pattern.count(SITE) != 1:
        return Localizable(
            "{identity} is not uri:, dns: or cn: and a pattern with one {site}",
            identity=repr(settings.identity),
            site=SITE,
        )
    return ""


class ExternalCertificateRegistry:
    """
    Certificates of the authorities in a bundle.

    Raises:
        AuthorityError: a file is invalid at the start.
    """

    checks_time = True

    def __init__(self, settings: CertificateSettings) -> None:
        self._settings = settings
        before, _, after = settings.identity.partition(SITE)
        self._pattern = re.compile(f"{re.escape(before)}(.+){re.escape(after)}")
        self._seen = self._state()
        self._trusted = read_trusted(settings, now=datetime.now(UTC))
        self._problem = ""
        self._report_overdue()

    @property
    def authorities(self) -> str:
        """The bundle."""
        return self._trusted.authorities

    @property
    def ends(self) -> ExpiryTimes:
        """See ``CertificateRegistry``."""
        return self._trusted.ends

    def site_of(self, peer: PeerCertificate, now_s: float) -> str:
        """Return the site of a certificate; see ``CertificateRegistry``."""
        check_validity(peer, now_s)
        if (peer.issuer, peer.serial) in self._trusted.revoked:
            raise PushRefused(
                RefusalReason.CERTIFICATE_REVOKED,
                f"certificate {short_serial(peer.serial)} was revoked by its authority",
            )
        sites = {site for name in peer.names if (site := self._site(name)) is not None}
        if len(sites) != 1:
            named_sites = (
                "no site" if not sites else f"more than one site: {', '.join(sorted(sites))}"
            )
            raise PushRefused(
                RefusalReason.CERTIFICATE_UNKNOWN,
                f"certificate {short_serial(peer.serial)} names {named_sites}",
            )
        return sites.pop()

    async def refresh(self) -> None:
        """Read the files again if one of them has changed."""
        state = await asyncio.to_thread(self._state)
        if state == self._seen and not self._problem:
            return
        try:
            read = await asyncio.to_thread(read_trusted, self._settings, now=datetime.now(UTC))
        except AuthorityError as error:
            if str(error) != self._problem:
                _log.error("cannot load the changes: %s; the previous files stay in force", error)
            self._problem, self._seen = str(error), state
            return
        if read != self._trusted:
            _log.info("authorities and revocation lists read revoked=%d", len(read.revoked))
        self._trusted, self._seen, self._problem = read, state, ""
        self._report_overdue()

    def _site(self, name: str) -> str | None:
        exact = self._settings.sites.get(name)
        if exact is not None:
            return exact
        match = self._pattern.fullmatch(name)
        if match is None:
            return None
        try:
            return msgspec.convert(match[1], Name)
        except msgspec.ValidationError:
            return None

    def _state(self) -> tuple[tuple[int, int, int], ...]:
        """Return a value that differs if a file was changed or replaced."""
        states = []
        for file in (self._settings.authorities_file, *self._settings.revocation_files):
            try:
                about = Path(file).stat()
            except OSError:
                states.append((0, 0, 0))
            else:
                states.append((about.st_ino, about.st_size, about.st_mtime_ns))
        return tuple(states)

    def _report_overdue(self) -> None:
        for file in self._trusted.overdue:
            _log.warning("revocation list %s is overdue; it stays in force: renew it", file)


def _authorities(file: Path) -> list[x509.Certificate]:
    try:
        authorities = x509.load_pem_x509_certificates(file.read_bytes())
    except (OSError, *UNREADABLE) as error:
        raise AuthorityError(
            Localizable("cannot read authorities in {file}: {why}", file=file, why=describe(error))
        ) from error
    for authority in authorities:
        try:
            kind = x509.BasicConstraints
            is_authority = authority.extensions.get_extension_for_class(kind).value.ca
        except (x509.ExtensionNotFound, *UNREADABLE):
            is_authority = False
        if not is_authority:
            raise AuthorityError(
                Localizable(
                    "{file}: {subject} is not an authority",
                    file=file,
                    subject=authority.subject.rfc4514_string(),
                )
            )
    return authorities


def _ends_of(authorities: Iterable[x509.Certificate]) -> dict[str, float]:
    """Return the expiry by name: the later one for a renewed authority."""
    ends: dict[str, float] = {}
    for authority in authorities:
        name, end_s = authority.subject.rfc4514_string(), authority.not_valid_after_utc.timestamp()
        ends[name] = max(end_s, ends.get(name, end_s))
    return ends


def _revocations(file: Path) -> x509.CertificateRevocationList:
    try:
        content = file.read_bytes()
        if content.lstrip().startswith(_PEM):
            return x509.load_pem_x509_crl(content)
        return x509.load_der_x509_crl(content)
    except (OSError, *UNREADABLE) as error:
        raise AuthorityError(
            Localizable(
                "cannot read the revocation list in {file}: {why}", file=file, why=describe(error)
            )
        ) from error


def _is_signed(listed: x509.CertificateRevocationList, authority: x509.Certificate) -> bool:
    try:
        return listed.is_signature_valid(authority.public_key())  # type: ignore[arg-type]
    except (TypeError, ValueError, UnsupportedAlgorithm):
        return False
