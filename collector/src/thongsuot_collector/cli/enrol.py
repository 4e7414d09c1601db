"""``thongsuot-collector enrol`` and ``audit``: one-time codes for devices, and the audit log."""

import argparse
import re
import shlex
import sys
import time
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
import segno
from sqlalchemy import Engine

from thongsuot_collector.cli import tables
from thongsuot_collector.cli.command import Commands, UsageError, opened_store
from thongsuot_collector.cli.device_files import write_device_files
from thongsuot_collector.cli.results import print_result, utc
from thongsuot_collector.config.read import read_configuration
from thongsuot_collector.store import audit, enrolments
from thongsuot_collector.store.enrolments import digest_of_code, new_code
from thongsuot_runtime.terminal import localized
from thongsuot_schema.inventory.model import Site
from thongsuot_schema.words.language import Text

ENROL_HELP = Text("collector.cli.enrol")
AUDIT_HELP = Text("collector.cli.audit")

_SECONDS = {"m": 60, "h": 3600, "d": 86_400}
_LONGEST_S = 90 * 86_400
_AUDIT_HEAD = ("at", "by", "action", "subject", "detail")
_SPAN = re.compile(r"([1-9][0-9]{0,5})([mhd])")


class EnrolmentCode(msgspec.Struct, frozen=True, kw_only=True):
    """
    A one-time code for a site's device. ``qr`` is the content of the QR code: the command to run on
    the device, or the code alone if no ``--url`` was given; ``files`` are those of the device.
    """

    site: str
    code: str
    expires_at: datetime
    qr: str
    files: list[str]


def add_enrol_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``enrol``."""
    parser.add_argument("site")
    parser.add_argument(
        "--valid-for",
        type=_span_s,
        default="7d",
        metavar="TIME",
        help=localized(Text("collector.cli.enrol.valid_for")),
    )
    parser.add_argument("--qr", action="store_true", help=localized(Text("collector.cli.enrol.qr")))
    parser.add_argument(
        "--url",
        type=_url,
        default=None,
        help=localized(Text("collector.cli.enrol.url")),
    )
    parser.add_argument(
        "--device-files",
        type=Path,
        metavar="FOLDER",
        help=localized(Text("collector.cli.enrol.device_files")),
    )


def add_commands(commands: Commands) -> None:
    """Add ``audit``."""
    parser = commands.add_list("audit", _audit, localized(AUDIT_HELP), _AUDIT_HEAD)
    parser.add_argument(
        "subject", nargs="?", default="", help=localized(Text("collector.cli.audit.subject"))
    )
    parser.add_argument(
        "--last",
        type=_count,
        default=None,
        metavar="N",
        help=localized(Text("collector.cli.audit.last")),
    )


def enrol(options: argparse.Namespace, store: Engine, site: Site, authority: Path) -> None:
    """
    Make a code for a site, and show it; ``authority`` is the path of the collector's own authority.

    Raises:
        UsageError: files for a device are requested without the URL at which it reaches the
            collector.
    """
    if options.device_files is not None and not (options.url or "").startswith("https:"):
        raise UsageError(Text("collector.cli.error.device_files"))
    code = new_code()
    expires_ns = time.time_ns() + options.valid_for * 10**9
    enrolments.create(store, site.name, digest_of_code(code), expires_ns=expires_ns)
    files: list[Path] = []
    if options.device_files is not None:
        files = write_device_files(
            options.device_files, site=site, code=code, url=options.url, authority=authority
        )
    result = EnrolmentCode(
        site=site.name,
        code=code,
        expires_at=utc(expires_ns),
        qr=qr_text(code, options.url or ""),
        files=[str(file) for file in files],
    )
    print_result(options, result, [code])
    until = tables.shown_moment(expires_ns)
    print(
        localized(Text("collector.cli.said.code_valid", until=until, site=site.name)),
        file=sys.stderr,
    )
    if options.json:
        return
    if options.qr:
        segno.make_qr(result.qr, error="m").terminal(out=sys.stdout, compact=True)
    for name in result.files:
        print(name)


def qr_text(code: str, url: str) -> str:
    """Return the content of the QR code: the command to run on the device, or only the code."""
    if not url:
        return code
    return shlex.join(("thongsuot-agent", "enrol", "--collector", url, "--code", code))


def _audit(options: argparse.Namespace) -> int:
    with opened_store(read_configuration(options.config)) as store:
        lines = audit.listed(store, subject=options.subject, limit=options.last)
    rows = [
        (tables.format_moment(line.at_ns), line.by, line.action, line.subject, line.detail)
        for line in lines
    ]
    table = tables.Table(_AUDIT_HEAD, rows)
    tables.print_table(table, options)
    return 0


def _span_s(text: str) -> int:
    match = _SPAN.fullmatch(text)
    span_s = int(match[1]) * _SECONDS[match[2]] if match else 0
    if not 0 < span_s <= _LONGEST_S:
        raise argparse.ArgumentTypeError(localized(Text("collector.cli.error.no_span", text=text)))
    return span_s


def _url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise argparse.ArgumentTypeError(
            localized(Text("collector.cli.error.no_address", text=text))
        )
    return text.rstrip("/")


def _count(text: str) -> int:
    if not (text.isdecimal() and int(text)):
        raise argparse.ArgumentTypeError(localized(Text("collector.cli.error.no_count", text=text)))
    return int(text)
