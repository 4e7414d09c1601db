"""People who may act: a password each, kept as a hash, shown once."""

from pathlib import Path

import pytest

from thongsuot_collector.errors import TokenError
from thongsuot_collector.store import passwords, people
from thongsuot_collector.store.engine import open_store


def test_a_person_has_one_good_password_and_the_store_does_not_know_it(tmp_path: Path) -> None:
    store = open_store(tmp_path / "store.sqlite")
    first = people.put(store, "lan", "Trần Thị Lan")
    second = people.put(store, "lan", "")
    assert first != second
    known = people.known(store, "lan")
    assert known is not None
    assert passwords.is_password(second, known.digest)
    assert not passwords.is_password(first, known.digest)
    assert known.title == "lan"
    assert people.is_any(store)
    people.revoke(store, "lan")
    assert people.known(store, "lan") is None
    assert not people.is_any(store)
    with pytest.raises(TokenError, match="nobody named lan may act"):
        people.revoke(store, "lan")
    (listed,) = people.listed(store)
    assert listed.revoked_ns is not None
    store.dispose()
    assert second.encode() not in (tmp_path / "store.sqlite").read_bytes()
