from hypothesis import given
from hypothesis import strategies as st

from tests.schema.stamp.clock_answer import CLOCK_QUERY, parse_timestamp_information
from thongsuot_schema.stamp.packet import hmac_of
from thongsuot_schema.stamp.tlv import (
    INTEGRITY,
    MALFORMED,
    UNRECOGNISED,
    ReflectorKnowledge,
    SyncSource,
    TimestampInformation,
    TimestampMethod,
    Tlv,
    is_sealed,
    pack_tlvs,
    padding_tlv,
    reflect_tlvs,
    unpack_tlvs,
)

KEY = b"a key of the city"
KNOWN = ReflectorKnowledge(
    clock=TimestampInformation(source=SyncSource.NTP, method=TimestampMethod.SOFTWARE)
)


def answer(data: bytes, key: bytes = b"") -> list[Tlv]:
    back = reflect_tlvs(data, KNOWN, asked=1, number=2, key=key)
    assert len(back) == len(data)
    return list(unpack_tlvs(back))


def test_an_extension_is_laid_out_as_in_rfc_8972() -> None:
    data = pack_tlvs((Tlv(type=1, value=b"\0\0"), CLOCK_QUERY), 1)
    assert data.hex() == "8001000200008003000400000000"


def test_known_items_are_answered_and_unknown_ones_marked() -> None:
    strange = Tlv(type=200, value=b"what?")
    back = answer(pack_tlvs((padding_tlv(10), strange, CLOCK_QUERY), 1))
    assert [tlv.flags for tlv in back] == [0, UNRECOGNISED, 0]
    assert back[1].value == b"what?"
    assert parse_timestamp_information(back[2]) == (SyncSource.NTP, TimestampMethod.SOFTWARE)
    assert parse_timestamp_information(strange) is None


def test_an_extension_beyond_the_packet_is_marked_and_the_rest_is_unchanged() -> None:
    data = pack_tlvs((padding_tlv(8),), 1) + b"\x80\x03\x00\x20abc"
    back = reflect_tlvs(data, KNOWN, asked=1, number=2)
    assert back[8:] == bytes((MALFORMED, 3, 0, 0x20)) + b"abc"
    (_, last) = unpack_tlvs(back)
    assert last.flags & MALFORMED


def test_an_extension_of_a_wrong_length_is_marked() -> None:
    (tlv,) = answer(pack_tlvs((Tlv(type=3, value=b"12345"),), 1))
    assert tlv.flags == MALFORMED


def test_a_seal_is_checked_and_made_again() -> None:
    data = pack_tlvs((CLOCK_QUERY,), 1, KEY)
    information, seal = answer(data, KEY)
    assert (seal.type, seal.flags) == (8, 0)
    assert seal.value == hmac_of(KEY, b"\0\0\0\2" + bytes((0, 3, 0, 4)) + information.value)


def test_under_a_wrong_seal_all_goes_back_as_it_came_and_marked() -> None:
    data = pack_tlvs((CLOCK_QUERY, padding_tlv(8)), 1, KEY)
    broken = data[:-1] + bytes((data[-1] ^ 1,))
    back = answer(broken, KEY)
    assert [tlv.flags for tlv in back] == [UNRECOGNISED | INTEGRITY] * 3
    assert [tlv.value for tlv in back] == [unpack_tlv.value for unpack_tlv in unpack_tlvs(broken)]
    assert parse_timestamp_information(back[0]) is None
    elsewhere = reflect_tlvs(data, KNOWN, asked=7, number=2, key=KEY)
    assert [unpack_tlv.flags & INTEGRITY for unpack_tlv in unpack_tlvs(elsewhere)] == [
        INTEGRITY
    ] * 3


def test_only_padding_may_come_after_a_seal() -> None:
    data = pack_tlvs((CLOCK_QUERY,), 1, KEY)
    assert [tlv.flags for tlv in answer(data + pack_tlvs((padding_tlv(8),), 1), KEY)] == [0, 0, 0]
    for more in (pack_tlvs((CLOCK_QUERY,), 1), data[8:]):
        assert all(tlv.flags & INTEGRITY for tlv in answer(data + more, KEY))


def test_whoever_has_no_key_does_not_judge_a_seal() -> None:
    information, seal = answer(pack_tlvs((CLOCK_QUERY,), 1, KEY))
    assert (information.flags, seal.flags) == (0, UNRECOGNISED)


@given(st.binary(max_size=300), st.sampled_from([b"", KEY]))
def test_an_answer_is_as_long_as_its_question_whatever_came(data: bytes, key: bytes) -> None:
    answer(data, key)


def test_a_seal_of_an_answer_covers_what_is_in_it_and_the_answers_own_number() -> None:
    back = reflect_tlvs(pack_tlvs((CLOCK_QUERY,), 1, KEY), KNOWN, asked=1, number=2, key=KEY)
    assert is_sealed(back, 2, KEY)
    assert not is_sealed(back, 1, KEY)
    assert not is_sealed(back[:8], 2, KEY)
    assert not is_sealed(b"\0" + bytes([3]) + back[2:5] + b"\7" + back[6:], 2, KEY)
