"""``thongsuot-collector enrol`` and ``audit``: letting devices in, and who changed what."""

import argparse
import re
import shlex
import sys
import time
from urllib.parse import urlsplit

import segno
from sqlalchemy import Engine

from thongsuot_collector.cli import tables
from thongsuot_collector.cli.command import Commands, opened_store
from thongsuot_collector.config.read import read_configuration
from thongsuot_collector.store import audit, enrolments
from thongsuot_collector.store.enrolments import digest_of_code, new_code

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


def add_commands(commands: Commands) -> None:
    """Add ``audit``."""
    parser = commands.add("audit", _audit, AUDIT_HELP)
    parser.add_argument("subject", nargs="?", default="", help="a site, a person, an incident, …")
    parser.add_argument("--last", type=_count, default=None, metavar="N", help="only the newest N")


def enrol(options: argparse.Namespace, store: Engine, site: str) -> None:
    """Make a code for a site, and show it."""
    code = new_code()
    expires_ns = time.time_ns() + options.valid_for * 10**9
    enrolments.create(store, site, digest_of_code(code), expires_ns=expires_ns)
    print(code)
    print(
        f"good once, until {tables.format_moment(expires_ns)}, for site {site}; "
        f"a code made for it before "
        "is good no more. Using it revokes the tokens that the site has now.",
        file=sys.stderr,
    )
    if options.qr:
        segno.make_qr(qr_text(code, options.url or ""), error="m").terminal(
            out=sys.stdout, compact=True
        )


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
    print(tables.format_table(("at", "by", "action", "subject", "detail"), rows))
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
