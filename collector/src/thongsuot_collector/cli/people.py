"""``thongsuot-collector person``: who may act on incidents."""

import argparse

from thongsuot_collector.cli import tables
from thongsuot_collector.cli.command import Commands, name_from, opened_store
from thongsuot_collector.config.read import read_configuration
from thongsuot_collector.store import people


def add_commands(commands: Commands) -> None:
    """Add the commands."""
    group = commands.group("person", "people who may act on incidents")
    person = group.add(
        "add", _add, "let somebody act; the password is shown once, and replaces the one before"
    )
    person.add_argument("name")
    person.add_argument("--title", default="", help="the name that others read")
    group.add("list", _list, "list the people")
    group.add("remove", _remove, "take the right to act from a person").add_argument("name")


def _add(options: argparse.Namespace) -> int:
    name = name_from(options.name, "a person")
    with opened_store(read_configuration(options.config).state_dir) as store:
        print(people.put(store, name, options.title))
    return 0


def _list(options: argparse.Namespace) -> int:
    with opened_store(read_configuration(options.config).state_dir) as store:
        print(tables.people_table(people.listed(store)))
    return 0


def _remove(options: argparse.Namespace) -> int:
    with opened_store(read_configuration(options.config).state_dir) as store:
        people.revoke(store, options.name)
    return 0
