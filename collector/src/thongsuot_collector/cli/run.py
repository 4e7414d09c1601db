"""``thongsuot-collector run``, ``reflector`` and ``check-config``: the process itself."""

import argparse
import asyncio
import logging
import resource
import signal
from contextlib import ExitStack, suppress

import msgspec
import uvloop

from thongsuot_collector.app import garbage, thread_switching
from thongsuot_collector.app.collector import run_collector
from thongsuot_collector.app.durable import JOURNAL_FILE, STORE_FILE
from thongsuot_collector.cli import tables
from thongsuot_collector.cli.command import Commands, check_user, configured
from thongsuot_collector.cli.results import print_result
from thongsuot_collector.config.read import read_configuration
from thongsuot_collector.metrics import Metrics
from thongsuot_collector.reflector.service import reflect
from thongsuot_collector.store.folder_lock import lock_folder
from thongsuot_runtime.config_file import ConfigInvalid
from thongsuot_runtime.terminal import localized
from thongsuot_schema.errors import DocumentError
from thongsuot_schema.localizable import Localizable
from thongsuot_schema.words.language import Text


class CheckedConfig(msgspec.Struct, frozen=True, kw_only=True):
    """The summary of a configuration; ``journal`` and ``store`` are a file each, or a database."""

    file: str
    sites: int
    sinks: list[str]
    channels: list[str]
    journal: str
    store: str


def add_commands(commands: Commands) -> None:
    """Add the commands."""
    run = commands.add("run", _run, localized(Text("collector.cli.run")))
    run.add_argument(
        "--accept-empty-store",
        action="store_true",
        help=localized(Text("collector.cli.run.accept_empty_store")),
    )
    commands.add("reflector", _reflector, localized(Text("collector.cli.reflector")))
    commands.add_result(
        "check-config", _check, localized(Text("collector.cli.check_config")), CheckedConfig
    )


def _run(options: argparse.Namespace) -> int:
    configuration, directory = configured(options)
    if not configuration.settings.store.url:
        check_user(configuration.state_dir / STORE_FILE)
    if not configuration.settings.journal.url:
        check_user(configuration.state_dir / JOURNAL_FILE)
    # Each agent's connection is an open file; the soft limit is often 1,024.
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))

    garbage.limit_turns()
    thread_switching.favour_event_loop()

    async def until_stopped() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        collecting = asyncio.create_task(garbage.collect_young())
        try:
            await run_collector(
                configuration,
                directory,
                stop=stop,
                accept_empty_store=options.accept_empty_store,
                listening=lambda url: print(f"collector: {url}/", flush=True),
            )
        finally:
            collecting.cancel()

    with ExitStack() as held:
        if not configuration.is_shared:
            held.enter_context(lock_folder(configuration.state_dir))
        runner = held.enter_context(asyncio.Runner(loop_factory=uvloop.new_event_loop))
        runner.run(until_stopped())
    return 0


def _reflector(options: argparse.Namespace) -> int:
    settings = read_configuration(options.config).settings.reflector
    if not (settings.stamp_address or settings.throughput_address):
        raise ConfigInvalid(
            [DocumentError(str(options.config), 0, Localizable("[reflector] has no address"))]
        )
    metrics = Metrics()

    async def until_stopped() -> None:
        work = asyncio.ensure_future(
            reflect(settings, metrics, lambda endpoint: print(f"reflector: {endpoint}", flush=True))
        )
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, work.cancel)
        with suppress(asyncio.CancelledError):
            await work

    asyncio.run(until_stopped())
    logging.getLogger(__name__).info("stopped packets=%s", tables.reflected_text(metrics))
    return 0


def _check(options: argparse.Namespace) -> int:
    configuration, directory = configured(options)
    settings, state_dir = configuration.settings, configuration.state_dir
    journal, store = settings.journal, settings.store
    checked = CheckedConfig(
        file=str(options.config),
        sites=len(directory.sites),
        sinks=[settings.name for _, settings in configuration.sinks],
        channels=[settings.name for _, settings in configuration.channels],
        journal=journal.database.shown if journal.url else str(state_dir / JOURNAL_FILE),
        store=store.database.shown if store.url else str(state_dir / STORE_FILE),
    )
    none = localized(Text("collector.cli.said.none"))
    text = Text(
        "collector.cli.said.config_good",
        file=checked.file,
        sites=checked.sites,
        sinks=", ".join(checked.sinks) or none,
        channels=", ".join(checked.channels) or none,
        journal=checked.journal,
        store=checked.store,
    )
    print_result(options, checked, [localized(text)])
    return 0
