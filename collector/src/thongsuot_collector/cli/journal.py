"""``thongsuot-collector journal``, ``verify``, ``dead-letters``: the record as it came."""

import argparse
from pathlib import Path

from thongsuot_collector.app.durable import JOURNAL_FILE
from thongsuot_collector.cli import account, evidence, tables
from thongsuot_collector.cli.command import (
    EXIT_FAILED,
    CommandFailed,
    Commands,
    check_user,
    opened_journal,
    opened_store,
)
from thongsuot_collector.cli.signing_keys import keys_on_record, signature_check
from thongsuot_collector.config.read import read_configuration
from thongsuot_collector.journal import hash_chain
from thongsuot_collector.journal.sqlite_tables import open_or_recover
from thongsuot_collector.store import dead_letters


def add_commands(commands: Commands) -> None:
    """Add the commands."""
    journal = commands.group("journal", "the durable log of pushed batches")
    journal.add("status", _status, "show its contents, and the position of each consumer")
    journal.add(
        "copy",
        _copy,
        "copy the file of this machine into the database that [journal] names; the collector is "
        "stopped",
    )
    verify = commands.add("verify", _verify, "verify that every batch is there, as it was made")
    verify.add_argument("site", nargs="?", default="", help="only this site")
    verify.add_argument(
        "--evidence", type=Path, metavar="FILE", help="an incident's JSON: only its batches"
    )
    letters = commands.group("dead-letters", "batches that a consumer failed to process")
    letters.add_list("list", _list, "list them, each with its error")
    retry = letters.add(
        "retry",
        _retry,
        "have the running collector process them again: these, or all of a site or a consumer",
    )
    retry.add_argument("id", type=int, nargs="*")
    retry.add_argument("--site", default="", help="those of this site")
    retry.add_argument(
        "--consumer",
        default="",
        help="those of this consumer or sink; `ingest`: batches whose number was taken, which are"
        " put back under another stream",
    )
    show = letters.add("show", _show, "show everything about one of them")
    show.add_argument("id", type=int)
    show.add_argument(
        "--body", type=Path, metavar="FILE", help="write the batch to it, as received"
    )


def _status(options: argparse.Namespace) -> int:
    with opened_journal(read_configuration(options.config)) as journal:
        print(tables.journal_table(journal.extent(), journal.cursors()))
        for part in journal.damage().lost:
            print(tables.lost_text(part))
    return 0


def _copy(options: argparse.Namespace) -> int:
    from thongsuot_collector.journal.postgres_copy import (  # noqa: PLC0415 - the driver
        copy_journal,
    )

    configuration = read_configuration(options.config)
    shared, path = configuration.settings.journal, configuration.state_dir / JOURNAL_FILE
    if not shared.url:
        raise CommandFailed(f"{options.config}: [journal] names no url to copy to")
    check_user(path)
    if not path.exists():
        raise CommandFailed(f"there is no journal at {path}")
    if open_or_recover(path) is not None:
        print("the file was damaged; what could be read of it is copied, `verify` names the rest")
    copied = copy_journal(path, shared.database)
    print(
        f"{shared.database.shown}: {copied.entries} entries, up to sequence {copied.head}. {path} "
        "is as it was; nothing reads it any more."
    )
    return 0


def _verify(options: argparse.Namespace) -> int:
    configuration = read_configuration(options.config)
    document = None
    if options.evidence is not None:
        document = evidence.read_incident_document(options.evidence)
    is_intact = True
    with opened_journal(configuration) as journal:
        if document is not None:
            for check in evidence.compare_evidence(journal, document):
                print(evidence.format_evidence_check(check))
                is_intact = is_intact and check.is_intact is not False
        else:
            accepted = account.accepted_losses(configuration, options.site)
            for loss in accepted:
                print(account.accepted_line(loss))
            for part in journal.damage().lost:
                if options.site in {"", part.site} or not part.site:
                    print(tables.lost_text(part))
                    is_intact = is_intact and account.is_accepted(part, accepted)
            signatures = signature_check(keys_on_record(configuration, options.site))
            for stream in hash_chain.verify_streams(
                journal.batches(options.site),
                journal.trimmed(options.site),
                check_signature=signatures,
            ):
                print(hash_chain.format_stream(stream))
                is_intact = is_intact and not stream.flaws
            for line in account.verify_account(configuration, journal, options.site):
                print(line)
                is_intact = False
    return 0 if is_intact else EXIT_FAILED


def _list(options: argparse.Namespace) -> int:
    with opened_store(read_configuration(options.config)) as store:
        tables.print_table(tables.dead_letters_table(dead_letters.listed(store)), options)
    return 0


def _retry(options: argparse.Namespace) -> int:
    with opened_store(read_configuration(options.config)) as store:
        asked = dead_letters.request_retry(
            store, options.id, site=options.site, consumer=options.consumer
        )
    unknown = set(options.id) - set(asked)
    print(
        f"{len(asked)} dead letters are tried again by the running collector; those that fail "
        "again stay in `dead-letters list`"
    )
    if unknown:
        names = ", ".join(map(str, sorted(unknown)))
        raise CommandFailed(f"no dead letters, or tried again already: {names}")
    return 0


def _show(options: argparse.Namespace) -> int:
    with opened_store(read_configuration(options.config)) as store:
        letter = dead_letters.get(store, options.id)
    if letter is None:
        raise CommandFailed(f"there is no dead letter {options.id}; see `dead-letters list`")
    print(tables.dead_letter_text(letter))
    if options.body is not None:
        options.body.write_bytes(letter.body)
    return 0
