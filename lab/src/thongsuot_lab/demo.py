"""
``./run demo``: service points with a fibre and a 5G uplink, in a small Internet on this machine.

Prints one line per address on standard output (``name: http://127.0.0.1:PORT/…``), and the name and
password of a person who may act on the pages (``person: NAME PASSWORD``); everything else goes to
standard error. Runs until Ctrl-C or SIGTERM and leaves nothing behind.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from thongsuot_lab.errors import LabError
from thongsuot_lab.lab import Lab
from thongsuot_lab.spaces.privilege import become_root
from thongsuot_lab.stack import prometheus
from thongsuot_lab.stack.city import CityStack, StackOptions
from thongsuot_lab.stack.session import StopRequested, print_progress, stop_on_signals, watch
from thongsuot_lab.story import play_story
from thongsuot_lab.topology.city import city

EXIT_FAILED = 1

HOLD_S = 10.0
"""
Hold-off after recovery: a demonstration does not wait half a minute until a line counts as up
again.
"""


PERSON, PERSON_TITLE = "lan", "Trần Thị Lan"
"""The account that may request tests and acknowledge incidents in the demonstration."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the demonstration; return 0 when it was stopped, 1 when it could not run."""
    words = sys.argv[1:] if arguments is None else list(arguments)
    options = _parser().parse_args(words)
    stop_on_signals()
    try:
        if os.geteuid() != 0:
            become_root("thongsuot_lab.demo", words)
        _play(options)
    except StopRequested:
        print_progress("stopped; nothing is left behind")
        return 0
    except LabError as error:
        print_progress(f"demo: {error}")
        return EXIT_FAILED
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="./run demo", description=__doc__)
    parser.add_argument("--sites", type=int, default=3, help="service points (%(default)s)")
    parser.add_argument("--no-story", action="store_true", help="break nothing by itself")
    parser.add_argument("--no-prometheus", action="store_true", help="leave Prometheus out")
    parser.add_argument(
        "--no-history", action="store_true", help="begin with empty charts: no generated month"
    )
    parser.add_argument(
        "--language", choices=("vi", "en"), default="vi", help="of the mails (%(default)s)"
    )
    return parser


def _play(options: argparse.Namespace) -> None:
    print_progress("building a small Internet: carriers, an exchange, portals, a collector …")
    # The folder outlives the lab, so that every process has ended before its files are deleted.
    with (
        tempfile.TemporaryDirectory(prefix="thongsuot-demo-") as folder,
        Lab(city(sites=options.sites)) as lab,
    ):
        options_ = StackOptions(
            with_prometheus=not options.no_prometheus,
            with_receivers=True,
            language=options.language,
            hold_s=HOLD_S,
        )
        stack = CityStack(lab, Path(folder), options_)
        if stack.options.with_prometheus and not prometheus.installed():
            print_progress(
                "Prometheus is not installed here; the measurements stay in the collector"
            )
        print_progress("starting the collector and the agents …")
        try:
            stack.start()
            _print_addresses(stack)
            if not options.no_history:
                stack.push_history()
            _explain(lab)
            watch(stack, () if options.no_story or options.sites < 3 else play_story(stack))
        finally:
            print_progress("stopping …")
            stack.stop()


def _print_addresses(stack: CityStack) -> None:
    base = stack.addresses["collector"]
    print(f"collector: {base}/")
    print(f"incidents: {base}/incidents")
    for site in stack.sites:
        print(f"{site}: {base}/sites/{site}")
        print(f"{site}-device: {stack.addresses[f'agent-{site}']}/")
    # Created again for every run; valid on this machine's loopback until the end of the run.
    print(f"person: {PERSON} {stack.add_person(PERSON, PERSON_TITLE)}")
    if "prometheus" in stack.addresses:
        print(f"prometheus: {stack.addresses['prometheus']}/")
    if stack.receivers is not None:
        inbox = stack.addresses["inbox"]
        for carrier in stack.receivers.carriers_without_tickets():
            print(f"desk-{carrier}: {stack.create_desk_key(carrier)}")
        print(f"inbox: {inbox}/")
        print(f"city-mail: {inbox}/city")
        print(f"tickets: {inbox}/tickets")
        if stack.receivers.has_alertmanager:
            print(f"alerts: {inbox}/alerts")
    sys.stdout.flush()


def _explain(lab: Lab) -> None:
    print_progress("")
    print_progress(
        "The responsible party is notified. Sông Hồng has a ticket system (tickets); Cửu Long has"
        " none: its"
    )
    print_progress(
        "staff gets mails (inbox), and you can answer for them at their desk (desk-cuu-long). The"
    )
    print_progress(
        "city gets mails (city-mail), and alerts in Alertmanager if it is installed (alerts)."
    )
    print_progress(
        "The past month is generated history: the pages mark it, and nobody is notified of it."
    )
    print_progress("")
    print_progress(
        "Open an address above. Break something from another terminal and watch the pages:"
    )
    print_progress(
        f"  ./run lab fault cut-fibre site=s1 --lab {lab.prefix}      cut the fibre of site s1"
    )
    print_progress(
        f"  ./run lab heal cut-fibre site=s1 --lab {lab.prefix}       and splice it again"
    )
    print_progress("  ./run lab faults                                       other things to break")
    print_progress(
        '"Test now" on a page of a site asks its device to measure at once; name and password are'
    )
    print_progress("those of the line `person:` above.")
    print_progress("Ctrl-C ends everything.")
    print_progress("")


if __name__ == "__main__":
    sys.exit(main())
