"""``thongsuot-collector``: receives what agents measured, keeps it, forwards it, shows it."""

import argparse
import asyncio
import gc
import logging
import resource
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec
import uvloop
from sqlalchemy import Engine

from thongsuot_collector import tell
from thongsuot_collector.app import collector
from thongsuot_collector.app.components import JOURNAL_FILE, STORE_FILE
from thongsuot_collector.config.read import Configuration, read_configuration
from thongsuot_collector.config.whole import directory_for
from thongsuot_collector.directory import InventoryDirectory
from thongsuot_collector.errors import CollectorError, ConfigInvalid
from thongsuot_collector.export import cli as exporting
from thongsuot_collector.fleet import cli as fleet
from thongsuot_collector.journal import hash_chain, sqlite_rows
from thongsuot_collector.journal.sqlite_tables import connect
from thongsuot_collector.maintenance import cli as maintenance
from thongsuot_collector.metrics import Metrics
from thongsuot_collector.netbox import arguments as netbox
from thongsuot_collector.notify.dispatch.channel_trial import ChannelTrialResult, try_channels
from thongsuot_collector.pki import cli as certificates
from thongsuot_collector.reflector.service import reflect
from thongsuot_collector.siteconfig import cli as planning
from thongsuot_collector.statements import cli as statements
from thongsuot_collector.statements.archive import StatementArchive
from thongsuot_collector.store import dead_letters, people, tokens
from thongsuot_collector.store.engine import open_store
from thongsuot_collector.test_requests import cli as asking
from thongsuot_schema.inventory.model import Name

DEFAULT_CONFIG = "/etc/thongsuot/collector.toml"

_PERSON = "let somebody act; the password is shown once, and replaces the one before"

EXIT_FAILED, EXIT_WRONG = 1, 2

Command = Callable[[argparse.Namespace], int]


def main(arguments: Sequence[str] | None = None) -> int:
    """
    Run a command line and return its exit status.

    1: it could not be done; 2: the configuration or the command line is wrong.
    """
    options = _parser().parse_args(arguments)
    _set_up_logging(options.log_level)
    command: Command = options.command
    try:
        return command(options)
    except ConfigInvalid as error:
        print(error, file=sys.stderr)
        return EXIT_WRONG
    except (CollectorError, OSError) as error:
        print(f"thongsuot-collector: {error}", file=sys.stderr)
        return EXIT_FAILED


def _parser() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument(
        "--config", type=Path, default=Path(DEFAULT_CONFIG), metavar="FILE", help="%(default)s"
    )
    common.add_argument(
        "--log-level", default="info", choices=("debug", "info", "warning", "error")
    )
    parser = argparse.ArgumentParser(prog="thongsuot-collector", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, command: Command, text: str) -> argparse.ArgumentParser:
        return _add(commands, name, command, text, common)

    def group(name: str, text: str) -> "argparse._SubParsersAction[argparse.ArgumentParser]":
        parser = commands.add_parser(name, help=text)
        return parser.add_subparsers(required=True, metavar="COMMAND")

    add("run", _run, "receive, keep and forward until stopped")
    add("reflector", _reflector, "answer the test packets of agents, and nothing else")
    add("check-config", _check, "check the configuration and the inventory; start nothing")
    tokens_ = group("token", "tokens of agents")
    create = _add(tokens_, "create", _token_create, "make one; it is shown once", common)
    create.add_argument("site")
    _add(tokens_, "list", _token_list, "all, or those of a site", common).add_argument(
        "site", nargs="?"
    )
    revoke = _add(tokens_, "revoke", _token_revoke, "revoke those of a site, or one", common)
    revoke.add_argument("site")
    revoke.add_argument("--id", help="only this one, as `token list` shows it")
    fleet.add_enrol_arguments(add("enrol", _enrol, fleet.ENROL_HELP))
    fleet.add_audit_parser(commands, common)
    _add_people(group("person", "people who may act on incidents"), common)
    works = group("maintenance", "planned work, of which nobody is told")
    maintenance.add_parsers(lambda name, text: _add(works, name, _work, text, common))
    asking.add_parser(lambda name, text: add(name, _work, text))
    planning.add_parser(lambda name, text: add(name, _work, text))
    poison = group("poison", "batches that were set aside")
    _add(poison, "list", _poison_list, "what was set aside, and why", common)
    show = _add(poison, "show", _poison_show, "all about one of them", common)
    show.add_argument("id", type=int)
    show.add_argument("--body", type=Path, metavar="FILE", help="write the batch there, as it came")
    journal = group("journal", "the log of what was pushed")
    _add(journal, "status", _journal_status, "what it holds, how far each consumer is", common)
    notify = group("notify", "telling people")
    test = _add(notify, "test", _notify_test, "send a test by every channel of a party", common)
    test.add_argument("party", help="carrier:NAME, commune:SITE, portal:SERVICE, city; or a name")
    netbox.add_parsers(commands, common)
    certificates.add_parsers(commands, common)
    _add_of_the_record(add)
    return parser


def _add_of_the_record(add: Callable[[str, Command, str], argparse.ArgumentParser]) -> None:
    """Add what is made of the record."""
    exporting.add_arguments(add("export", _export, "write raw results of a period to a file"))
    statements.add_arguments(add("sla", _sla, statements.HELP))
    verify = add("verify", _verify, "say of every batch whether it is the one that was measured")
    verify.add_argument("site", nargs="?", default="", help="only this one")
    verify.add_argument(
        "--evidence", type=Path, metavar="FILE", help="an incident's JSON: only what it names"
    )


def _add(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    command: Command,
    text: str,
    common: argparse.ArgumentParser,
) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=text, description=text, parents=[common])
    parser.set_defaults(command=command)
    return parser


def _add_people(
    people_: "argparse._SubParsersAction[argparse.ArgumentParser]", common: argparse.ArgumentParser
) -> None:
    person = _add(people_, "add", _person_add, _PERSON, common)
    person.add_argument("name")
    person.add_argument("--title", default="", help="what others read; default: the name")
    _add(people_, "list", _person_list, "everybody", common)
    _add(people_, "remove", _person_remove, "somebody may act no more", common).add_argument("name")


def _set_up_logging(level: str) -> None:
    logging.basicConfig(
        stream=sys.stderr,
        level=level.upper(),
        format="%(asctime)s %(levelname)s %(name)s %(message)s",
    )
    # A line for each request, for each broken one, or for each glyph would fill the log.
    for name in ("httpx", "httpcore", "fontTools", "fpdf"):
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)


def _configured(options: argparse.Namespace) -> tuple[Configuration, InventoryDirectory]:
    configuration = read_configuration(options.config)
    certificates.check(configuration, file=str(options.config))
    return configuration, directory_for(configuration, file=str(options.config))


def _run(options: argparse.Namespace) -> int:
    configuration, directory = _configured(options)
    # An agent each is a file each; the soft limit is often 1,024.
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))

    # Batches are many small objects without cycles: by default the collector of cycles would go
    # through all of them again and again, for a fifth of the CPU.
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)

    async def until_stopped() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        await collector.run_collector(
            configuration,
            directory,
            stop=stop,
            listening=lambda url: print(f"collector: {url}/", flush=True),
        )

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(until_stopped())
    return 0


def _reflector(options: argparse.Namespace) -> int:
    settings = read_configuration(options.config).settings.reflector
    if not (settings.stamp_address or settings.throughput_address):
        print(f"{options.config}: [reflector] has no address", file=sys.stderr)
        return EXIT_WRONG
    metrics = Metrics()

    async def until_stopped() -> None:
        work = asyncio.ensure_future(
            reflect(settings, metrics, lambda what: print(f"reflector: {what}", flush=True))
        )
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, work.cancel)
        with suppress(asyncio.CancelledError):
            await work

    asyncio.run(until_stopped())
    logging.getLogger(__name__).info("stopped packets=%s", tell.reflected_text(metrics))
    return 0


def _check(options: argparse.Namespace) -> int:
    configuration, directory = _configured(options)
    sinks = ", ".join(settings.name for _, settings in configuration.sinks) or "none"
    channels = ", ".join(settings.name for _, settings in configuration.channels) or "none"
    sites = len(directory.sites)
    print(f"{options.config}: good; sites: {sites}; sinks: {sinks}; channels: {channels}")
    return 0


def _token_create(options: argparse.Namespace) -> int:
    return _for_site(options, lambda store, site: print(tokens.create(store, site)))


def _enrol(options: argparse.Namespace) -> int:
    return _for_site(options, lambda store, site: fleet.enrol(options, store, site))


def _for_site(options: argparse.Namespace, do: Callable[[Engine, str], None]) -> int:
    configuration, directory = _configured(options)
    site = _name(options.site, "a site")
    if site is None:
        return EXIT_WRONG
    if directory.sites and site not in directory.sites:
        print(f"note: the inventory does not have a site {site}", file=sys.stderr)
    with _store(configuration) as store:
        do(store, site)
    return 0


def _name(text: str, what: str) -> str | None:
    """Return a name as it may be; ``None``, having said so, where it may not."""
    try:
        return msgspec.convert(text, Name)
    except msgspec.ValidationError:
        print(
            f"{text!r} cannot name {what}: small letters, digits, dots, dashes and "
            "underscores, at most 63",
            file=sys.stderr,
        )
        return None


def _token_list(options: argparse.Namespace) -> int:
    with _store(read_configuration(options.config)) as store:
        print(tell.tokens_table(tokens.listed(store, options.site)))
    return 0


def _token_revoke(options: argparse.Namespace) -> int:
    with _store(read_configuration(options.config)) as store:
        revoked = tokens.revoke(store, options.site, options.id)
    print(f"revoked: {revoked}; a running collector refuses them within five seconds")
    return 0


def _person_add(options: argparse.Namespace) -> int:
    configuration = read_configuration(options.config)
    name = _name(options.name, "a person")
    if name is None:
        return EXIT_WRONG
    with _store(configuration) as store:
        print(people.put(store, name, options.title))
    return 0


def _person_list(options: argparse.Namespace) -> int:
    with _store(read_configuration(options.config)) as store:
        print(tell.people_table(people.listed(store)))
    return 0


def _person_remove(options: argparse.Namespace) -> int:
    with _store(read_configuration(options.config)) as store:
        people.revoke(store, options.name)
    return 0


def _work(options: argparse.Namespace) -> int:
    configuration, directory = _configured(options)
    with _store(configuration) as store:
        status: int = options.work(options, store, directory)
    return status


def _poison_list(options: argparse.Namespace) -> int:
    with _store(read_configuration(options.config)) as store:
        print(tell.dead_letters_table(dead_letters.listed(store)))
    return 0


def _poison_show(options: argparse.Namespace) -> int:
    with _store(read_configuration(options.config)) as store:
        found = dead_letters.get(store, options.id)
    if found is None:
        print(f"nothing was set aside under {options.id}", file=sys.stderr)
        return EXIT_FAILED
    print(tell.dead_letter_text(found))
    if options.body is not None:
        options.body.write_bytes(found.body)
    return 0


def _journal_status(options: argparse.Namespace) -> int:
    path = read_configuration(options.config).state_dir / JOURNAL_FILE
    if not path.exists():
        print(f"there is no journal yet at {path}", file=sys.stderr)
        return EXIT_FAILED
    connection = connect(path, writable=False)
    try:
        print(tell.journal_table(sqlite_rows.extent(connection), sqlite_rows.cursors(connection)))
    finally:
        connection.close()
    return 0


def _export(options: argparse.Namespace) -> int:
    configuration, directory = _configured(options)
    return exporting.export(options, configuration.state_dir / JOURNAL_FILE, directory)


def _notify_test(options: argparse.Namespace) -> int:
    configuration, directory = _configured(options)
    try:
        tried = asyncio.run(_tried(configuration, directory, options.party))
    except ValueError as error:
        print(f"thongsuot-collector: {error}", file=sys.stderr)
        return EXIT_WRONG
    return 0 if all(one.is_good for one in tried) else EXIT_FAILED


async def _tried(
    configuration: Configuration, directory: InventoryDirectory, name: str
) -> list[ChannelTrialResult]:
    tried = []
    hotline = configuration.settings.page.support_hotline
    notify = configuration.settings.notify
    async for one in try_channels(configuration.channels, notify, directory, name, hotline=hotline):
        print(one, flush=True)
        tried.append(one)
    return tried


def _sla(options: argparse.Namespace) -> int:
    configuration, directory = _configured(options)
    calm_s = configuration.settings.timeline.calm_s
    with _store(configuration) as store:
        return statements.run(options, StatementArchive(store, directory, calm_s=calm_s))


def _verify(options: argparse.Namespace) -> int:
    path = read_configuration(options.config).state_dir / JOURNAL_FILE
    if not path.exists():
        print(f"there is no journal yet at {path}", file=sys.stderr)
        return EXIT_FAILED
    document = (
        None if options.evidence is None else hash_chain.read_incident_document(options.evidence)
    )
    connection = connect(path, writable=False)
    is_intact = True
    try:
        if document is not None:
            for named in hash_chain.compare_evidence(connection, document):
                print(hash_chain.format_evidence_check(named))
                is_intact = is_intact and named.is_intact is not False
        else:
            for stream in hash_chain.verify_streams(connection, options.site):
                print(hash_chain.format_stream(stream))
                is_intact = is_intact and not stream.flaws
    finally:
        connection.close()
    return 0 if is_intact else EXIT_FAILED


@contextmanager
def _store(configuration: Configuration) -> Iterator[Engine]:
    engine = open_store(configuration.state_dir / STORE_FILE)
    try:
        yield engine
    finally:
        engine.dispose()
