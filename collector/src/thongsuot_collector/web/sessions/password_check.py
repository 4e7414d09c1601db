"""Password check: authenticates a name and a password, in a time that reveals no names."""

import asyncio
import hmac
from collections import OrderedDict
from hashlib import sha256
from typing import Final

from sqlalchemy import Engine

from thongsuot_collector.store import passwords, people, second_factors
from thongsuot_collector.store.people import Person

_AT_ONCE: Final = 2
"""Concurrent hashes: a flood of attempts takes 40 MB and queues."""
_KNOWN_KEPT: Final = 1_000


class PasswordCheck:
    """
    Authenticates people by their passwords; one that a program sends with each request is only
    hashed once.
    """

    def __init__(self, store: Engine) -> None:
        self._store = store
        self._room = asyncio.Semaphore(_AT_ONCE)
        self._known: OrderedDict[bytes, bytes] = OrderedDict()

    async def person(self, name: str, password: str) -> Person | None:
        """Return the person with a name and a password."""
        sent = sha256(f"{name}\0{password}".encode()).digest()
        person = await asyncio.to_thread(people.known, self._store, name) if name else None
        if person is not None and hmac.compare_digest(self._known.get(sent, b""), person.stamp):
            self._known.move_to_end(sent)
            return person
        async with self._room:
            if person is None or not person.digest:
                await asyncio.to_thread(passwords.spend_verification_time, password)
                return None
            is_right = await asyncio.to_thread(passwords.is_password, password, person.digest)
        if not is_right:
            return None
        self._known[sent] = person.stamp
        if len(self._known) > _KNOWN_KEPT:
            self._known.popitem(last=False)
        return person

    async def as_of_today(self, person: Person, password: str) -> Person:
        """
        Return a person, with the stored password upgraded to the present form after a successful
        check.
        """
        if passwords.is_of_today(person.digest):
            return person
        async with self._room:
            await asyncio.to_thread(people.set_password, self._store, person, password)
        return await asyncio.to_thread(people.known, self._store, person.name) or person

    async def has_second_factor(self, person: Person) -> bool:
        """Return whether a person has a second factor."""
        secret = await asyncio.to_thread(second_factors.secret_of, self._store, person.name)
        return secret is not None
