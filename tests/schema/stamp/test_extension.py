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
    broken = data[:-1] + bytes((data[-1] ^ 1,))
    assert answer(broken, KEY)[1].flags == INTEGRITY


@given(st.binary(max_size=300), st.sampled_from([b"", KEY]))
def test_an_answer_is_as_long_as_its_question_whatever_came(data: bytes, key: bytes) -> None:
    answer(data, key)
