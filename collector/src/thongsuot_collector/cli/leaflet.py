"""``thongsuot-collector leaflet``: the sheet for the wall beside the counter of a site."""

import argparse
from pathlib import Path

from thongsuot_collector.cli.command import CommandFailed, Commands, UsageError, configured
from thongsuot_collector.cli.results import WrittenFiles, print_result
from thongsuot_collector.inventory.unknown_names import unknown_site
from thongsuot_runtime.terminal import localized
from thongsuot_schema.words.language import Text
from thongsuot_schema.words.translations import REFERENCE, languages

HELP = Text("collector.cli.leaflet")


def add_commands(commands: Commands) -> None:
    """Add the command."""
    parser = commands.add_result("leaflet", _leaflet, localized(HELP), WrittenFiles)
    parser.add_argument("site", help=localized(Text("collector.cli.any.as_the_inventory_names")))
    parser.add_argument(
        "--url",
        default="",
        help=localized(Text("collector.cli.leaflet.url")),
    )
    parser.add_argument(
        "--out", type=Path, metavar="FILE", help=localized(Text("collector.cli.leaflet.out"))
    )
    parser.add_argument("--lang", choices=languages(), default=REFERENCE, help="%(default)s")


def _leaflet(options: argparse.Namespace) -> int:
    # Typst takes 65 MiB: imported here, so that other commands do not load it.
    from thongsuot_collector.leaflet.document import leaflet_document, render  # noqa: PLC0415

    configuration, directory = configured(options)
    if options.site not in directory.sites:
        raise UsageError(unknown_site(options.site, sorted(directory.sites)))
    page_url = configuration.settings.notify.page_url.rstrip("/")
    url = options.url or (f"{page_url}/sites/{options.site}" if page_url else "")
    if not url:
        raise CommandFailed(Text("collector.cli.error.page_url_of_code"))
    document = leaflet_document(
        options.site,
        url,
        directory,
        options.lang,
        hotline=configuration.settings.page.support_hotline,
    )
    path = options.out or Path(f"leaflet-{options.site}.pdf")
    path.write_bytes(render(document))
    print_result(options, WrittenFiles(files=[str(path)]), [str(path)])
    return 0
