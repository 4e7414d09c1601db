"""Errors of certificates in the settings: those of the collector, and those required of clients."""

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from thongsuot_collector.errors import AuthorityError
from thongsuot_collector.ingest.settings import Listen
from thongsuot_collector.pki.external_registry import pattern_mistake, read_trusted
from thongsuot_collector.pki.settings import CertificateSettings, ClientCertificatePolicy
from thongsuot_runtime.config_file import Mistake
from thongsuot_runtime.file_errors import describe_with_file
from thongsuot_schema.localizable import Localizable, sentence_of


def mistakes(listen: Listen, settings: CertificateSettings) -> Iterator[Mistake]:
    """Yield each error that is visible in the files alone, with its key."""
    wrong = pattern_mistake(settings)
    if wrong:
        yield ("certificates", "identity"), wrong
    if settings.revocation_files and not settings.authorities_file:
        yield (
            ("certificates", "revocation_files"),
            Localizable("lists belong to authorities_file; the collector's own need none"),
        )
    if listen.client_certificates is ClientCertificatePolicy.OFF:
        return
    if not listen.certificate_file:
        yield (
            ("listen", "client_certificates"),
            Localizable(
                "only who ends the TLS sees client certificates: give certificate_file and key_file"
            ),
        )
    if settings.authorities_file:
        try:
            read_trusted(settings, now=datetime.now(UTC))
        except AuthorityError as error:
            yield ("certificates",), sentence_of(error)


def server_certificate_mistake(certificate_file: str, key_file: str) -> str:
    """Return why a TLS server cannot use a certificate and its key; empty if it can."""
    try:
        for file in (certificate_file, key_file):
            # The library's own error does not name the file that it could not open.
            Path(file).open("rb").close()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate_file, key_file)
    except ssl.SSLError as error:
        return Localizable(
            "certificate {certificate_file} and key {key_file} cannot be used: {reason}",
            certificate_file=certificate_file,
            key_file=key_file,
            reason=error.reason,
        )
    except OSError as error:
        return Localizable(
            "certificate or key cannot be used: {why}", why=describe_with_file(error)
        )
    return ""


def with_paths(settings: CertificateSettings, folder: Path) -> CertificateSettings:
    """Return the settings with paths relative to a folder made absolute."""
    file = settings.authorities_file
    return msgspec.structs.replace(
        settings,
        authorities_file=str(folder / file) if file else "",
        revocation_files=tuple(
            str(folder / revocation_file) for revocation_file in settings.revocation_files
        ),
    )
