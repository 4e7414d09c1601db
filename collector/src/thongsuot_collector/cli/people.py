"""``thongsuot-collector person``: people's accounts and their roles."""

import argparse
import time

import msgspec

from thongsuot_collector.cli import tables
from thongsuot_collector.cli.command import (
    Commands,
    UsageError,
    configured,
    opened_store,
    person_name,
)
from thongsuot_collector.cli.results import print_result
from thongsuot_collector.config.read import read_configuration
from thongsuot_collector.inventory.directory import InventoryDirectory
from thongsuot_collector.inventory.unknown_names import unknown_carrier, unknown_commune
from thongsuot_collector.store import people, second_factors, sessions
from thongsuot_collector.store.people import PersonRole
from thongsuot_runtime.terminal import localized
from thongsuot_schema.inventory.communes import NOWHERE
from thongsuot_schema.words.language import Text


class CreatedAccount(msgspec.Struct, frozen=True, kw_only=True):
    """An account, and its password: nothing shows it again."""

    name: str
    password: str


class EndedSessions(msgspec.Struct, frozen=True, kw_only=True):
    """The number of ended sessions of an account."""

    name: str
    ended: int


def add_commands(commands: Commands) -> None:
    """Add the commands."""
    group = commands.group("person", localized(Text("collector.cli.person")))
    person = group.add_result(
        "add", _add, localized(Text("collector.cli.person.add")), CreatedAccount
    )
    person.add_argument("name")
    person.add_argument(
        "--title", default="", help=localized(Text("collector.cli.person.add.title"))
    )
    _add_role(person)
    group.add_list("list", _list, localized(Text("collector.cli.person.list")), tables.PEOPLE_HEAD)
    change = group.add("change", _change, localized(Text("collector.cli.person.change")))
    change.add_argument("name")
    _add_role(change)
    group.add("remove", _remove, localized(Text("collector.cli.person.remove"))).add_argument(
        "name"
    )
    group.add(
        "reset-second-factor",
        _reset_second_factor,
        localized(Text("collector.cli.person.reset_second_factor")),
    ).add_argument("name")
    listing = group.add_list(
        "sessions",
        _sessions,
        localized(Text("collector.cli.person.sessions")),
        tables.SESSIONS_HEAD,
    )
    listing.add_argument("name", nargs="?", default="")
    ending = group.add_result(
        "sign-out", _sign_out, localized(Text("collector.cli.person.sign_out")), EndedSessions
    )
    ending.add_argument("name")
    ending.add_argument(
        "--session",
        default="",
        metavar="ID",
        help=localized(Text("collector.cli.person.sign_out.session")),
    )


def _add_role(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--role",
        type=PersonRole,
        choices=list(PersonRole),
        default=PersonRole.CITY_ENGINEER,
        help="%(default)s",
    )
    parser.add_argument(
        "--scope", default="", metavar="NAME", help=localized(Text("collector.cli.person.scope"))
    )


def _add(options: argparse.Namespace) -> int:
    name = person_name(options.name)
    configuration, directory = configured(options)
    check_scope(options.role, options.scope, directory)
    with opened_store(configuration) as store:
        password = people.put(store, name, options.title, role=options.role, scope=options.scope)
    print_result(options, CreatedAccount(name=name, password=password), [password])
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
            raise UsageError(Text("collector.cli.error.scope", role=str(role)))
        return
    if scope not in known:
        unknown = unknown_carrier if role is PersonRole.CARRIER else unknown_commune
        raise UsageError(unknown(scope, sorted(known)))


def _change(options: argparse.Namespace) -> int:
    configuration, directory = configured(options)
    check_scope(options.role, options.scope, directory)
    with opened_store(configuration) as store:
        people.change_role(store, options.name, options.role, options.scope)
    return 0


def _list(options: argparse.Namespace) -> int:
    with opened_store(read_configuration(options.config)) as store:
        known = people.listed(store)
        tables.print_table(
            tables.people_table(known, second_factors.people_with_one(store)), options
        )
    return 0


def _reset_second_factor(options: argparse.Namespace) -> int:
    with opened_store(read_configuration(options.config)) as store:
        second_factors.remove(store, options.name)
    return 0


def _sessions(options: argparse.Namespace) -> int:
    configuration = read_configuration(options.config)
    with opened_store(configuration) as store:
        known = sessions.listed(store, options.name or None)
    now_ns, idle_ns = time.time_ns(), round(configuration.settings.sign_in.idle_s * 1e9)
    live = [
        session
        for session in known
        if now_ns < session.expires_ns and now_ns - session.seen_ns < idle_ns
    ]
    tables.print_table(tables.sessions_table(live), options)
    return 0


def _sign_out(options: argparse.Namespace) -> int:
    with opened_store(read_configuration(options.config)) as store:
        if options.session:
            sessions.end(store, options.session, person=options.name)
            ended = 1
        else:
            ended = sessions.end_all(store, options.name)
    result = EndedSessions(name=options.name, ended=ended)
    text = Text("collector.cli.said.sessions_ended", name=options.name, count=ended)
    print_result(options, result, [localized(text)])
    return 0


def _remove(options: argparse.Namespace) -> int:
    with opened_store(read_configuration(options.config)) as store:
        people.revoke(store, options.name)
    return 0
