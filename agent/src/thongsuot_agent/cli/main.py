"""
The command ``thongsuot-agent``.

Exit codes: 0 done; 1 it did not work (the text says why); 2 the command line or the configuration
is wrong; ``probe`` also 3 when the run failed and 4 when it could not be made.
"""

from thongsuot_agent import memory

memory.block_imports()

import sys  # noqa: E402 - what must not be loaded is blocked before anything else is
from collections.abc import Sequence  # noqa: E402
from typing import TYPE_CHECKING, NamedTuple  # noqa: E402

from thongsuot_agent.version import VERSION  # noqa: E402

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
    # Each command is loaded when it is asked for: the resident one has nothing of the others.
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

            return manage_routes(options.config, options.action)


def _formatter(prog: str) -> "argparse.HelpFormatter":
    import argparse  # noqa: PLC0415 - see ``read_run_options``

    # Asking the terminal how wide it is loads shutil, bz2 and lzma: 0.7 MiB of the resident
    # process.
    return argparse.HelpFormatter(prog, width=100)


def build_parser() -> "argparse.ArgumentParser":
    """Return the parser of the command line; packages make man page and completion from it."""
    import argparse  # noqa: PLC0415 - see ``read_run_options``

    parser = argparse.ArgumentParser(
        prog="thongsuot-agent",
        description="Measures the uplinks of a service point, judges them, keeps the record.",
        epilog="Exit codes: 0 done, 1 not done, 2 wrong command line or configuration.",
        formatter_class=_formatter,
    )
    parser.add_argument("--version", action="version", version=f"thongsuot-agent {VERSION}")
    commands = parser.add_subparsers(
        dest="command", required=True, metavar="COMMAND", prog="thongsuot-agent"
    )

    def add(name: str, text: str) -> "argparse.ArgumentParser":
        return commands.add_parser(name, help=text, description=text, formatter_class=_formatter)

    run = add("run", "run until stopped")
    run.add_argument("--verbose", action="store_true", help="log each run and push")
    run.add_argument(
        "--record", default="", metavar="FILE", help="record the judge's input events, for replay"
    )
    check = add("check-config", "check the configuration as a start would")
    check.add_argument("--json", action="store_true", help="print what it comes to as JSON")
    doctor = add("doctor", "look for what on this device makes measurements lie")
    doctor.add_argument("--json", action="store_true", help="print the findings as JSON")
    links = add("links", "show the links, and prove by a packet which router each leaves by")
    links.add_argument("--json", action="store_true", help="print the links as JSON")
    routes = add("routes", "rules and tables that send each link by its own gateway; needs root")
    routes.add_argument(
        "action", choices=("apply", "show", "remove"), help="show prints what apply would make"
    )
    status = add("status", "show the status of the running agent")
    status.add_argument("--address", default="", help="HOST:PORT of the local page")
    status.add_argument("--json", action="store_true", help="print the status as JSON")
    site_config = add(
        "site-config", "show the site configuration of this device, and what it refused"
    )
    site_config.add_argument("--json", action="store_true", help="print it as JSON")
    enrol = add("enrol", "turn a one-time code of the collector into this agent's token")
    _add_enrol(enrol)
    for command in (run, check, doctor, links, routes, status, site_config, enrol):
        command.add_argument(
            "--config", default=DEFAULT_CONFIG, metavar="FILE", help=f"default {DEFAULT_CONFIG}"
        )
    _add_probe(add("probe", "make one run of a probe and show what it found"))
    _add_snmp(add("snmp", "look at equipment by SNMP"))
    replay = add("replay", "show how verdicts came about from a recording")
    replay.add_argument("file", metavar="FILE")
    return parser


def _add_enrol(enrol: "argparse.ArgumentParser") -> None:
    enrol.add_argument("--collector", default="", metavar="URL", help="default: as configured")
    enrol.add_argument(
        "--code", default="", help="default: asked for, so that no list of processes shows it"
    )
    enrol.add_argument("--ca-file", default="", metavar="FILE", help="default: as configured")
    enrol.add_argument("--token-file", default="", metavar="FILE", help="default: as configured")
    enrol.add_argument(
        "--state-dir",
        default="",
        metavar="FOLDER",
        help="where the agent keeps its certificate; default: as configured, none without that",
    )
    enrol.add_argument("--json", action="store_true", help="print what it brought as JSON")


def _add_snmp(snmp: "argparse.ArgumentParser") -> None:
    words = snmp.add_subparsers(
        dest="word", required=True, metavar="WORD", prog="thongsuot-agent snmp"
    )
    text = "read a device, say which profiles fit it, and print a profile to begin with"
    walk = words.add_parser("walk-profile", help=text, description=text, formatter_class=_formatter)
    walk.add_argument("host", metavar="HOST", help="address of the device")
    walk.add_argument("--base", default="", metavar="OID", help="default: its maker's objects")
    walk.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="a setting of the snmp probe (version, community_file, user, …); may be repeated",
    )


def _add_probe(probe: "argparse.ArgumentParser") -> None:
    probe.epilog = "Exit codes: 0 ok, 3 failed, 4 unmeasured, 2 wrong command line."
    probe.add_argument("kind", metavar="KIND", help="icmp, dns, http, host, snmp, radio, …")
    probe.add_argument(
        "target",
        nargs="?",
        default="",
        help="address, URL, gateway or resolver; not for kinds that look at the link itself",
    )
    probe.add_argument("--interface", default="", help="default: the first uplink found")
    probe.add_argument("--family", choices=("ip4", "ip6"), default="", help="default: by target")
    probe.add_argument(
        "--proxy", default="", metavar="URL", help="http://ADDRESS:PORT by which web requests go"
    )
    probe.add_argument("--lookup", default="", metavar="NAME", help="name that dns asks for")
    probe.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="a setting of the probe, value as in TOML; may be repeated",
    )
    probe.add_argument("--json", action="store_true", help="print the finding as JSON")


if __name__ == "__main__":
    sys.exit(main())
