from hypothesis import given
from hypothesis import strategies as st

from thongsuot_schema.stamp.extension import (
    INTEGRITY,
    MALFORMED,
    UNRECOGNISED,
    Extension,
    Known,
    Method,
    Source,
    answered,
    clocks,
    clocks_from,
    pack,
    padding,
    unpack,
)
from thongsuot_schema.stamp.seal import seal_of

KEY = b"a key of the city"
KNOWN = Known(source=Source.NTP, method=Method.SOFTWARE)


def answer(data: bytes, key: bytes = b"") -> list[Extension]:
    back = answered(data, KNOWN, asked=1, number=2, key=key)
    assert len(back) == len(data)
    return list(unpack(back))


def test_an_extension_is_laid_out_as_in_rfc_8972() -> None:
    data = pack((Extension(type=1, value=b"\0\0"), clocks()), 1)
    assert data.hex() == "8001000200008003000400000000"


def test_what_is_known_is_answered_and_what_is_not_is_marked() -> None:
    strange = Extension(type=200, value=b"what?")
    back = answer(pack((padding(10), strange, clocks()), 1))
    assert [one.flags for one in back] == [0, UNRECOGNISED, 0]
    assert back[1].value == b"what?"
    assert clocks_from(back[2]) == (Source.NTP, Method.SOFTWARE)
    assert clocks_from(strange) is None


def test_one_that_ends_beyond_the_packet_is_marked_and_the_rest_left_alone() -> None:
    data = pack((padding(8),), 1) + b"\x80\x03\x00\x20abc"
    back = answered(data, KNOWN, asked=1, number=2)
    assert back[8:] == bytes((MALFORMED, 3, 0, 0x20)) + b"abc"
    (_, last) = unpack(back)
    assert last.flags & MALFORMED


def test_one_of_a_wrong_length_is_marked() -> None:
    (found,) = answer(pack((Extension(type=3, value=b"12345"),), 1))
    assert found.flags == MALFORMED


def test_a_seal_is_checked_and_made_anew() -> None:
    data = pack((clocks(),), 1, KEY)
    told, seal = answer(data, KEY)
    assert (seal.type, seal.flags) == (8, 0)
    assert seal.value == seal_of(KEY, b"\0\0\0\2" + bytes((0, 3, 0, 4)) + told.value)


def test_under_a_wrong_seal_all_goes_back_as_it_came_and_marked() -> None:
    data = pack((clocks(), padding(8)), 1, KEY)
    broken = data[:-1] + bytes((data[-1] ^ 1,))
    back = answer(broken, KEY)
    assert [one.flags for one in back] == [UNRECOGNISED | INTEGRITY] * 3
    assert [one.value for one in back] == [one.value for one in unpack(broken)]
    assert clocks_from(back[0]) is None
    elsewhere = answered(data, KNOWN, asked=7, number=2, key=KEY)
    assert [one.flags & INTEGRITY for one in unpack(elsewhere)] == [INTEGRITY] * 3


def test_only_padding_may_come_after_a_seal() -> None:
    data = pack((clocks(),), 1, KEY)
    assert [one.flags for one in answer(data + pack((padding(8),), 1), KEY)] == [0, 0, 0]
    for more in (pack((clocks(),), 1), data[8:]):
        assert all(one.flags & INTEGRITY for one in answer(data + more, KEY))


def test_whoever_has_no_key_does_not_judge_a_seal() -> None:
    told, seal = answer(pack((clocks(),), 1, KEY))
    assert (told.flags, seal.flags) == (0, UNRECOGNISED)


@given(st.binary(max_size=300), st.sampled_from([b"", KEY]))
def test_an_answer_is_as_long_as_its_question_whatever_came(data: bytes, key: bytes) -> None:
    answer(data, key)
