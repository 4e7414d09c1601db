"""Shared parts of all commands: their registration, configuration, store and journal."""

import argparse
import errno
import getpass
import os
import pwd
import sqlite3
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import msgspec
from sqlalchemy import Engine

from thongsuot_collector.app.durable import (
    JOURNAL_FILE,
    STORE_FILE,
    open_embedded_store,
    open_state_store,
)
from thongsuot_collector.cli.results import Shape, rows_shape
from thongsuot_collector.config.read import (
    Configuration,
    check_authority,
    directory_for,
    read_configuration,
)
from thongsuot_collector.errors import CollectorError
from thongsuot_collector.inventory.directory import InventoryDirectory
from thongsuot_collector.journal.sqlite_view import open_sqlite_view
from thongsuot_collector.journal.view import JournalView
from thongsuot_runtime.file_errors import describe_with_file
from thongsuot_runtime.terminal import localized, localized_sentence
from thongsuot_schema.inventory.fields import Name
from thongsuot_schema.words.language import Text

PROGRAM = "thongsuot-collector"
EXIT_FAILED, EXIT_WRONG = 1, 2

Command = Callable[[argparse.Namespace], int]


class CommandFailed(CollectorError):
    """A command cannot be carried out; the text has the reason and the remedy."""


class UsageError(CollectorError):
    """The command line is invalid; the text has the reason."""


class Commands:
    """
    The commands of one level; ``common`` makes their common options.

    They are made separately for each command: argparse's ``parents`` share their options, so a
    default set by one command would apply to all.
    """

    def __init__(
        self,
        parsers: "argparse._SubParsersAction[argparse.ArgumentParser]",
        common: Callable[[], argparse.ArgumentParser],
    ) -> None:
        self._parsers = parsers
        self._common = common

    def add(self, name: str, command: Command, text: str) -> argparse.ArgumentParser:
        """Add one command, and return its parser."""
        parser = self._parsers.add_parser(
            name, help=text, description=text, parents=[self._common()]
        )
        parser.set_defaults(command=command)
        return parser

    def add_result(
        self, name: str, command: Command, text: str, shape: Shape
    ) -> argparse.ArgumentParser:
        """
        Add a command that prints a result, for people or as JSON, and return its parser.

        ``shape`` is the type of the result; the reference has it as JSON Schema.
        """
        parser = self.add(name, command, text)
        parser.set_defaults(shape=shape)
        parser.add_argument(
            "--json", action="store_true", help=localized(Text("collector.cli.any.json"))
        )
        return parser

    def add_list(
        self, name: str, command: Command, text: str, head: Iterable[str]
    ) -> argparse.ArgumentParser:
        """Add a command that prints a table with a head, and return its parser."""
        return self.add_result(name, command, text, rows_shape(head))

    def group(self, name: str, text: str) -> "Commands":
        """Add a word with subcommands."""
        parser = self._parsers.add_parser(name, help=text, description=text)
        return Commands(parser.add_subparsers(required=True, metavar="COMMAND"), self._common)


def configured(options: argparse.Namespace) -> tuple[Configuration, InventoryDirectory]:
    """
    Return the configuration and the inventory.

    Raises:
        ConfigInvalid: one of them has an error.
    """
    configuration = read_configuration(options.config)
    check_authority(configuration, file=str(options.config))
    return configuration, directory_for(configuration, file=str(options.config))


@contextmanager
def opened_store(place: Configuration | Path) -> Iterator[Engine]:
    """
    Open the store of a configuration, or create it in its state folder; close it at the end.

    Raises:
        CommandFailed: this user may not write it.
    """
    if isinstance(place, Path):
        check_user(place / STORE_FILE)
        engine = open_embedded_store(place, is_alone=False)
    else:
        if not place.settings.store.url:
            check_user(place.state_dir / STORE_FILE)
        engine = open_state_store(place, is_alone=False)
    try:
        yield engine
    finally:
        engine.dispose()


def has_store(configuration: Configuration) -> bool:
    """Whether there is a store, without creating one."""
    return bool(configuration.settings.store.url) or (configuration.state_dir / STORE_FILE).exists()


def on_store(
    work: Callable[[argparse.Namespace, Engine, InventoryDirectory], int],
) -> Command:
    """Return the command that works on the opened store, and knows the inventory."""

    def command(options: argparse.Namespace) -> int:
        configuration, directory = configured(options)
        with opened_store(configuration) as store:
            return work(options, store, directory)

    return command


@contextmanager
def opened_journal(configuration: Configuration) -> Iterator[JournalView]:
    """
    Open the journal for reading, beside the running collector; close it at the end.

    Raises:
        CommandFailed: there is none yet, this user may not read it, or SQLite cannot.
        JournalError: the database that holds it cannot be read.
    """
    settings = configuration.settings.journal
    if not settings.url:
        with _opened_file(configuration.state_dir / JOURNAL_FILE) as of_file:
            yield of_file
        return
    from thongsuot_collector.journal.postgres_view import (  # noqa: PLC0415 - the driver
        open_postgres_view,
    )

    view = open_postgres_view(settings.database)
    try:
        yield view
    finally:
        view.close()


@contextmanager
def _opened_file(path: Path) -> Iterator[JournalView]:
    check_user(path)
    if not path.exists():
        raise CommandFailed(Text("collector.cli.error.no_journal", path=str(path)))
    try:
        with closing(open_sqlite_view(path)) as view:
            yield view
    except sqlite3.DatabaseError as error:
        unread = Text("collector.cli.error.journal_unread", path=str(path), why=str(error))
        raise CommandFailed(unread) from error


def check_user(path: Path) -> None:
    """
    Refuse the wrong user before SQLite does, with a sentence that names the right user.

    A packaged collector has its state in a folder of its own user.

    Raises:
        CommandFailed: this user may not read and write the file, or not create it.
        OSError: nobody may write it: its file system is mounted read-only.
    """
    owner = _nearest(path)
    if os.access(owner, os.R_OK | os.W_OK | (os.X_OK if owner.is_dir() else 0)):
        return
    if os.statvfs(owner).f_flag & os.ST_RDONLY:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(path))
    right = _owner_of(owner)
    raise CommandFailed(_wrong_user(str(path), right))


def site_name(text: str) -> str:
    """
    Return a valid name of a site.

    Raises:
        UsageError: the name is invalid.
    """
    if not _is_name(text):
        raise UsageError(Text("collector.cli.error.bad_name_of_site", text=text))
    return text


def person_name(text: str) -> str:
    """
    Return a valid name of a person's account.

    Raises:
        UsageError: the name is invalid.
    """
    if not _is_name(text):
        raise UsageError(Text("collector.cli.error.bad_name_of_person", text=text))
    return text


def _is_name(text: str) -> bool:
    try:
        msgspec.convert(text, Name)
    except msgspec.ValidationError:
        return False
    return True


def sentence_for(error: OSError) -> str | Text:
    """Return an error of the system as a sentence for people: the file once, and the reason."""
    if error.errno in (errno.EACCES, errno.EPERM) and error.filename is not None:
        file = os.fsdecode(error.filename)
        return _wrong_user(file, _owner_of(_nearest(Path(file))))
    if error.errno == errno.ENOENT and error.filename is not None:
        file = os.fsdecode(error.filename)
        folder = Path(file).parent
        if not folder.exists():
            return Text("collector.cli.error.no_folder", path=file, folder=str(folder))
        return Text("collector.cli.error.no_file", path=file)
    return describe_with_file(error)


def print_error(error: CollectorError | Text | str) -> None:
    """
    Print an error for the person at the terminal, in their language if there is a translation.
    """
    print(f"{PROGRAM}: {error_text(error)}", file=sys.stderr)


def error_text(error: CollectorError | Text | str) -> str:
    """Return the text of an error in the language of the terminal, if there is a translation."""
    sentence = error.sentence if isinstance(error, CollectorError) else error
    return localized_sentence(sentence) if isinstance(sentence, str) else localized(sentence)


def _wrong_user(path: str, right: str) -> Text:
    return Text(
        "collector.cli.error.wrong_user",
        user=_current_user(),
        path=path,
        right=right,
        program=PROGRAM,
    )


def _nearest(path: Path) -> Path:
    """Return the file, or the nearest folder above it that this user can see."""
    for candidate in (path, *path.parents):
        try:
            candidate.stat()
        except OSError:
            continue
        return candidate
    return Path("/")


def _owner_of(path: Path) -> str:
    uid = path.stat().st_uid
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"#{uid}"


def _current_user() -> str:
    try:
        return getpass.getuser() if os.getuid() == os.geteuid() else str(os.geteuid())
    except (KeyError, OSError):
        return f"#{os.geteuid()}"
