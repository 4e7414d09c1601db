"""Identities, in the store: the accounts of people signed in by a provider."""

import time

import msgspec
from sqlalchemy import Connection, Engine, insert, select, update
from sqlalchemy.exc import IntegrityError

from thongsuot_collector.errors import TokenError
from thongsuot_collector.store import audit, people
from thongsuot_collector.store.account_tables import IDENTITIES
from thongsuot_collector.store.audit import AuditAction
from thongsuot_collector.store.people import Person, PersonRole
from thongsuot_collector.store.tables import PEOPLE


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """A person's identity at the provider, and the resulting role here."""

    issuer: str
    subject: str
    name: str
    title: str
    role: PersonRole
    scope: str


def signed_in(engine: Engine, identity: Identity) -> Person:
    """
    Return the account of an identity with its present role; create it at the first sign-in.

    Raises:
        TokenError: the account was removed here, or another person has the name.
    """
    wanted = select(IDENTITIES.c.person).where(
        IDENTITIES.c.issuer == identity.issuer, IDENTITIES.c.subject == identity.subject
    )
    with engine.begin() as connection:
        name = connection.execute(wanted).scalar()
        if name is None:
            name = identity.name
            try:
                _create(connection, identity)
            except IntegrityError as error:  # a concurrent first sign-in in two windows
                raise TokenError(f"{name} is signing in elsewhere just now") from error
        person = people.known_in(connection, name)
        if person is None:
            raise TokenError(f"the account {name} was removed")
        _update(connection, person, identity)
        changed = people.known_in(connection, name)
    assert changed is not None
    return changed


def _create(connection: Connection, identity: Identity) -> None:
    name = identity.name
    taken = connection.execute(select(PEOPLE.c.name).where(PEOPLE.c.name == name)).first()
    if taken is not None:
        raise TokenError(f"there is an account {name}, and it is not the provider's")
    connection.execute(
        insert(PEOPLE).values(
            name=name,
            title=identity.title,
            digest=b"",
            created_ns=time.time_ns(),
            role=identity.role.value,
            scope=identity.scope,
        )
    )
    connection.execute(
        insert(IDENTITIES).values(issuer=identity.issuer, subject=identity.subject, person=name)
    )
    detail = " ".join(filter(None, (identity.role, identity.scope, identity.title)))
    audit.write(
        connection, AuditAction.PERSON_ADDED, name, by=f"provider:{identity.issuer}", detail=detail
    )


def _update(connection: Connection, person: Person, identity: Identity) -> None:
    values = {"title": identity.title, "role": identity.role.value, "scope": identity.scope}
    connection.execute(update(PEOPLE).where(PEOPLE.c.name == person.name).values(**values))
    if (person.role, person.scope) != (identity.role, identity.scope):
        detail = " ".join(filter(None, (identity.role, identity.scope)))
        by = f"provider:{identity.issuer}"
        audit.write(connection, AuditAction.PERSON_CHANGED, person.name, by=by, detail=detail)
