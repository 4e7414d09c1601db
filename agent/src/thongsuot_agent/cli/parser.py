"""The command line of ``thongsuot-agent``: its commands, their options and the help of each."""

import argparse

from thongsuot_agent.version import VERSION
from thongsuot_runtime.terminal import localize_argparse, localized
from thongsuot_schema.words.language import Text


def _formatter(prog: str) -> argparse.HelpFormatter:
    # Asking the terminal how wide it is loads shutil, bz2 and lzma: 0.7 MiB of the resident
    # process.
    return argparse.HelpFormatter(prog, width=100)


def command_parser(default_config: str) -> argparse.ArgumentParser:
    """Return the parser of the command line, in the language of the person at the terminal."""
    parser = _program()
    commands = parser.add_subparsers(
        dest="command", required=True, metavar="COMMAND", prog="thongsuot-agent"
    )

    def add(name: str, text: str) -> argparse.ArgumentParser:
        return commands.add_parser(name, help=text, description=text, formatter_class=_formatter)

    run = add("run", localized(Text("agent.cli.run")))
    _add_run(run)
    check = add("check-config", localized(Text("agent.cli.check_config")))
    _add_json(
        check,
        localized(Text("agent.cli.check_config.json")),
        "thongsuot_agent.cli.check_config:CheckedConfig",
    )
    doctor = add("doctor", localized(Text("agent.cli.doctor")))
    _add_json(
        doctor, localized(Text("agent.cli.doctor.json")), "thongsuot_agent.cli.doctor:HostFindings"
    )
    links = add("links", localized(Text("agent.cli.links")))
    _add_json(
        links, localized(Text("agent.cli.links.json")), "thongsuot_agent.cli.links:LinksReport"
    )
    routes = add("routes", localized(Text("agent.cli.routes")))
    _add_routes(routes)
    status = add("status", localized(Text("agent.cli.status")))
    status.add_argument("--address", default="", help=localized(Text("agent.cli.status.address")))
    _add_json(
        status, localized(Text("agent.cli.status.json")), "thongsuot_agent.status:AgentStatus"
    )
    site_config = add("site-config", localized(Text("agent.cli.site_config")))
    _add_json(
        site_config,
        localized(Text("agent.cli.site_config.json")),
        "thongsuot_agent.cli.site_config:SiteConfigReport",
    )
    enrol = add("enrol", localized(Text("agent.cli.enrol")))
    _add_enrol(enrol)
    for command in (run, check, doctor, links, routes, status, site_config, enrol):
        command.add_argument(
            "--config",
            default=default_config,
            metavar="FILE",
            help=localized(Text("agent.cli.any.config", file=default_config)),
        )
    _add_probe(add("probe", localized(Text("agent.cli.probe"))))
    _add_snmp(add("snmp", localized(Text("agent.cli.snmp"))))
    replay = add("replay", localized(Text("agent.cli.replay")))
    replay.add_argument("file", metavar="FILE")
    return parser


def _program() -> argparse.ArgumentParser:
    localize_argparse()
    parser = argparse.ArgumentParser(
        prog="thongsuot-agent",
        description=localized(Text("agent.cli.program")),
        epilog=localized(Text("agent.cli.program.epilog")),
        formatter_class=_formatter,
    )
    parser.add_argument(
        "--version",
        action="version",
        version=f"thongsuot-agent {VERSION}",
        help=localized(Text("agent.cli.any.version")),
    )
    return parser


def _add_run(run: argparse.ArgumentParser) -> None:
    run.add_argument(
        "--verbose", action="store_true", help=localized(Text("agent.cli.run.verbose"))
    )
    run.add_argument(
        "--record", default="", metavar="FILE", help=localized(Text("agent.cli.run.record"))
    )


def _add_routes(routes: argparse.ArgumentParser) -> None:
    routes.add_argument(
        "action",
        choices=("apply", "show", "remove"),
        help=localized(Text("agent.cli.routes.action")),
    )
    _add_json(
        routes, localized(Text("agent.cli.routes.json")), "thongsuot_agent.cli.routes:RoutesReport"
    )


def _add_json(parser: argparse.ArgumentParser, text: str, shape: str) -> None:
    """
    Let a command print its result as JSON.

    ``shape`` is where the result's type stands, as ``module:name``: no command loads another's.
    """
    parser.add_argument("--json", action="store_true", help=text)
    parser.set_defaults(shape=shape)


def _add_enrol(enrol: argparse.ArgumentParser) -> None:
    enrol.add_argument(
        "--collector",
        default="",
        metavar="URL",
        help=localized(Text("agent.cli.any.default_as_configured")),
    )
    enrol.add_argument("--code", default="", help=localized(Text("agent.cli.enrol.code")))
    enrol.add_argument(
        "--ca-file",
        default="",
        metavar="FILE",
        help=localized(Text("agent.cli.any.default_as_configured")),
    )
    enrol.add_argument(
        "--token-file",
        default="",
        metavar="FILE",
        help=localized(Text("agent.cli.any.default_as_configured")),
    )
    enrol.add_argument(
        "--state-dir",
        default="",
        metavar="FOLDER",
        help=localized(Text("agent.cli.enrol.state_dir")),
    )
    _add_json(
        enrol, localized(Text("agent.cli.enrol.json")), "thongsuot_agent.cli.enrol:EnrolmentReport"
    )


def _add_snmp(snmp: argparse.ArgumentParser) -> None:
    words = snmp.add_subparsers(
        dest="word", required=True, metavar="WORD", prog="thongsuot-agent snmp"
    )
    text = localized(Text("agent.cli.snmp.walk_profile"))
    walk = words.add_parser("walk-profile", help=text, description=text, formatter_class=_formatter)
    walk.add_argument(
        "host", metavar="HOST", help=localized(Text("agent.cli.snmp.walk_profile.host"))
    )
    walk.add_argument(
        "--base",
        default="",
        metavar="OID",
        help=localized(Text("agent.cli.snmp.walk_profile.base")),
    )
    walk.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help=localized(Text("agent.cli.snmp.walk_profile.set")),
    )


def _add_probe(probe: argparse.ArgumentParser) -> None:
    probe.epilog = localized(Text("agent.cli.probe.epilog"))
    probe.add_argument("kind", metavar="KIND", help=localized(Text("agent.cli.probe.kind")))
    probe.add_argument(
        "target",
        nargs="?",
        default="",
        help=localized(Text("agent.cli.probe.target")),
    )
    probe.add_argument("--interface", default="", help=localized(Text("agent.cli.probe.interface")))
    probe.add_argument(
        "--family",
        choices=("ip4", "ip6"),
        default="",
        help=localized(Text("agent.cli.probe.family")),
    )
    probe.add_argument(
        "--proxy", default="", metavar="URL", help=localized(Text("agent.cli.probe.proxy"))
    )
    probe.add_argument(
        "--lookup", default="", metavar="NAME", help=localized(Text("agent.cli.probe.lookup"))
    )
    probe.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help=localized(Text("agent.cli.probe.set")),
    )
    _add_json(probe, localized(Text("agent.cli.probe.json")), "thongsuot_agent.cli.probe:ProbeRuns")
