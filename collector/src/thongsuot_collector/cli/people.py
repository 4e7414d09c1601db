"""``thongsuot-collector person``: who has an account, and what for."""

import argparse

from thongsuot_collector.cli import tables
from thongsuot_collector.cli.command import (
    Commands,
    UsageError,
    configured,
    name_from,
    opened_store,
)
from thongsuot_collector.config.read import read_configuration
from thongsuot_collector.inventory.directory import InventoryDirectory
from thongsuot_collector.store import people
from thongsuot_collector.store.people import PersonRole
from thongsuot_schema.inventory.communes import NOWHERE
from thongsuot_schema.suggestion import suggest


def add_commands(commands: Commands) -> None:
    """Add the commands."""
    group = commands.group("person", "people with an account")
    person = group.add(
        "add",
        _add,
        "give somebody an account; the password is shown once, and replaces the one before",
    )
    person.add_argument("name")
    person.add_argument("--title", default="", help="the name that others read")
    person.add_argument(
        "--role",
        type=PersonRole,
        choices=list(PersonRole),
        default=PersonRole.CITY_ENGINEER,
        help="%(default)s",
    )
    person.add_argument(
        "--scope", default="", metavar="NAME", help="of a carrier its name, of a commune its code"
    )
    group.add("list", _list, "list the people")
    group.add("remove", _remove, "take the account from a person").add_argument("name")


def _add(options: argparse.Namespace) -> int:
    name = name_from(options.name, "a person")
    configuration, directory = configured(options)
    check_scope(options.role, options.scope, directory)
    with opened_store(configuration) as store:
        print(people.put(store, name, options.title, role=options.role, scope=options.scope))
    return 0


def check_scope(role: PersonRole, scope: str, directory: InventoryDirectory) -> None:
    """
    Raises:
        UsageError: a role has no such scope.
    """
    communes = {site.commune for site in directory.sites.values()} - {NOWHERE}
    known = {PersonRole.CARRIER: set(directory.carriers), PersonRole.COMMUNE: communes}.get(role)
    if known is None:
        if scope:
            raise UsageError(f"--scope is for carriers and communes; {role} sees everything")
        return
    if scope not in known:
        raise UsageError(f"the inventory has no {role} {scope!r}{suggest(scope, sorted(known))}")


def _list(options: argparse.Namespace) -> int:
    with opened_store(read_configuration(options.config)) as store:
        print(tables.people_table(people.listed(store)))
    return 0


def _remove(options: argparse.Namespace) -> int:
    with opened_store(read_configuration(options.config)) as store:
        people.revoke(store, options.name)
    return 0
