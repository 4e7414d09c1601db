"""Codes are typed by people."""

import pytest

from thongsuot_collector.store.enrolment_code import digest_of_code, new_code


def test_codes_differ_and_can_be_read_aloud() -> None:
    codes = {new_code() for _ in range(100)}
    assert len(codes) == 100
    for code in codes:
        assert len(code) == len("TSE-7K2M-9QXA-0BCD-E3FG-HJ5N")
        assert not set(code.removeprefix("TSE-")) & set("ILOU")


@pytest.mark.parametrize(
    "typed",
    ["tse-7k2m-9qxa-0bcd-e3fg-hj51", "7K2M 9QXA OBCD E3FG HJ5L", " TSE7K2M9QXA0BCDE3FGHJ5I\n"],
)
def test_how_a_code_is_typed_does_not_matter(typed: str) -> None:
    assert digest_of_code(typed) == digest_of_code("TSE-7K2M-9QXA-0BCD-E3FG-HJ51")


def test_another_code_has_another_hash() -> None:
    assert digest_of_code("TSE-7K2M-9QXA-0BCD-E3FG-HJ51") != digest_of_code(
        "TSE-7K2M-9QXA-0BCD-E3FG-HJ52"
    )
    # A code that happens to begin like the prefix is not cut.
    assert digest_of_code("TSE-TSEM-9QXA-0BCD-E3FG-HJ51") == digest_of_code(
        "TSEM-9QXA-0BCD-E3FG-HJ51"
    )
