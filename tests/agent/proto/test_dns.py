"""The codec against dnspython, which is used in tests only (docs/decisions/0003-dns-codec.md)."""

from contextlib import suppress

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rrset
import pytest
from hypothesis import given
from hypothesis import strategies as st

from thongsuot_agent.errors import MalformedMessage
from thongsuot_agent.proto import dns as codec

NAME = "dichvucong.gov.vn"


def answered(query: bytes, *records: str, code: int = 0, flags: int = 0) -> bytes:
    """What a server answers to a query, made by dnspython: ``owner ttl type data``, and so on."""
    response = dns.message.make_response(dns.message.from_wire(query), recursion_available=True)
    response.set_rcode(dns.rcode.Rcode(code))
    response.flags |= flags
    for record in records:
        owner, ttl, kind, *data = record.split()
        rrset = dns.rrset.from_text(owner, int(ttl), "IN", kind, " ".join(data))
        response.answer.append(rrset)
    return response.to_wire()


def test_dnspython_reads_our_question() -> None:
    query = dns.message.from_wire(codec.build_query(0x1234, NAME, codec.AAAA))
    assert query.id == 0x1234
    assert query.flags == dns.flags.RD
    assert [str(question) for question in query.question] == [f"{NAME}. IN AAAA"]


def test_addresses_are_read_with_the_smallest_time_to_live() -> None:
    query = codec.build_query(7, NAME, codec.A)
    message = answered(query, f"{NAME}. 300 A 203.0.113.7", f"{NAME}. 60 A 203.0.113.8")
    assert codec.is_answer_to(query, message)
    assert codec.parse_answer(message, query) == codec.DnsAnswer(
        code=0,
        truncated=False,
        addresses=(bytes([203, 0, 113, 7]), bytes([203, 0, 113, 8])),
        alias="",
        ttl_s=60,
    )


def test_aliases_are_followed_to_the_addresses() -> None:
    query = codec.build_query(7, NAME, codec.AAAA)
    message = answered(
        query,
        f"{NAME}. 300 CNAME edge.cdn.example.",
        "edge.cdn.example. 20 CNAME node.cdn.example.",
        "node.cdn.example. 30 AAAA 2001:db8::7",
    )
    answer = codec.parse_answer(message, query)
    assert answer.addresses == (bytes.fromhex("20010db8000000000000000000000007"),)
    assert answer.alias == "node.cdn.example"
    assert answer.ttl_s == 20


def test_an_address_of_a_name_that_was_not_asked_for_does_not_count() -> None:
    query = codec.build_query(7, NAME, codec.A)
    message = answered(query, "elsewhere.example. 300 A 203.0.113.66")
    assert codec.parse_answer(message, query).addresses == ()


@pytest.mark.parametrize("code", [2, 3, 5])
def test_the_code_of_an_error_is_kept(code: int) -> None:
    query = codec.build_query(7, NAME, codec.A)
    assert codec.parse_answer(answered(query, code=code), query).code == code


def test_an_error_may_leave_the_question_out() -> None:
    query = codec.build_query(7, NAME, codec.A)
    refused = b"\0\x07\x81\x85" + b"\0" * 8
    assert codec.is_answer_to(query, refused)
    assert codec.parse_answer(refused, query).code == codec.REFUSED
    assert not codec.is_answer_to(query, b"\0\x07\x81\x80" + b"\0" * 8)


def test_letters_may_change_their_case_and_nothing_else_may_change() -> None:
    query = codec.build_query(0x4142, NAME, codec.A)
    message = answered(query)
    assert codec.is_answer_to(query, message.replace(b"dichvucong", b"DichVuCong"))
    assert not codec.is_answer_to(query, message.replace(b"dichvucong", b"dichvucung"))
    assert not codec.is_answer_to(query, b"\0\0" + message[2:])
    assert not codec.is_answer_to(query, message[:2] + b"\0" + message[3:])  # no response
    other = codec.build_query(0x4142, NAME, codec.AAAA)
    assert not codec.is_answer_to(other, message)
    assert not codec.is_answer_to(query, message[:20])


def test_a_truncated_answer_reports_it() -> None:
    query = codec.build_query(7, NAME, codec.A)
    whole = answered(query, f"{NAME}. 300 A 203.0.113.7", flags=dns.flags.TC)
    for length in range(len(query), len(whole)):
        assert codec.parse_answer(whole[:length], query).truncated


def test_a_time_to_live_with_its_highest_bit_set_is_zero() -> None:
    query = codec.build_query(7, NAME, codec.A)
    message = answered(query, f"{NAME}. 1 A 203.0.113.7")
    wrong = message.replace(b"\0\0\0\x01\0\x04", b"\x80\0\0\x01\0\x04")
    assert codec.parse_answer(wrong, query).ttl_s == 0


def test_a_name_that_points_in_circles_is_refused() -> None:
    query = codec.build_query(7, NAME, codec.A)
    head = b"\0\x07\x81\x80\0\x01\0\x01\0\0\0\0" + query[12:]
    for pointer in (len(query), len(query) + 40, 0x3FFF):
        record = (0xC000 | pointer).to_bytes(2, "big") + b"\0\x01\0\x01\0\0\0\x01\0\x04\1\2\3\4"
        with pytest.raises(MalformedMessage, match=r"points|past the end"):
            codec.parse_answer(head + record, query)


def test_a_record_that_runs_past_the_end_is_refused() -> None:
    query = codec.build_query(7, NAME, codec.A)
    whole = answered(query, f"{NAME}. 300 A 203.0.113.7")
    for length in range(len(query), len(whole)):
        with pytest.raises(MalformedMessage):
            codec.parse_answer(whole[:length], query)


def test_an_address_of_the_wrong_length_is_refused() -> None:
    query = codec.build_query(7, NAME, codec.A)
    whole = answered(query, f"{NAME}. 300 A 203.0.113.7")
    with pytest.raises(MalformedMessage, match="3 bytes"):
        codec.parse_answer(whole[:-6] + b"\0\x03abc", query)


@pytest.mark.parametrize("name", ["", "a..b", "x" * 64 + ".vn", ".".join(["abcdefgh"] * 32)])
def test_an_invalid_host_name_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="no host name"):
        codec.encode_name(name)


@given(st.binary(max_size=160))
def test_any_answer_is_read_or_refused(tail: bytes) -> None:
    query = codec.build_query(7, "a.vn", codec.A)
    message = b"\0\x07\x81\x80\0\x01\0\x03\0\0\0\0" + query[12:] + tail
    answer = None
    with suppress(MalformedMessage):
        answer = codec.parse_answer(message, query)
    if answer is not None:
        assert (answer.code, answer.truncated) == (0, False)
        assert len(answer.addresses) <= 3, "as many records as the header announces"
        assert all(len(address) == 4 and address in tail for address in answer.addresses)
        assert (answer.ttl_s is None) == (not answer.addresses and not answer.alias)


labels = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?", fullmatch=True)


@given(
    st.lists(labels, min_size=1, max_size=4),
    st.lists(st.ip_addresses(v=4), max_size=6, unique=True),
)
def test_messages_written_by_dnspython_are_read_the_same(
    words: list[str], addresses: list[object]
) -> None:
    name = ".".join(words)
    query = codec.build_query(1, name, codec.A)
    records = [f"{name}. 60 A {address}" for address in addresses]
    answer = codec.parse_answer(answered(query, *records), query)
    assert [".".join(map(str, packed)) for packed in answer.addresses] == [
        str(address) for address in addresses
    ]
