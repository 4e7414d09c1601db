"""
The command ``thongsuot-agent``.

Exit codes: 0 done; 1 it did not work (the text says why); 2 the command line or the configuration
is wrong; ``probe`` also 3 if the run failed and 4 if it could not be made.
"""

from thongsuot_agent import memory

memory.block_imports()

import sys  # noqa: E402 - what must not be loaded is blocked before anything else is
from collections.abc import Sequence  # noqa: E402
from typing import TYPE_CHECKING, NamedTuple  # noqa: E402

if TYPE_CHECKING:
    import argparse

DEFAULT_CONFIG = "/etc/thongsuot/agent.toml"


class RunOptions(NamedTuple):
    """What ``run`` was given."""

    config: str = DEFAULT_CONFIG
    verbose: bool = False
    record: str = ""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    words = sys.argv[1:] if arguments is None else arguments
    options = read_run_options(words)
    if options is not None:
        return _run(options)
    parsed = build_parser().parse_args(words)
    if parsed.command == "run":
        return _run(RunOptions(parsed.config, parsed.verbose, parsed.record))
    # Here, because the resident process does not need it.
    from thongsuot_runtime.terminal import escaped_output  # noqa: PLC0415

    with escaped_output():
        return _run_command(parsed)


def read_run_options(words: Sequence[str]) -> RunOptions | None:
    """
    Return what ``run`` was given as units and people write it; ``None`` for all else, which the
    parser reads or refuses.

    The resident process does without argparse: 1.3 MiB (2026-12).
    """
    if list(words[:1]) != ["run"]:
        return None
    options = RunOptions()
    rest = iter(words[1:])
    for word in rest:
        if word == "--verbose":
            options = options._replace(verbose=True)
            continue
        value = next(rest, "")
        if word not in {"--config", "--record"} or not value or value.startswith("-"):
            return None
        if word == "--config":
            options = options._replace(config=value)
        else:
            options = options._replace(record=value)
    return options


def _run(options: RunOptions) -> int:
    from thongsuot_agent.cli.run import run  # noqa: PLC0415

    return run(options.config, is_verbose=options.verbose, recording=options.record)


def _run_command(options: "argparse.Namespace") -> int:  # noqa: PLR0911 - one a command
    # Each command is loaded on demand: the resident one loads nothing of the others.
    match options.command:
        case "check-config":
            from thongsuot_agent.cli.check_config import check_config  # noqa: PLC0415

            return check_config(options.config, is_json=options.json)
        case "doctor" | "links" | "routes":
            return _look_after_host(options)
        case "status":
            from thongsuot_agent.cli.status import show_status  # noqa: PLC0415

            return show_status(options.config, options.address, is_json=options.json)
        case "site-config":
            from thongsuot_agent.cli.site_config import show_site_config  # noqa: PLC0415

            return show_site_config(options.config, is_json=options.json)
        case "enrol":
            from thongsuot_agent.cli.enrol import enrol  # noqa: PLC0415

            return enrol(options)
        case "probe":
            from thongsuot_agent.cli.probe import probe_once  # noqa: PLC0415

            return probe_once(options)
        case "snmp":
            from thongsuot_agent.cli.walk_profile import walk_profile  # noqa: PLC0415

            return walk_profile(options)
        case _:
            from thongsuot_agent.cli.replay import print_replay  # noqa: PLC0415

            return print_replay(options.file)


def _look_after_host(options: "argparse.Namespace") -> int:
    """Run one of the commands that are about this host and need no running agent."""
    match options.command:
        case "doctor":
            from thongsuot_agent.cli.doctor import examine_host  # noqa: PLC0415

            return examine_host(options.config, is_json=options.json)
        case "links":
            from thongsuot_agent.cli.links import show_links  # noqa: PLC0415

            return show_links(options.config, is_json=options.json)
        case _:
            from thongsuot_agent.cli.routes import manage_routes  # noqa: PLC0415

            return manage_routes(options.config, options.action, is_json=options.json)


def build_parser() -> "argparse.ArgumentParser":
    """Return the parser of the command line; packages make man page and completion from it."""
    from thongsuot_agent.cli.parser import command_parser  # noqa: PLC0415 - see read_run_options

    return command_parser(DEFAULT_CONFIG)


if __name__ == "__main__":
    sys.exit(main())
