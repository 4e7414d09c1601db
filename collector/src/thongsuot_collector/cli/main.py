"""``thongsuot-collector``: receives, stores, forwards and shows the measurements of agents."""

import argparse
import importlib.metadata
import logging
import sqlite3
import sys
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from thongsuot_collector.cli import (
    accept_loss,
    account,
    api_tokens,
    backup,
    ca,
    commissioning,
    desk_keys,
    downgrade,
    enrol,
    export,
    init,
    journal,
    leaflet,
    lists,
    maintenance,
    mcp,
    netbox,
    notify,
    people,
    request_test,
    run,
    salvage,
    signing_keys,
    site_configs,
    sla,
    store,
    tokens,
    watch,
)
from thongsuot_collector.cli.command import (
    EXIT_FAILED,
    EXIT_WRONG,
    PROGRAM,
    Command,
    Commands,
    UsageError,
    error_text,
    print_error,
    sentence_for,
)
from thongsuot_collector.cli.results import json_text
from thongsuot_collector.errors import CollectorError
from thongsuot_collector.store.sqlite_file import refusal_of
from thongsuot_runtime.config_file import ConfigInvalid
from thongsuot_runtime.log_lines import log_to
from thongsuot_runtime.refusal import error_report
from thongsuot_runtime.terminal import (
    escaped_output,
    localize_argparse,
    localized,
    localized_mistake,
)
from thongsuot_schema.batch import kernel
from thongsuot_schema.words.language import Text

DEFAULT_CONFIG = "/etc/thongsuot/collector.toml"

_DESCRIPTION = Text("collector.cli.program")


def main(arguments: Sequence[str] | None = None) -> int:
    """
    Run a command line and return its exit status.

    1: it could not be done; 2: the configuration or the command line is wrong.
    """
    with escaped_output():
        return _run(arguments)


def _run(arguments: Sequence[str] | None) -> int:
    options = build_parser().parse_args(arguments)
    set_up_logging(options.log_level)
    command: Command = options.command
    is_json: bool = getattr(options, "json", False)
    try:
        return command(options)
    except ConfigInvalid as error:
        if isinstance(error.__cause__, OSError):
            return _refuse(sentence_for(error.__cause__), EXIT_WRONG, is_json=is_json)
        return _refuse_mistakes(error, is_json=is_json)
    except UsageError as error:
        return _refuse(error, EXIT_WRONG, is_json=is_json)
    except CollectorError as error:
        return _refuse(error, EXIT_FAILED, is_json=is_json)
    except OSError as error:
        refusal = sentence_for(error)
    except (sqlite3.Error, DBAPIError) as error:
        if not (why := refusal_of(error)):
            raise
        refusal = Text("collector.cli.error.database_refused", why=why)
    return _refuse(refusal, EXIT_FAILED, is_json=is_json)


def _refuse(error: CollectorError | Text | str, code: int, *, is_json: bool) -> int:
    """Report why a command is not carried out; return the exit code."""
    print_error(error)
    if is_json:
        print(json_text(error_report(error_text(error), code)))
    return code


def _refuse_mistakes(error: ConfigInvalid, *, is_json: bool) -> int:
    """Report every error in a file, with its place; return the exit code."""
    text = "\n".join(localized_mistake(mistake) for mistake in error.mistakes)
    print(text, file=sys.stderr)
    if is_json:
        print(json_text(error_report(text, EXIT_WRONG, error.mistakes)))
    return EXIT_WRONG


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line; packages make man page and completion from it."""
    localize_argparse()
    parser = argparse.ArgumentParser(prog=PROGRAM, description=localized(_DESCRIPTION))
    version = importlib.metadata.version("thongsuot-collector")
    parser.add_argument(
        "--version",
        action="version",
        version=f"{PROGRAM} {version} (kernel: {kernel.IMPLEMENTATION})",
        help=localized(Text("collector.cli.any.version")),
    )
    commands = Commands(parser.add_subparsers(required=True, metavar="COMMAND"), _common_options)
    for module in (
        init,
        run,
        tokens,
        enrol,
        people,
        desk_keys,
        api_tokens,
        lists,
        mcp,
        maintenance,
        request_test,
        site_configs,
        journal,
        account,
        accept_loss,
        backup,
        downgrade,
        salvage,
        store,
        notify,
        netbox,
        ca,
        signing_keys,
        export,
        sla,
        leaflet,
        commissioning,
        watch,
    ):
        module.add_commands(commands)
    return parser


def _common_options() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument(
        "--config",
        type=Path,
        default=Path(DEFAULT_CONFIG),
        metavar="FILE",
        help=localized(Text("collector.cli.any.default")),
    )
    common.add_argument(
        "--log-level", default="info", choices=("debug", "info", "warning", "error")
    )
    return common


def set_up_logging(level: str) -> None:
    """Log to the error stream, from a level on."""
    log_to(
        sys.stderr,
        level=level.upper(),
        line_format="%(asctime)s %(levelname)s %(name)s %(message)s",
    )
    # A line for each request, for each broken one, or for each glyph would fill the log.
    for name in ("httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)


if __name__ == "__main__":
    sys.exit(main())
