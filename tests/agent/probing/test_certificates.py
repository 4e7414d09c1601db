import calendar
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thongsuot_agent.probing.certificates import read_chain, system_authorities, unix_time


@given(st.integers(min_value=-(10**10), max_value=10**11))
def test_any_time_that_openssl_prints_is_read(moment: int) -> None:
    text = time.strftime("%b %d %H:%M:%S %Y GMT", time.gmtime(moment))
    if time.gmtime(moment).tm_year < 1000:
        return
    assert unix_time(text) == calendar.timegm(time.gmtime(moment))


def test_a_day_of_one_digit_is_padded_with_a_blank() -> None:
    assert unix_time("Mar  1 00:00:00 2028 GMT") == calendar.timegm((2028, 3, 1, 0, 0, 0))


@pytest.mark.parametrize("text", ["", "tomorrow", "Foo 1 00:00:00 2028 GMT", "Mar 1 x 2028 GMT"])
def test_an_invalid_time_is_none(text: str) -> None:
    assert unix_time(text) is None


def test_a_chain_runs_out_with_its_first_certificate() -> None:
    chain = read_chain(
        [
            [
                ("Subject", "CN = portal"),
                ("Issuer", "CN = A"),
                ("Expire date", "Mar 9 00:00:00 2028 GMT"),
            ],
            [
                ("Subject", "CN = A"),
                ("Issuer", "CN = root"),
                ("Expire date", "Mar 1 00:00:00 2028 GMT"),
            ],
        ]
    )
    assert chain is not None
    assert (chain.count, chain.subject, chain.issuer) == (2, "CN = portal", "CN = A")
    assert chain.expiry_s == calendar.timegm((2028, 3, 1, 0, 0, 0))
    assert read_chain([]) is None


def test_a_folder_by_hash_comes_before_a_bundle(tmp_path: Path) -> None:
    assert system_authorities(tmp_path).folder == ""
    assert system_authorities(tmp_path).file == ""
    folder = tmp_path / "etc/ssl/certs"
    folder.mkdir(parents=True)
    bundle = folder / "ca-certificates.crt"
    bundle.write_text("…")
    assert system_authorities(tmp_path).file == str(bundle)
    (folder / "4042bcee.0").write_text("…")
    authorities = system_authorities(tmp_path)
    assert (authorities.folder, authorities.file) == (str(folder), "")
