"""Secrets: read from files of their own, and hidden in every form in which they are sent."""

import base64
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thongsuot_collector.notify.secrets import Scrubber, read_secret


def test_a_secret_is_what_its_file_holds_without_the_line_end(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("  mật khẩu \n", "utf-8")
    assert read_secret(str(file)) == "mật khẩu"


def test_a_file_that_is_empty_or_no_text_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("\n", "utf-8")
    with pytest.raises(ValueError, match="is empty"):
        read_secret(str(file))
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(ValueError, match="holds no text"):
        read_secret(str(file))
    with pytest.raises(OSError, match="No such file"):
        read_secret(str(tmp_path / "nowhere"))


@given(st.text(min_size=4, max_size=40), st.text(max_size=20))
def test_a_secret_is_hidden_in_every_form_in_which_it_is_sent(secret: str, around: str) -> None:
    scrubber = Scrubber([secret])
    forms = (secret, quote(secret), quote(secret, safe=""), quote_plus(secret))
    encoded = base64.b64encode(secret.encode()).decode().rstrip("=")
    for form in (*forms, encoded):
        scrubbed = scrubber.scrub(f"«{form}» and «{form}»")
        assert f"«{form}»" not in scrubbed
    assert scrubber.scrub("") == ""
    assert Scrubber([]).scrub(around) == around


def test_what_is_too_short_to_be_one_hides_nothing() -> None:
    assert Scrubber(["", "a", "is"]).scrub("this is a text") == "this is a text"


def test_a_part_of_a_secret_does_not_break_up_the_whole() -> None:
    assert Scrubber(["abcd", "abcdefgh"]).scrub("abcdefgh") == "***"
