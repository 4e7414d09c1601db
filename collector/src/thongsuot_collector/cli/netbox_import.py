"""The implementation of ``thongsuot-collector inventory netbox``: generates one inventory file."""

import argparse
import sys
from pathlib import Path

from thongsuot_collector.cli.command import EXIT_WRONG, print_error
from thongsuot_collector.cli.results import ImportedInventory, print_result
from thongsuot_collector.errors import NetboxError
from thongsuot_collector.inventory.netbox import client, file
from thongsuot_collector.inventory.netbox.client import NetboxServer
from thongsuot_collector.inventory.netbox.conversion import build_inventory
from thongsuot_collector.inventory.netbox.difference import differences
from thongsuot_collector.inventory.netbox.toml import render_toml
from thongsuot_runtime.file_errors import describe
from thongsuot_runtime.terminal import localized, localized_sentence
from thongsuot_schema.inventory.model import Inventory
from thongsuot_schema.localizable import Localizable
from thongsuot_schema.words.language import Text

_HEAD = """\
Made from NetBox by `thongsuot-collector inventory netbox`. Change it there, not here: the next run
writes all of this anew. Before each thing stands where it comes from."""

_MOST_LOST = 0.5
"""
The share of the sites that may disappear at once. NetBox does not refuse a token that has lost a
permission: it only sees less, which looks as if everything had been removed.
"""


def run(options: argparse.Namespace, path: Path | None) -> int:
    """
    Update the file; return the exit status. ``None``: no file was named.

    Raises:
        NetboxError: it could not be updated, and is unchanged.
    """
    if wrong := _mistake(options, path):
        print_error(wrong)
        return EXIT_WRONG
    assert path is not None, "held by _mistake"
    server = NetboxServer(
        url=options.url,
        token=_token(options.token_file),
        ca_file=options.ca_file,
        timeout_s=options.timeout_s,
    )
    others = file.other_files(path)
    old = file.read_current(path)
    imported = build_inventory(
        client.fetch(server), tag=options.tag, elsewhere=file.declared_names(others)
    )
    for line in imported.left_out:
        left_out = Text("collector.cli.said.left_out", line=localized_sentence(line))
        print(localized(left_out), file=sys.stderr)
    if imported.mistakes:
        raise NetboxError(file.joined(imported.mistakes))
    text = render_toml(imported.inventory, imported.origins, _HEAD)
    file.check_text(path, text, others)
    changes = differences(old, imported.inventory)
    if not options.json:
        for line in changes:
            print(localized_sentence(line))
    if not options.allow_removal:
        _check_removals(old, imported.inventory)
    is_new = bool(changes) or not path.exists()
    if options.dry_run:
        outcome = Text("collector.cli.said.netbox_dry_run", path=str(path), count=len(changes))
    elif is_new:
        file.replace_file(path, text)
        outcome = Text("collector.cli.said.netbox_written", path=str(path), count=len(changes))
    else:
        outcome = Text("collector.cli.said.netbox_unchanged", path=str(path))
    result = ImportedInventory(
        file=str(path),
        changes=[str(line) for line in changes],
        left_out=[str(line) for line in imported.left_out],
        is_written=is_new and not options.dry_run,
    )
    print_result(options, result, [localized(outcome)])
    return 0


def _mistake(options: argparse.Namespace, path: Path | None) -> str:
    if wrong := client.url_mistake_of(options.url):
        return wrong
    if options.timeout_s <= 0:
        return Localizable("--timeout-s must be above 0")
    if path is None:
        return Localizable("give --out, or inventory_dir in the configuration")
    if path.suffix != ".toml":
        return Localizable(
            "--out {path} does not end in .toml: nobody would read it", path=str(path)
        )
    return ""


def _token(path: Path) -> str:
    try:
        token = path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        unread = Localizable(
            "cannot read the token in {path}: {reason}", path=str(path), reason=describe(error)
        )
        raise NetboxError(unread) from error
    # It becomes an HTTP header; invalid content is not repeated in the message: it may be the
    # token.
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise NetboxError(
            Localizable(
                "{path} does not hold one token, on one line and nothing else", path=str(path)
            )
        )
    return token


def _check_removals(old: Inventory, new: Inventory) -> None:
    if not new.sites:
        raise NetboxError(
            Localizable(
                "NetBox has no site for us: the tag, or what the token may see, is not as it "
                "should be (--allow-removal where it is)"
            )
        )
    kept = {site.name for site in new.sites}
    lost = sum(site.name not in kept for site in old.sites)
    if lost > len(old.sites) * _MOST_LOST:
        raise NetboxError(
            Localizable(
                "{lost} of {sites} sites are gone from NetBox; a token that may see less looks the "
                "same (--allow-removal where it is true)",
                lost=lost,
                sites=len(old.sites),
            )
        )
