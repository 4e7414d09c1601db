"""
``thongsuot-lab``: build a small Internet, break it, heal it, look into it.

Exit codes: 0 done; 1 the lab or the kernel failed; 2 the request names something that does not
exist.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence

from thongsuot_lab import accuracy, rundir
from thongsuot_lab.errors import LabError, TopologyError, UnknownFaultError, UnknownLabError
from thongsuot_lab.fault_loader import fault_names, load_fault
from thongsuot_lab.lab import Lab
from thongsuot_lab.spaces import privilege
from thongsuot_lab.topology.city import city


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code."""
    words = sys.argv[1:] if argv is None else list(argv)
    parser = _parser()
    arguments = parser.parse_args(words)
    if arguments.word == "help":
        parser.parse_args([*([arguments.about] if arguments.about else []), "--help"])
    try:
        if os.geteuid() != 0:
            needs_lab = arguments.word not in ("up", "accuracy", "faults")
            lab = rundir.select_running(arguments.lab) if needs_lab else None
            keeper_pid = None if lab is None else rundir.keeper_pid(lab)
            privilege.become_root("thongsuot_lab.cli", words, keeper_pid)
        code: int = arguments.do(arguments)
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader has closed the pipe (``| head``); the interpreter would complain again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (UnknownLabError, UnknownFaultError, TopologyError) as error:
        print(f"thongsuot-lab: {error}", file=sys.stderr)
        return 2
    except LabError as error:
        print(f"thongsuot-lab: {error}", file=sys.stderr)
        return 1
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="thongsuot-lab", description="A small Internet in network namespaces, to break."
    )
    which = "prefix of the lab; needed only if several run"
    parser.add_argument("--lab", help=which)
    # Also accepted after the subcommand.
    behind = argparse.ArgumentParser(add_help=False)
    behind.add_argument("--lab", default=argparse.SUPPRESS, help=which)
    words = parser.add_subparsers(dest="word", required=True, metavar="WORD")

    explained = words.add_parser(
        "help", help="describe a command: help fault; without an argument: this text"
    )
    explained.add_argument("about", nargs="?", metavar="WORD")

    up = words.add_parser("up", help="build a city and keep it until Ctrl-C")
    up.add_argument("--sites", type=int, default=1, help="service points (default 1)")
    up.add_argument("--portals", type=int, default=2, help="public portals (default 2)")
    up.add_argument("--prefix", help="its name; default: a new one")
    up.add_argument(
        "--detach", action="store_true", help="return at once and leave the lab running"
    )
    up.set_defaults(do=_up)

    down = words.add_parser("down", parents=[behind], help="end a lab")
    down.add_argument("--all", action="store_true", help="list every lab of this user")
    down.set_defaults(do=_down)

    status = words.add_parser(
        "status", parents=[behind], help="show nodes, active faults and wires"
    )
    status.add_argument("--json", action="store_true", help="everything, for scripts")
    status.set_defaults(do=_status)

    listed = words.add_parser("faults", help="list every fault with its arguments")
    listed.set_defaults(do=_faults)

    for word, help_text, do in (
        ("fault", "apply a fault: fault cut-fibre site=s1", _fault),
        ("heal", "undo a fault: heal cut-fibre site=s1; without a name: everything", _heal),
    ):
        subparser = words.add_parser(word, parents=[behind], help=help_text)
        subparser.add_argument("name", nargs="?" if word == "heal" else None)
        subparser.add_argument("arguments", nargs="*", metavar="KEY=VALUE")
        subparser.set_defaults(do=do)

    execute = words.add_parser(
        "exec", parents=[behind], help="run a command inside a node: exec s1.device ip route"
    )
    execute.add_argument("node")
    execute.add_argument("command", nargs=argparse.REMAINDER)
    execute.set_defaults(do=_exec)

    measure = words.add_parser("accuracy", help="measure the accuracy of the wires on this machine")
    measure.add_argument("--busy", type=int, default=0, help="busy loops to run meanwhile")
    measure.set_defaults(do=_accuracy)
    return parser


def _attached(arguments: argparse.Namespace) -> Lab:
    return Lab.attach(rundir.select_running(arguments.lab))


def _up(arguments: argparse.Namespace) -> int:
    privilege.require()
    lab = Lab(city(arguments.sites, portals=arguments.portals), prefix=arguments.prefix)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    try:
        lab.up()
        print(f"lab: {lab.prefix}")
        print(f"wires: {lab.mechanism}")
        print(f"nodes: {' '.join(node.name for node in lab.topology.nodes)}", flush=True)
        if arguments.detach:
            lab.detach()
            return 0
        print("Ctrl-C ends it.", file=sys.stderr)
        while True:
            signal.pause()
    except KeyboardInterrupt:
        lab.down()
    return 0


def _interrupt(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt


def _down(arguments: argparse.Namespace) -> int:
    prefixes = rundir.running() if arguments.all else [rundir.select_running(arguments.lab)]
    for prefix in prefixes:
        Lab.attach(prefix).down()
        print(f"down: {prefix}")
    rundir.remove_dead()
    return 0


def _status(arguments: argparse.Namespace) -> int:
    lab = _attached(arguments)
    if arguments.json:
        print(json.dumps(lab.facts(), ensure_ascii=False, indent=2))
        return 0
    report = lab.wires_report()
    print(f"lab: {lab.prefix} ({report.mechanism}, {report.priority} priority)")
    for fault in lab.active_faults():
        print(f"fault: {fault.key}")
    for name, wire in report.wires.items():
        marks = [f"cut by {key}" for key in wire.cut_by]
        marks += [f"impaired by {key}" for key in wire.overlays]
        frames = f"{wire.a_to_b.arrived} > < {wire.b_to_a.arrived}"
        print(f"wire: {name:42} {wire.carried_by:8} {frames:20} {', '.join(marks)}".rstrip())
    return 0


def _faults(_arguments: argparse.Namespace) -> int:
    for name in fault_names():
        fault = load_fault(name)
        print(f"{fault.usage}\n    {fault.help}")
    return 0


def _pairs(words: Sequence[str]) -> dict[str, object]:
    pairs: dict[str, object] = {}
    for word in words:
        key, equals, value = word.partition("=")
        if not equals:
            raise UnknownFaultError(f"an argument reads key=value, not {word!r}")
        pairs[key] = value
    return pairs


def _fault(arguments: argparse.Namespace) -> int:
    print(f"broken: {_attached(arguments).fault(arguments.name, **_pairs(arguments.arguments))}")
    return 0


def _heal(arguments: argparse.Namespace) -> int:
    lab = _attached(arguments)
    for key in lab.heal(arguments.name, **_pairs(arguments.arguments)):
        print(f"healed: {key}")
    return 0


def _exec(arguments: argparse.Namespace) -> int:
    command = arguments.command or ["sh"]
    process = _attached(arguments).node(arguments.node).popen(command, stdin=None)
    try:
        return process.wait()
    except KeyboardInterrupt:
        # The terminal sent the signal to the command as well; the command's exit code is the
        # answer.
        return process.wait()


def _accuracy(arguments: argparse.Namespace) -> int:
    privilege.require()
    busy = [
        subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(arguments.busy)
    ]
    try:
        for line in accuracy.report_lines():
            print(line, flush=True)
    finally:
        for process in busy:
            process.kill()
            process.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
