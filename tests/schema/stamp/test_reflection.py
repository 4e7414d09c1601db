from hypothesis import given
from hypothesis import strategies as st

from thongsuot_schema.stamp.extension import Known, Method, Source
from thongsuot_schema.stamp.moment import ErrorEstimate, stamp_from
from thongsuot_schema.stamp.packet import (
    Malformed,
    Request,
    Unsealed,
    pack_request,
    unpack_answer,
    unpack_request,
)
from thongsuot_schema.stamp.reflection import Manner, Seen, answer_to

KEY = b"a key of the city"
NOW_NS = 1_800_000_000_123_456_789
CLOCK = ErrorEstimate(is_synchronised=True, error_s=0.001)
KNOWN = Known(source=Source.NTP, method=Method.SOFTWARE)
REQUEST = Request(number=9, stamp=stamp_from(NOW_NS - 10**7), error_bits=0x0001, session=5)


def reflect(data: bytes, key: bytes = b"", *, may_grow: bool = False) -> bytes:
    return answer_to(
        data,
        unpack_request(data, key),
        Seen(received_ns=NOW_NS, hop_limit=61),
        Manner(error=CLOCK, known=KNOWN, key=key, may_grow=may_grow),
        number=4,
        sent_ns=NOW_NS + 1000,
    )


def test_an_answer_says_what_was_seen_and_copies_what_was_asked() -> None:
    for key in (b"", KEY):
        found = unpack_answer(reflect(pack_request(REQUEST, key), key), key)
        assert (found.number, found.request_number, found.session) == (4, 9, 5)
        assert found.received == stamp_from(NOW_NS)
        assert found.stamp == stamp_from(NOW_NS + 1000)
        assert found.request_stamp == REQUEST.stamp
        assert (found.request_error_bits, found.hop_limit) == (0x0001, 61)
        assert found.error.is_synchronised


@given(st.binary(min_size=36, max_size=400), st.sampled_from([b"", KEY]))
def test_an_answer_is_never_longer_than_its_request(data: bytes, key: bytes) -> None:
    if key and len(data) >= 112:
        data = pack_request(REQUEST, key) + data[112:]
    try:
        assert len(reflect(data, key)) == len(data)
    except (Malformed, Unsealed):
        assert key


def test_a_named_twamp_light_sender_gets_a_whole_answer() -> None:
    short = pack_request(REQUEST)[:14]
    assert len(reflect(short, may_grow=True)) == 44
    assert len(reflect(short)) == 14
