"""``thongsuot-collector ca``: the collector's own certificate authority, from the command line."""

import argparse
import hashlib
import ssl
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from thongsuot_collector.cli import tables
from thongsuot_collector.cli.command import CommandFailed, Commands, opened_store
from thongsuot_collector.cli.results import RevokedCredentials, print_result
from thongsuot_collector.config.read import Configuration, read_configuration
from thongsuot_collector.pki import authority
from thongsuot_collector.store import audit, certificates
from thongsuot_collector.store.audit import AuditAction
from thongsuot_collector.store.certificates import Certificate
from thongsuot_runtime.terminal import localized
from thongsuot_schema.localizable import Localizable
from thongsuot_schema.words.language import Text

HELP = Text("collector.cli.ca")

_DAYS_LIMIT = 7305
"""Twenty years."""


_HEAD = ("serial", "site", "issued", "runs out", "state")


class CreatedAuthority(msgspec.Struct, frozen=True, kw_only=True):
    """A newly created authority: its expiry, its digest, and the file of its key."""

    good_until: datetime
    sha256: str
    key_file: str


class AuthorityCertificate(msgspec.Struct, frozen=True, kw_only=True):
    """The authority that devices trust: ``certificate`` is PEM."""

    good_until: datetime
    sha256: str
    certificate: str


class ServerCertificate(msgspec.Struct, frozen=True, kw_only=True):
    """The collector's own certificate: its file, its names, and its expiry."""

    file: str
    hosts: list[str]
    good_until: datetime


def add_commands(commands: Commands) -> None:
    """Add ``ca`` and its commands."""
    authority_commands = commands.group("ca", localized(HELP))
    add = authority_commands.add_result
    init = add("init", _init, localized(Text("collector.cli.ca.init")), CreatedAuthority)
    init.add_argument(
        "--days", type=_days, default=3653, help=localized(Text("collector.cli.ca.init.days"))
    )
    init.add_argument(
        "--state-dir",
        type=Path,
        default=None,
        metavar="FOLDER",
        help=localized(Text("collector.cli.ca.init.state_dir")),
    )
    follow = add(
        "renew",
        _renew,
        localized(Text("collector.cli.ca.renew")),
        CreatedAuthority,
    )
    follow.add_argument(
        "--days", type=_days, default=3653, help=localized(Text("collector.cli.any.default"))
    )
    server = add(
        "renew-server",
        _renew_server,
        localized(Text("collector.cli.ca.renew_server")),
        ServerCertificate,
    )
    server.add_argument(
        "--host",
        action="append",
        metavar="NAME",
        help=localized(Text("collector.cli.ca.renew_server.host")),
    )
    add("show", _show, localized(Text("collector.cli.ca.show")), AuthorityCertificate)
    listing = authority_commands.add_list(
        "list", _list, localized(Text("collector.cli.ca.list")), _HEAD
    )
    listing.add_argument("site", nargs="?")
    revoke = add("revoke", _revoke, localized(Text("collector.cli.ca.revoke")), RevokedCredentials)
    revoke.add_argument("site")
    revoke.add_argument(
        "--serial", default="", help=localized(Text("collector.cli.ca.revoke.serial"))
    )


def _init(options: argparse.Namespace) -> int:
    place = options.state_dir or read_configuration(options.config)
    state_dir = place if isinstance(place, Path) else place.state_dir
    _make(options, place, authority.create_authority, AuditAction.AUTHORITY_CREATED)
    key_file = state_dir / authority.FOLDER / authority.KEY_FILE
    created = Text("collector.cli.said.authority_created", path=str(key_file))
    print(localized(created), file=sys.stderr)
    return 0


def _renew(options: argparse.Namespace) -> int:
    configuration = read_configuration(options.config)
    state_dir = configuration.state_dir
    _make(options, configuration, authority.renew_authority, AuditAction.AUTHORITY_RENEWED)
    folder = str(state_dir / authority.FOLDER)
    print(localized(Text("collector.cli.said.authority_renewed", folder=folder)), file=sys.stderr)
    return 0


def _renew_server(options: argparse.Namespace) -> int:
    configuration = read_configuration(options.config)
    listen, folder = configuration.settings.listen, configuration.state_dir / authority.FOLDER
    if not listen.certificate_file:
        raise CommandFailed(Text("collector.cli.error.no_certificate_file"))
    certificate_file, key_file = Path(listen.certificate_file), Path(listen.key_file)
    issuer = authority.load_authority(folder)
    now, before = datetime.now(UTC), certificate_file.read_bytes()
    if not authority.is_issued_here(before, folder):
        raise CommandFailed(
            Text("collector.cli.error.issued_elsewhere", file=str(certificate_file))
        )
    hosts = options.host or authority.hosts_of(before)
    identity = issuer.issue_server(hosts, now=now, lifetime=authority.SERVER_LIFETIME)
    authority.install_server(identity, certificate_file, key_file)
    result = ServerCertificate(
        file=str(certificate_file), hosts=list(hosts), good_until=identity.certificate.not_after
    )
    text = Text(
        "collector.cli.said.server_certificate",
        file=result.file,
        hosts=", ".join(hosts),
        until=f"{result.good_until:%Y-%m-%d}",
    )
    print_result(options, result, [localized(text)])
    return 0


def _make(
    options: argparse.Namespace,
    place: Configuration | Path,
    make: Callable[..., authority.CertificateAuthority],
    action: AuditAction,
) -> None:
    """Create an authority, print it, and record the action in the audit log."""
    state_dir = place if isinstance(place, Path) else place.state_dir
    with opened_store(place) as store:
        folder, lifetime = state_dir / authority.FOLDER, timedelta(days=options.days)
        issued = make(folder, now=datetime.now(UTC), lifetime=lifetime)
        result = CreatedAuthority(
            good_until=issued.not_after,
            sha256=_digest(issued.pem),
            key_file=str(folder / authority.KEY_FILE),
        )
        print_result(options, result, [_about(issued)])
        with store.begin() as connection:
            audit.write(connection, action, "ca", detail=_fingerprint(issued.pem))


def _show(options: argparse.Namespace) -> int:
    loaded = authority.load_authority(
        read_configuration(options.config).state_dir / authority.FOLDER
    )
    print(_about(loaded), file=sys.stderr)
    result = AuthorityCertificate(
        good_until=loaded.not_after, sha256=_digest(loaded.pem), certificate=loaded.pem
    )
    print_result(options, result, [loaded.pem.removesuffix("\n")])
    return 0


def _list(options: argparse.Namespace) -> int:
    with opened_store(read_configuration(options.config)) as store:
        rows = [_row(certificate) for certificate in certificates.listed(store, options.site)]
    table = tables.Table(_HEAD, rows)
    tables.print_table(table, options)
    return 0


def _revoke(options: argparse.Namespace) -> int:
    with opened_store(read_configuration(options.config)) as store:
        revoked = certificates.revoke(store, options.site, options.serial)
    result = RevokedCredentials(site=options.site, revoked=revoked)
    print_result(options, result, [localized(Text("collector.cli.said.revoked", count=revoked))])
    print(localized(Text("collector.cli.said.token_stays", site=options.site)), file=sys.stderr)
    return 0


def _row(certificate: Certificate) -> tuple[str, ...]:
    state = "good"
    if certificate.revoked_ns is not None:
        state = Localizable("revoked {at}", at=tables.format_moment(certificate.revoked_ns))
    elif certificate.expires_ns < time.time_ns():
        state = "run out"
    elif certificate.renewed_by:
        state = Localizable("renewed by {serial}", serial=certificate.renewed_by[:12])
    return (
        certificate.serial[:12],
        certificate.site,
        tables.format_moment(certificate.issued_ns),
        tables.format_moment(certificate.expires_ns),
        state,
    )


def _about(ca: authority.CertificateAuthority) -> str:
    until = tables.shown_moment(round(ca.not_after.timestamp() * 1e9))
    return localized(Text("collector.cli.said.authority", until=until, digest=_digest(ca.pem)))


def _fingerprint(pem: str) -> str:
    return f"SHA-256 {_digest(pem)}"


def _digest(pem: str) -> str:
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest()


def _days(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= _DAYS_LIMIT:
        raise argparse.ArgumentTypeError(
            localized(Text("collector.cli.error.no_days", text=text, most=_DAYS_LIMIT))
        )
    return int(text)
