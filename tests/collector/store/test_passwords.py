"""Passwords as they are kept: nobody reads them back, and those of earlier versions are good."""

import unicodedata

from thongsuot_collector.store.passwords import (
    hash_of,
    is_acceptable,
    is_of_today,
    is_password,
    spend_verification_time,
)
from thongsuot_collector.store.tokens import digest_of


def test_a_password_is_kept_by_argon2id_with_a_salt_of_its_own() -> None:
    kept = hash_of("một mật khẩu dài")
    assert kept.startswith(b"$argon2id$v=19$m=19456,t=2,p=1$")
    assert kept != hash_of("một mật khẩu dài")
    assert is_of_today(kept)
    assert is_password("một mật khẩu dài", kept)
    assert not is_password("mot mat khau dai", kept)


def test_passwords_are_compared_independent_of_their_unicode_form() -> None:
    composed = unicodedata.normalize("NFC", "mật khẩu của Lan")
    assert is_password(unicodedata.normalize("NFD", composed), hash_of(composed))


def test_a_password_of_an_earlier_version_is_accepted_and_an_empty_one_never() -> None:
    kept = digest_of(b"tsp_generated")
    assert is_password("tsp_generated", kept)
    assert not is_password("tsp_other", kept)
    assert not is_of_today(kept)
    assert not is_password("", b"")


def test_a_persons_own_password_is_long_and_not_their_name() -> None:
    assert is_acceptable("Hồ Gươm mùa thu 2026", "lan")
    for weak in ("ngắn quá", "aaaaaaaaaaaaaa", "abababababababab", "xin chào LAN nhé!", "x" * 201):
        assert not is_acceptable(weak, "lan"), weak


def test_a_name_that_nobody_has_costs_a_hash_too() -> None:
    spend_verification_time("whatever")
