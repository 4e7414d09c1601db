"""A revoked token is refused, whatever clocks say and whatever is asked at the same moment."""

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, event, update

from tests.collector.running import WITHIN_S
from thongsuot_collector.ingest.tokens import TokenCache
from thongsuot_collector.store import tokens
from thongsuot_collector.store.engine import open_store
from thongsuot_collector.store.identity_tables import TOKENS

DAY_NS = 86_400 * 10**9


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Engine]:
    made = open_store(tmp_path / "store.sqlite")
    yield made
    made.dispose()


async def test_a_revocation_counts_although_an_earlier_one_is_dated_later(store: Engine) -> None:
    """As by two collectors whose clocks differ, or by one whose clock was set back."""
    cache = TokenCache(store)
    secrets = {site: tokens.create(store, site).encode() for site in ("first", "second")}
    tokens.revoke(store, "first")
    with store.begin() as connection:
        connection.execute(update(TOKENS).values(created_ns=TOKENS.c.created_ns + DAY_NS))
        connection.execute(
            update(TOKENS)
            .where(TOKENS.c.site == "first")
            .values(revoked_ns=TOKENS.c.revoked_ns + DAY_NS)
        )
    await cache.refresh()
    assert cache.known_site(secrets["second"]) == "second"
    tokens.revoke(store, "second")
    await cache.refresh()
    assert cache.known_site(secrets["second"]) is None


async def test_a_token_that_is_revoked_while_it_is_looked_up_is_not_kept(store: Engine) -> None:
    cache = TokenCache(store)
    await cache.refresh()
    secret = tokens.create(store, "site").encode()
    is_read, may_answer = threading.Event(), threading.Event()

    @event.listens_for(store, "after_cursor_execute")
    def hold(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        if statement.startswith("SELECT tokens.site"):
            is_read.set()
            may_answer.wait(WITHIN_S)

    asking = asyncio.create_task(cache.site_of(secret))
    assert await asyncio.to_thread(is_read.wait, WITHIN_S)
    tokens.revoke(store, "site")
    refreshing = asyncio.create_task(cache.refresh())
    await asyncio.wait((refreshing,), timeout=0.3)
    may_answer.set()
    await asyncio.gather(asking, refreshing)
    await cache.refresh()
    assert cache.known_site(secret) is None
