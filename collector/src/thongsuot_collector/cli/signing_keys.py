"""``thongsuot-collector signing-keys``: the signing keys of devices, and their use by `verify`."""

import argparse
import time
from collections import defaultdict
from collections.abc import Sequence

import msgspec

from thongsuot_collector.cli import tables
from thongsuot_collector.cli.command import CommandFailed, Commands, has_store, opened_store
from thongsuot_collector.cli.results import print_result
from thongsuot_collector.config.read import Configuration, read_configuration
from thongsuot_collector.journal.hash_chain import BatchRow, SignatureCheck
from thongsuot_collector.pki.batch_signatures import (
    SigningPublicKey,
    is_signed_by,
    load_signing_key,
)
from thongsuot_collector.store import signing_keys
from thongsuot_collector.store.signing_keys import SigningKey
from thongsuot_runtime.terminal import localized
from thongsuot_schema.batch.signature import KEY_BYTES, unpack
from thongsuot_schema.localizable import Localizable
from thongsuot_schema.words.language import Text

_SLACK_NS = 10 * 10**9
"""A retired key stays valid for some seconds, because the store is read every two seconds."""


class RetiredKeys(msgspec.Struct, frozen=True, kw_only=True):
    """The number of retired keys of a site."""

    site: str
    retired: int


def add_commands(commands: Commands) -> None:
    """Add ``signing-keys`` and its commands."""
    group = commands.group("signing-keys", localized(Text("collector.cli.signing_keys")))
    add_list = group.add_list(
        "list",
        _list,
        localized(Text("collector.cli.signing_keys.list")),
        tables.SIGNING_KEYS_HEAD,
    )
    add_list.add_argument("site", nargs="?", default="")
    retire = group.add_result(
        "retire", _retire, localized(Text("collector.cli.signing_keys.retire")), RetiredKeys
    )
    retire.add_argument("site")
    retire.add_argument(
        "--key", default="", help=localized(Text("collector.cli.signing_keys.retire.key"))
    )
    retire.add_argument(
        "--by",
        default="",
        metavar="NAME",
        help=localized(Text("collector.cli.signing_keys.retire.by")),
    )
    retire.add_argument(
        "--reason",
        required=True,
        metavar="TEXT",
        help=localized(Text("collector.cli.signing_keys.retire.reason")),
    )


def _list(options: argparse.Namespace) -> int:
    with opened_store(read_configuration(options.config)) as store:
        tables.print_table(
            tables.signing_keys_table(signing_keys.listed(store, options.site)), options
        )
    return 0


def _retire(options: argparse.Namespace) -> int:
    with (
        opened_store(read_configuration(options.config)) as store,
        store.begin() as connection,
    ):
        retired = signing_keys.retire(
            connection,
            options.site,
            time.time_ns(),
            digest_hex=options.key.lower(),
            by=options.by,
            why=options.reason,
        )
    if not retired:
        raise CommandFailed(Text("collector.cli.error.no_key", site=options.site))
    line = localized(Text("collector.cli.said.keys_retired", count=retired))
    print_result(options, RetiredKeys(site=options.site, retired=retired), [line])
    return 0


def keys_on_record(configuration: Configuration, site: str) -> list[SigningKey]:
    """Return all keys by which a site (empty: any) has ever signed; none without a store."""
    if not has_store(configuration):
        return []
    with opened_store(configuration) as store:
        return signing_keys.listed(store, site)


def signature_check(keys: Sequence[SigningKey]) -> SignatureCheck:
    """Return the function that compares signatures with the keys on record."""
    by_name = {(key.site, key.digest[:KEY_BYTES]): key for key in keys}
    by_site: defaultdict[str, list[SigningKey]] = defaultdict(list)
    for key in keys:
        by_site[key.site].append(key)
    loaded: dict[bytes, SigningPublicKey | None] = {}

    def check(row: BatchRow) -> str:
        if not row.signature:
            signs = any(_is_good(key, row.received_ns) for key in by_site.get(row.site, ()))
            unsigned = Localizable("is not signed, although its site signed by then")
            return unsigned if signs else ""
        signature = unpack(row.signature)
        key = by_name.get((row.site, signature.key))
        if key is None:
            return Localizable(
                "is signed by key {key}, which is not on record for its site",
                key=signature.key.hex(),
            )
        if key.retired_ns is not None and row.received_ns > key.retired_ns + _SLACK_NS:
            return Localizable(
                "is signed by key {key}, which was retired by then", key=signature.key.hex()
            )
        if key.digest not in loaded:
            loaded[key.digest] = load_signing_key(key.public_key)
        public = loaded[key.digest]
        if public is None or not is_signed_by(public, signature.value, row.body):
            return Localizable("is not what key {key} has signed", key=signature.key.hex())
        return ""

    return check


def _is_good(key: SigningKey, at_ns: int) -> bool:
    """Return whether this key required signatures of its site at the time of an arrival."""
    return key.first_ns <= at_ns and (key.retired_ns is None or at_ns < key.retired_ns)
