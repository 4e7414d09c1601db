"""A sealed value is read only with the same key and purpose, while it is valid."""

from tests.collector.web.sessions.test_attempts import LONG_S
from thongsuot_collector.web.sessions.sealing import Sealer


def test_a_seal_is_of_one_key_and_one_purpose_and_not_changed() -> None:
    sealer = Sealer(b"k" * 32)
    sealed = sealer.seal("a", b"secret")
    assert "secret" not in sealed
    assert sealer.unseal("a", sealed, lasts_s=int(LONG_S)) == b"secret"
    assert sealer.unseal("b", sealed) is None
    assert Sealer(b"l" * 32).unseal("a", sealed) is None
    assert sealer.unseal("a", sealed[:-6] + "AAAA==") is None
    for text in ("", "x", "Thông Suốt", sealed[:30]):
        assert sealer.unseal("a", text) is None


def test_an_expired_seal_is_refused() -> None:
    sealer = Sealer(b"k" * 32)
    assert sealer.unseal("a", sealer.seal("a", b"x"), lasts_s=-1) is None
