"""Tokens of programs: known by their hash alone, with a role, until they are revoked."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from thongsuot_collector.errors import TokenError
from thongsuot_collector.store import api_tokens
from thongsuot_collector.store.engine import open_store
from thongsuot_collector.store.people import PersonRole
from thongsuot_collector.store.tokens import digest_of

HOUR_S = 3600.0


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Engine]:
    engine = open_store(tmp_path / "store.sqlite")
    yield engine
    engine.dispose()


def test_a_token_is_known_by_its_secret_with_its_role_until_it_expires(store: Engine) -> None:
    token, secret = api_tokens.create(
        store, "map of the carrier", role=PersonRole.CARRIER, scope="vnpt", lasts_s=HOUR_S
    )
    assert secret.startswith(api_tokens.PREFIX)
    known = api_tokens.known(store, digest_of(secret.encode()))
    assert known == token
    assert (token.role, token.scope) == (PersonRole.CARRIER, "vnpt")
    assert token.is_good(token.created_ns)
    assert not token.is_good(token.created_ns + round(HOUR_S * 1e9))
    assert api_tokens.known(store, digest_of(b"another secret")) is None


def test_a_revoked_token_stays_listed_but_is_no_longer_valid(store: Engine) -> None:
    first, second = (
        api_tokens.create(store, title, role=PersonRole.CITY_READER, scope="", lasts_s=HOUR_S)[0]
        for title in ("first", "second")
    )
    api_tokens.revoke(store, first.id)
    revoked, untouched = api_tokens.listed(store)
    assert (revoked.id, untouched) == (first.id, second)
    assert not revoked.is_good(revoked.created_ns)
    with pytest.raises(TokenError):
        api_tokens.revoke(store, first.id)
