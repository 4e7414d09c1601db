"""Opens the store and the journal, where a collector keeps persistent data."""

import asyncio
import os
from collections.abc import Callable
from contextlib import ExitStack, nullcontext
from functools import partial
from pathlib import Path

import msgspec
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from thongsuot_collector.app.election import CollectorRole
from thongsuot_collector.app.used_databases import note_used, was_used
from thongsuot_collector.config.read import Configuration
from thongsuot_collector.errors import JournalError, StoreError
from thongsuot_collector.journal import sqlite_tables
from thongsuot_collector.journal.journal import Journal
from thongsuot_collector.journal.sqlite import open_journal
from thongsuot_collector.store import migrations, sqlite_file
from thongsuot_collector.store.engine import open_store
from thongsuot_collector.store.folder_lock import lock_folder
from thongsuot_collector.store.former_copy import keep_former
from thongsuot_schema.localizable import Localizable

JOURNAL_FILE = "journal.sqlite"
STORE_FILE = "store.sqlite"
LINKS_FILE = "links.key"
PROGRAM = "thongsuot-collector"
_JOURNAL, _STORE = "journal", "store"


async def open_durable(
    configuration: Configuration,
    *,
    role: CollectorRole,
    name: str,
    accept_empty_store: bool,
    committed: Callable[[int, float], None],
) -> tuple[Engine, Journal]:
    """
    Return the store and the journal of a collector, each in its configured place.

    ``name`` is the name of its sessions at a database, ``committed`` is called after each commit of
    the journal. Must be called inside the event loop.

    Raises:
        StoreError: see ``open_state_store``.
        JournalError: the journal is of a newer collector, or its database cannot be reached.
        OSError: the state folder cannot be written.
    """
    settings = configuration.settings.journal
    if not settings.url:
        store = open_state_store(configuration, accept_empty=accept_empty_store, application=name)
        path = configuration.state_dir / JOURNAL_FILE
        embedded = open_journal(path, committed=committed, gather_s=settings.gather_s)
        await embedded.begin_generation()
        await _note_losses(configuration, embedded)
        _note_store(configuration)
        return store, embedded
    from thongsuot_collector.journal.postgres import (  # noqa: PLC0415 - the driver
        open_postgres_journal,
    )

    journal = await open_postgres_journal(
        msgspec.structs.replace(settings.database, application=name),
        committed=committed,
        gather_s=settings.gather_s,
        may_be_new=accept_empty_store or not was_used(configuration.state_dir, _JOURNAL),
        is_sole=not role.is_shared,
    )
    if role.term is not None:
        journal.fence = role.term.lock
    try:
        if journal.head == 0 and not accept_empty_store:
            _refuse_forgotten_copy(configuration)
        store = await asyncio.to_thread(
            open_state_store,
            configuration,
            accept_empty=accept_empty_store,
            has_journal=journal.head > 0,
            application=name,
        )
        await _note_losses(configuration, journal)
        if role.leads:
            await journal.begin_generation()
        note_used(configuration.state_dir, _JOURNAL, settings.database.shown)
        _note_store(configuration)
    except BaseException:
        await journal.close()
        raise
    return store, journal


def _note_store(configuration: Configuration) -> None:
    shared = configuration.settings.store
    if shared.url:
        note_used(configuration.state_dir, _STORE, shared.database.shown)


async def _note_losses(configuration: Configuration, journal: Journal) -> None:
    """Record in the journal what the recovery of a damaged store has lost: ``verify`` names it."""
    store = configuration.state_dir / STORE_FILE
    for lost in sqlite_file.read_losses(store):
        await journal.note_forgotten(lost)
    sqlite_file.losses_file(store).unlink(missing_ok=True)


def _refuse_forgotten_copy(configuration: Configuration) -> None:
    file = configuration.state_dir / JOURNAL_FILE
    if file.exists():
        raise JournalError(
            Localizable(
                "the journal at {database} is empty, and there is one in {file}: run "
                "`thongsuot-collector journal copy`, or move the file away",
                database=configuration.settings.journal.database.shown,
                file=str(file),
            )
        )


def _refuse_unfinished_restore(state_dir: Path) -> None:
    for file in (STORE_FILE, JOURNAL_FILE):
        if sqlite_file.is_restoring(state_dir / file):
            raise StoreError(
                Localizable(
                    "a restore into {folder} was not completed: run `thongsuot-collector restore` "
                    "with the same backup again, or remove {file}",
                    folder=str(state_dir),
                    file=str(sqlite_file.restoring_part(state_dir / file)),
                )
            )


def open_state_store(
    configuration: Configuration,
    *,
    accept_empty: bool = False,
    has_journal: bool = False,
    application: str = PROGRAM,
    is_alone: bool = True,
) -> Engine:
    """
    Return the store of a collector: in the database that it shares, or in its state folder.

    ``application`` is the name of its sessions at the database, ``is_alone`` as of
    ``open_embedded_store``.

    Raises:
        StoreError: see ``open_database`` and ``open_embedded_store``.
    """
    shared, state_dir = configuration.settings.store, configuration.state_dir
    if not shared.url:
        return open_embedded_store(
            state_dir, accept_empty=accept_empty, has_journal=has_journal, is_alone=is_alone
        )
    from thongsuot_collector.store.postgresql import open_database  # noqa: PLC0415 - the driver

    _refuse_unfinished_restore(state_dir)  # the journal may be a file
    had_store = was_used(state_dir, _STORE)
    may_be_new = accept_empty or not (had_store or (state_dir / STORE_FILE).exists())
    database = msgspec.structs.replace(shared.database, application=application)
    return open_database(database, may_be_new=may_be_new, was_used=had_store)


def open_embedded_store(
    state_dir: Path,
    *,
    accept_empty: bool = False,
    has_journal: bool = False,
    is_alone: bool = True,
) -> Engine:
    """
    Return the store of a state folder; ``has_journal``: there is a journal elsewhere.

    ``is_alone``: this process has locked the folder; else it does so to recover a damaged store,
    and to migrate an earlier one: a collector that runs would not find its tables again.

    Raises:
        StoreError: see ``open_store`` and ``keep_former``; or a restore was interrupted; or there
            is a journal, and the store is missing or empty: the tokens are lost, and an empty store
            would refuse every agent.
        JournalError: the journal cannot be opened.
    """
    _refuse_unfinished_restore(state_dir)
    store, journal = state_dir / STORE_FILE, state_dir / JOURNAL_FILE
    recovered = store.with_name(store.name + ".recovered")
    has_journal = has_journal or journal.exists()
    is_store = sqlite_file.has_tables(store) or (not store.exists() and recovered.exists())
    if has_journal and not is_store and not accept_empty:
        raise StoreError(
            Localizable(
                "there is a journal, and no store in {folder} ({file} is missing or empty): "
                "put it back from a backup, or run `thongsuot-collector run --accept-empty-store`: "
                "every agent then needs a new token, and every person a new password",
                folder=str(state_dir),
                file=STORE_FILE,
            )
        )
    alone = nullcontext if is_alone else partial(lock_folder, state_dir)
    journal_version = sqlite_tables.version_of(journal)

    held = ExitStack()

    def keep_former_copy(version: int) -> None:
        if version < migrations.NEWEST:
            held.enter_context(alone())
        if version < migrations.NEWEST or 0 < journal_version < sqlite_tables.NEWEST:
            keep_former(store, store_version=version, journal_version=journal_version)

    with held:
        return open_store(
            store, accept_empty=accept_empty, alone=alone, before_migration=keep_former_copy
        )


def unusable(configuration: Configuration, error: DBAPIError) -> StoreError:
    """Return the error of a store that was opened, and refuses what is read, for a person."""
    shared = configuration.settings.store
    place = shared.database.shown if shared.url else str(configuration.state_dir / STORE_FILE)
    return StoreError(
        Localizable(
            "cannot use the store at {database}: {reason}",
            database=place,
            reason=str(error.orig).strip().partition("\n")[0],
        )
    )


def free_bytes_of(folder: Path) -> int:
    """Return the free space below a folder."""
    disk = os.statvfs(folder)
    return disk.f_bavail * disk.f_frsize
