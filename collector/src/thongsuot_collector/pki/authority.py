"""
The collector's own certificate authority: one key, one self-signed certificate, leaves for agents,
and one for the collector's own listener unless another authority issues it.

An authority that replaces another keeps its predecessor's certificate in the folder, without the
key: certificates issued by the predecessor stay valid. ``ca.key`` is outside the database, so no
copy of the database contains it. Source: RFC 5280, sections 4.1.2.2 (serial numbers: random, 159
bits), 4.2.1.3, 4.2.1.9 and 4.2.1.12.
"""

import ipaddress
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from thongsuot_collector.errors import AuthorityError
from thongsuot_collector.pki.csr import SigningRequest
from thongsuot_runtime.file_errors import describe
from thongsuot_schema.localizable import Localizable

FOLDER = "ca"
KEY_FILE, CERTIFICATE_FILE = "ca.key", "ca.pem"
BEFORE_FILES = "before-*.pem"
"""Certificates of replaced authorities."""

_STAGED = ".new"

URI_PREFIX = "thongsuot:site:"
"""The prefix of the URI in a certificate; the name of the site follows."""

SERVER_LIFETIME = timedelta(days=825)
"""Of a server's certificate: some browsers reject a longer one from any issuer."""

_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_HOST_LIMIT = 253
"""RFC 1035, section 2.3.4."""

_BACKDATED = timedelta(minutes=5)
"""Allows for small clock differences between verifiers and the collector."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedCertificate:
    """A certificate that was just made. ``serial`` is hexadecimal, without leading zeros."""

    serial: str
    pem: str
    not_after: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerIdentity:
    """A listener's certificate and its key as PEM, which is not stored here."""

    certificate: IssuedCertificate
    key_pem: str


class CertificateAuthority:
    """Issues certificates; ``pem`` is its own."""

    def __init__(self, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> None:
        self._certificate = certificate
        self._key = key
        self.pem = certificate.public_bytes(Encoding.PEM).decode("ascii")

    @property
    def name(self) -> str:
        """Its name, for people."""
        return self._certificate.subject.rfc4514_string()

    @property
    def serial(self) -> int:
        """The serial number of its own certificate."""
        return self._certificate.serial_number

    @property
    def not_after(self) -> datetime:
        """The expiry of its own certificate; issued certificates expire no later."""
        return self._certificate.not_valid_after_utc

    def issue(
        self, request: SigningRequest, site: str, *, now: datetime, lifetime: timedelta
    ) -> IssuedCertificate:
        """Return a certificate that identifies the holder of a key as the agent of a site."""
        return self._issue(
            request.key,
            site,
            names=(x509.UniformResourceIdentifier(URI_PREFIX + site),),
            purpose=ExtendedKeyUsageOID.CLIENT_AUTH,
            not_before=now - _BACKDATED,
            not_after=now + lifetime,
        )

    def issue_server(
        self, hosts: Sequence[str], *, now: datetime, lifetime: timedelta
    ) -> ServerIdentity:
        """
        Return a new key, and a certificate that identifies its holder as the collector at these
        hosts.

        ``hosts`` are names or addresses; the first becomes the common name (RFC 6125, section 2.3).

        Raises:
            AuthorityError: one of them is neither.
        """
        names = [_host_name(host) for host in hosts]
        key = ec.generate_private_key(ec.SECP256R1())
        issued = self._issue(
            key.public_key(),
            hosts[0],
            names=names,
            purpose=ExtendedKeyUsageOID.SERVER_AUTH,
            not_before=now - _BACKDATED,
            not_after=now + lifetime,
        )
        secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return ServerIdentity(certificate=issued, key_pem=secret.decode("ascii"))

    def _issue(
        self,
        key: ec.EllipticCurvePublicKey,
        common_name: str,
        *,
        names: Sequence[x509.GeneralName],
        purpose: x509.ObjectIdentifier,
        not_before: datetime,
        not_after: datetime,
    ) -> IssuedCertificate:
        serial = x509.random_serial_number()
        authority = self._certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)]))
            .issuer_name(self._certificate.subject)
            .public_key(key)
            .serial_number(serial)
            .not_valid_before(not_before)
            .not_valid_after(min(not_after, self.not_after))
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(is_authority=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
            .add_extension(x509.SubjectAlternativeName(names), critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(authority.value),
                critical=False,
            )
            .sign(self._key, hashes.SHA256())
        )
        return IssuedCertificate(
            serial=f"{serial:x}",
            pem=certificate.public_bytes(Encoding.PEM).decode("ascii"),
            not_after=certificate.not_valid_after_utc,
        )


def create_authority(folder: Path, *, now: datetime, lifetime: timedelta) -> CertificateAuthority:
    """
    Create an authority in a folder, owned by the owner of the parent folder.

    Raises:
        AuthorityError: an authority exists already.
        OSError: it cannot be written.
    """
    if (folder / KEY_FILE).exists() or (folder / CERTIFICATE_FILE).exists():
        raise AuthorityError(
            Localizable(
                "there is an authority already in {folder}; it is left alone", folder=folder
            )
        )
    folder.mkdir(mode=0o700, exist_ok=True)
    _own(folder, folder.parent.stat())
    return _make_authority(folder, now=now, lifetime=lifetime)


def renew_authority(folder: Path, *, now: datetime, lifetime: timedelta) -> CertificateAuthority:
    """
    Create an authority that replaces the one in a folder, whose key is deleted.

    Raises:
        AuthorityError: there is none to replace.
        OSError: it cannot be written.
    """
    before = load_authority(folder)
    kept = folder / BEFORE_FILES.replace("*", f"{before.serial:x}")
    _stage(kept, before.pem.encode("ascii"), 0o644, folder.parent.stat()).rename(kept)
    return _make_authority(folder, now=now, lifetime=lifetime)


def install_server(identity: ServerIdentity, certificate_file: Path, key_file: Path) -> None:
    """
    Install a server's certificate and key, owned by the owner of the folder.

    Raises:
        OSError: they cannot be written.
    """
    pem, owner = identity.certificate.pem.encode("ascii"), certificate_file.parent.stat()
    fresh = _stage(certificate_file, pem, 0o640, owner)
    secret = identity.key_pem.encode("ascii")
    _stage(key_file, secret, 0o640, owner).rename(key_file)
    fresh.rename(certificate_file)


def hosts_of(pem: bytes) -> list[str]:
    """
    Return the names and addresses in a server's certificate.

    Raises:
        AuthorityError: it has none, or is not a certificate.
    """
    try:
        certificate = x509.load_pem_x509_certificate(pem)
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (ValueError, x509.ExtensionNotFound) as error:
        raise AuthorityError(
            Localizable("this certificate names no host: {why}", why=error)
        ) from error
    addresses = names.get_values_for_type(x509.IPAddress)
    return names.get_values_for_type(x509.DNSName) + [str(address) for address in addresses]


def is_issued_here(pem: bytes, folder: Path) -> bool:
    """
    Return whether a certificate was issued by the authority of a folder, or by a predecessor.

    Raises:
        AuthorityError: it is not a certificate, or an authority cannot be used.
    """
    try:
        certificate = x509.load_pem_x509_certificate(pem)
    except ValueError as error:
        raise AuthorityError(Localizable("this is not a certificate: {why}", why=error)) from error
    issuers = x509.load_pem_x509_certificates(trusted_pem(folder).encode("ascii"))
    return any(certificate.issuer == issuer.subject for issuer in issuers)


def trusted_pem(folder: Path) -> str:
    """
    Return the authorities of a folder as PEM, the issuing one first.

    Raises:
        AuthorityError: one cannot be used.
    """
    pems = [load_authority(folder).pem]
    for file in sorted(folder.glob(BEFORE_FILES)):
        try:
            pem = file.read_text("ascii")
            x509.load_pem_x509_certificate(pem.encode("ascii"))
        except (OSError, ValueError) as error:
            raise AuthorityError(
                Localizable(
                    "cannot use the authority before in {file}: {why}",
                    file=file,
                    why=describe(error),
                )
            ) from error
        pems.append(pem)
    return "".join(pems)


def _make_authority(folder: Path, *, now: datetime, lifetime: timedelta) -> CertificateAuthority:
    key = ec.generate_private_key(ec.SECP256R1())
    serial = x509.random_serial_number()
    # Names of authorities are unique: a chain is then never checked against the wrong one.
    common_name = f"Thong Suot agents {serial & 0xFFFFFFFF:08x}"
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(serial)
        .not_valid_before(now - _BACKDATED)
        .not_valid_after(now + lifetime)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(is_authority=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    owner, pem = folder.parent.stat(), certificate.public_bytes(Encoding.PEM)
    # Both are written before either is renamed: a power cut in between leaves one complete
    # authority.
    fresh = _stage(folder / CERTIFICATE_FILE, pem, 0o644, owner)
    _stage(folder / KEY_FILE, secret, 0o600, owner).rename(folder / KEY_FILE)
    fresh.rename(folder / CERTIFICATE_FILE)
    return CertificateAuthority(certificate, key)


def load_authority(folder: Path) -> CertificateAuthority:
    """
    Return the authority in a folder.

    Raises:
        AuthorityError: there is none, or it cannot be used, or others may read its key.
    """
    key_file, certificate_file = folder / KEY_FILE, folder / CERTIFICATE_FILE
    try:
        if key_file.stat().st_mode & 0o077:
            raise AuthorityError(
                Localizable("{file} may be used by others; chmod 600 {file}", file=key_file)
            )
        key = load_pem_private_key(key_file.read_bytes(), None)
        certificate = _certificate_of(key, certificate_file)
    except FileNotFoundError as error:
        raise AuthorityError(
            Localizable(
                "there is no authority in {folder}: make one by `thongsuot-collector ca init`",
                folder=folder,
            )
        ) from error
    except (OSError, ValueError, TypeError) as error:
        raise AuthorityError(
            Localizable("cannot use the authority in {folder}: {why}", folder=folder, why=error)
        ) from error
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise AuthorityError(
            Localizable("{key_file} is not an elliptic-curve key", key_file=key_file)
        )
    if certificate is None:
        raise AuthorityError(
            Localizable(
                "{key_file} is not the key of {certificate_file}",
                key_file=key_file,
                certificate_file=certificate_file,
            )
        )
    return CertificateAuthority(certificate, key)


def _certificate_of(key: PrivateKeyTypes, file: Path) -> x509.Certificate | None:
    """Return the certificate of a key: from its file, or beside it after an interrupted renewal."""
    beside = (file.with_name(file.name + _STAGED), *file.parent.glob(BEFORE_FILES))
    for place in (file, *(file_beside for file_beside in beside if file_beside.exists())):
        certificate = x509.load_pem_x509_certificate(place.read_bytes())
        if certificate.public_key() == key.public_key():
            return certificate
    return None


def _host_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        pass
    labels = host.split(".")
    if len(host) <= _HOST_LIMIT and all(_LABEL.fullmatch(label) for label in labels):
        return x509.DNSName(host)
    raise AuthorityError(
        Localizable("{host} is neither the name of a host nor an address", host=repr(host))
    )


def _usage(*, is_authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not is_authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=is_authority,
        crl_sign=is_authority,
        encipher_only=False,
        decipher_only=False,
    )


def _stage(path: Path, content: bytes, mode: int, owner: os.stat_result) -> Path:
    """Write a temporary file to be renamed to ``path``; return its path."""
    fresh = path.with_name(path.name + _STAGED)
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    _own(fresh, owner)
    return fresh


def _own(path: Path, owner: os.stat_result) -> None:
    """Give a file to the service's user if root created it on its behalf."""
    if os.geteuid() == 0:
        os.chown(path, owner.st_uid, owner.st_gid)
