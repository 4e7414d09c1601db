"""Links: each opens one page, and nobody can guess another."""

from pathlib import Path

import pytest

from thongsuot_collector.errors import StoreError
from thongsuot_collector.notify.dispatch.incident_links import IncidentLinks, load_or_create_secret


def test_a_key_opens_its_own_incident_alone() -> None:
    links = IncidentLinks("https://a.example/", b"secret" * 6)
    key = links.key("20261125-0a1b2c3d")
    assert links.url("20261125-0a1b2c3d") == (
        f"https://a.example/incidents/20261125-0a1b2c3d?key={key}"
    )
    assert links.is_valid_key("20261125-0a1b2c3d", key)
    assert not links.is_valid_key("20261125-0a1b2c3e", key)
    assert not links.is_valid_key("20261125-0a1b2c3d", key[:-1])
    assert not links.is_valid_key("20261125-0a1b2c3d", "ä")
    assert len(key) == 22  # 128 bits


def test_another_secret_makes_other_keys() -> None:
    name = "20261125-0a1b2c3d"
    assert not IncidentLinks("", b"one").is_valid_key(name, IncidentLinks("", b"two").key(name))


def test_without_a_secret_links_carry_no_key_and_none_is_good() -> None:
    links = IncidentLinks("https://a.example")
    assert links.url("x") == "https://a.example/incidents/x"
    assert not links.is_valid_key("x", links.key("x"))
    assert IncidentLinks("").url("x") == ""


def test_the_secret_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "links.key"
    first = load_or_create_secret(path)
    assert len(first) == 32
    assert load_or_create_secret(path) == first
    assert path.stat().st_mode & 0o777 == 0o600
    # A file that was cut short is no secret, and no reason to begin with another one.
    for left in (b"short", b""):
        path.write_bytes(left)
        with pytest.raises(StoreError, match=f"{len(left)} bytes instead of 32"):
            load_or_create_secret(path)
        assert path.read_bytes() == left
