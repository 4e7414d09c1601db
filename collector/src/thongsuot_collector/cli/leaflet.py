"""``thongsuot-collector leaflet``: the sheet for the wall beside the counter of a site."""

import argparse
from pathlib import Path

from thongsuot_collector.cli.command import CommandFailed, Commands, UsageError, configured
from thongsuot_collector.leaflet.document import leaflet_document
from thongsuot_schema.suggestion import suggest
from thongsuot_schema.words.translations import REFERENCE, languages

HELP = "write the leaflet for the wall beside a site's counter: one A4 with a QR code (PDF)"


def add_commands(commands: Commands) -> None:
    """Add the command."""
    parser = commands.add("leaflet", _leaflet, HELP)
    parser.add_argument("site", help="as the inventory names it")
    parser.add_argument(
        "--url",
        default="",
        help="what the code opens; default: the site's page at [notify] page_url",
    )
    parser.add_argument(
        "--out", type=Path, metavar="FILE", help="default: leaflet-SITE.pdf in this folder"
    )
    parser.add_argument("--lang", choices=languages(), default=REFERENCE, help="%(default)s")


def _leaflet(options: argparse.Namespace) -> int:
    # Typst takes 65 MiB at work: no other command pays for it.
    from thongsuot_collector.leaflet.pdf import render  # noqa: PLC0415

    configuration, directory = configured(options)
    if options.site not in directory.sites:
        near = suggest(options.site, sorted(directory.sites))
        raise UsageError(f"the inventory has no site {options.site!r}{near}")
    page_url = configuration.settings.notify.page_url.rstrip("/")
    url = options.url or (f"{page_url}/sites/{options.site}" if page_url else "")
    if not url:
        raise CommandFailed("[notify] page_url is empty: say what the code opens, with --url")
    document = leaflet_document(
        options.site,
        url,
        directory,
        options.lang,
        hotline=configuration.settings.page.support_hotline,
    )
    path = options.out or Path(f"leaflet-{options.site}.pdf")
    path.write_bytes(render(document))
    print(path)
    return 0
