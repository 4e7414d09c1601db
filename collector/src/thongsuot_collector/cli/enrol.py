"""``thongsuot-collector enrol`` and ``audit``: letting devices in, and who changed what."""

import argparse
import re
import shlex
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import segno
from sqlalchemy import Engine

from thongsuot_collector.cli import tables
from thongsuot_collector.cli.command import Commands, UsageError, opened_store
from thongsuot_collector.cli.device_files import write_device_files
from thongsuot_collector.config.read import read_configuration
from thongsuot_collector.store import audit, enrolments
from thongsuot_collector.store.enrolments import digest_of_code, new_code
from thongsuot_schema.inventory.model import Site

ENROL_HELP = "create a one-time enrolment code for the device of a site; it is shown once"
AUDIT_HELP = "show who changed what: tokens, enrolments, people, maintenance, incidents"

_SECONDS = {"m": 60, "h": 3600, "d": 86_400}
_LONGEST_S = 90 * 86_400
_SPAN = re.compile(r"([1-9][0-9]{0,5})([mhd])")


def add_enrol_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what ``enrol`` takes."""
    parser.add_argument("site")
    parser.add_argument(
        "--valid-for",
        type=_span_s,
        default="7d",
        metavar="TIME",
        help="30m, 12h, 7d; at most 90d; default %(default)s",
    )
    parser.add_argument("--qr", action="store_true", help="print a QR code as well")
    parser.add_argument(
        "--url",
        type=_url,
        default=None,
        help="where the device reaches this collector; the QR code then holds the whole command",
    )
    parser.add_argument(
        "--device-files",
        type=Path,
        metavar="FOLDER",
        help="write what a device of our image is enrolled by on its first boot; needs --url",
    )


def add_commands(commands: Commands) -> None:
    """Add ``audit``."""
    parser = commands.add_list("audit", _audit, AUDIT_HELP)
    parser.add_argument("subject", nargs="?", default="", help="a site, a person, an incident, …")
    parser.add_argument("--last", type=_count, default=None, metavar="N", help="only the newest N")


def enrol(options: argparse.Namespace, store: Engine, site: Site, authority: Path) -> None:
    """
    Make a code for a site, and show it; ``authority`` is where the collector's own may stand.

    Raises:
        UsageError: files for a device are wanted, and nobody says where it reaches the collector.
    """
    if options.device_files is not None and not (options.url or "").startswith("https:"):
        raise UsageError(
            "--device-files needs --url https://…: a code must not travel in the clear"
        )
    code = new_code()
    expires_ns = time.time_ns() + options.valid_for * 10**9
    enrolments.create(store, site.name, digest_of_code(code), expires_ns=expires_ns)
    print(code)
    print(
        f"good once, until {tables.format_moment(expires_ns)}, for site {site.name}; "
        f"a code made for it before "
        "is good no more. Using it revokes the tokens that the site has now.",
        file=sys.stderr,
    )
    if options.qr:
        segno.make_qr(qr_text(code, options.url or ""), error="m").terminal(
            out=sys.stdout, compact=True
        )
    if options.device_files is not None:
        for file in write_device_files(
            options.device_files, site=site, code=code, url=options.url, authority=authority
        ):
            print(file)


def qr_text(code: str, url: str) -> str:
    """Return what the QR code holds: the command to run on the device, or the code alone."""
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
    table = tables.Table(("at", "by", "action", "subject", "detail"), rows)
    tables.print_table(table, options)
    return 0


def _span_s(text: str) -> int:
    match = _SPAN.fullmatch(text)
    span_s = int(match[1]) * _SECONDS[match[2]] if match else 0
    if not 0 < span_s <= _LONGEST_S:
        raise argparse.ArgumentTypeError(f"{text!r} is no time like 30m, 12h or 7d, at most 90d")
    return span_s


def _url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise argparse.ArgumentTypeError(f"{text!r} is no address like https://host.example:8480")
    return text.rstrip("/")


def _count(text: str) -> int:
    if not (text.isdecimal() and int(text)):
        raise argparse.ArgumentTypeError(f"{text!r} is no number above 0")
    return int(text)
