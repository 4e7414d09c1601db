"""Who is answered: by address, or by a key that nobody else can read."""

from pathlib import Path

import pytest

from thongsuot_collector.errors import CollectorError
from thongsuot_collector.reflector.access import AddressFilter, networks_from, read_key


def test_addresses_in_an_allowed_network_are_admitted() -> None:
    gate = AddressFilter(networks_from(["192.0.2.0/24", "2001:db8::1"]))
    assert gate.admits("192.0.2.7")
    assert gate.admits("::ffff:192.0.2.7")
    assert gate.admits("2001:db8::1")
    assert not gate.admits("2001:db8::2")
    assert not gate.admits("198.51.100.1")
    assert not gate.admits("fe80::1%eth0")
    assert not AddressFilter(()).admits("192.0.2.7")


def test_an_invalid_network_is_refused() -> None:
    with pytest.raises(ValueError, match="host bits"):
        networks_from(["192.0.2.7/24"])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    key_path = tmp_path / "key"
    key_path.write_text("a-key-of-the-city\n")
    key_path.chmod(0o640)
    return key_path


def test_a_key_is_one_line(path: Path) -> None:
    assert read_key(path) == b"a-key-of-the-city"


def test_a_key_that_cannot_be_used_says_why(path: Path) -> None:
    path.chmod(0o644)
    with pytest.raises(CollectorError, match=r"may be used by anybody \(mode 644\); chmod 640"):
        read_key(path)
    path.chmod(0o600)
    for text in ("short", "a key with blanks in it", "a-key-of-two-lines\nof-the-city\n"):
        path.write_text(text)
        with pytest.raises(CollectorError, match="holds no key"):
            read_key(path)
    with pytest.raises(CollectorError, match="cannot read key file"):
        read_key(path.with_name("none"))
