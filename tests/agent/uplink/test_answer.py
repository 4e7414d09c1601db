"""What each status means for the batch that was pushed."""

import msgspec
import pytest
from hypothesis import find, given
from hypothesis import strategies as st

from thongsuot_agent.uplink.answer import (
    MAX_RETRY_AFTER_S,
    PostResponse,
    PushDisposition,
    PushOutcome,
    interpret_response,
)
from thongsuot_schema.batch.push import PushResponse

SENT_NS = 1_234_567_890_123


def said(status: int, answer: PushResponse, retry_after: str = "") -> PostResponse:
    """Return an answer of the collector's to the push that was sent."""
    named = msgspec.structs.replace(answer, answered_boottime_ns=SENT_NS)
    return PostResponse(status=status, body=msgspec.json.encode(named), retry_after=retry_after)


def outcome_of(response: PostResponse, number: int = 7) -> PushOutcome:
    return interpret_response(response, number, SENT_NS)


def test_an_acknowledgement_of_this_very_batch_makes_it_durable() -> None:
    reading = outcome_of(said(200, PushResponse(acknowledged=7, repeated=True)))
    assert reading.disposition is PushDisposition.DURABLE
    assert reading.answer is not None


@pytest.mark.parametrize(
    "response",
    [
        said(200, PushResponse(acknowledged=6)),
        # The number alone: each boot has a batch 7, and so has each device.
        PostResponse(status=200, body=msgspec.json.encode(PushResponse(acknowledged=7))),
        PostResponse(status=200, body=b'{"acknowledged":7,"answered_boottime_ns":0}'),
        # What was true of the batch of this number in an earlier stream, out of a cache.
        PostResponse(
            status=200,
            body=msgspec.json.encode(
                PushResponse(acknowledged=7, answered_boottime_ns=SENT_NS - 15_000_000_000)
            ),
        ),
        PostResponse(status=200, body=b"<html>Welcome to our wireless network</html>"),
        PostResponse(status=200, body=b""),
        PostResponse(status=302, body=b""),
        PostResponse(status=204),
    ],
)
def test_a_200_that_does_not_acknowledge_it_keeps_the_batch(response: PostResponse) -> None:
    assert outcome_of(response).disposition is PushDisposition.RETRY_LATER


def test_a_conflict_that_names_a_layout_asks_for_it() -> None:
    reading = outcome_of(said(409, PushResponse(unknown_layout="00" * 16)))
    assert reading.disposition is PushDisposition.LAYOUT_WANTED


def test_a_conflict_without_a_layout_means_that_the_number_is_taken() -> None:
    reading = outcome_of(said(409, PushResponse(error="kept with other bytes")))
    assert reading.disposition is PushDisposition.CONFLICT


STRANGERS = (
    b"{}",
    b'{"message":"Conflict"}',
    b'{"error":"columns differ","unknown_layout":"00000000000000000000000000000000"}',
    b'{"acknowledged":7,"error":"no"}',
    b'{"error":"no","answered_boottime_ns":1234567890122}',
)
"""What a proxy, a firewall or an old answer says in JSON."""


@pytest.mark.parametrize("body", STRANGERS)
@pytest.mark.parametrize(
    "status", [400, 406, 409, 410, 411, 413, 414, 415, 422, 423, 428, 431, 451]
)
def test_json_that_does_not_name_this_push_decides_nothing(status: int, body: bytes) -> None:
    outcome = outcome_of(PostResponse(status=status, body=body))
    assert outcome.disposition is PushDisposition.RETRY_LATER
    assert outcome.answer is None, "nothing in it is believed: no hour, no configuration, no test"
    assert outcome.text == "what answered is not the collector"


@pytest.mark.parametrize("status", [400, 413, 415, 422])
def test_a_batch_that_the_collector_refuses_is_never_pushed_again(status: int) -> None:
    reading = outcome_of(said(status, PushResponse(error="columns differ")))
    assert (reading.disposition, reading.text) == (PushDisposition.REJECTED, "columns differ")


@pytest.mark.parametrize("status", [400, 413])
def test_a_box_on_the_way_refuses_nothing_for_good(status: int) -> None:
    response = PostResponse(status=status, body=b"<html>Bad Request</html>")
    assert outcome_of(response).disposition is PushDisposition.RETRY_LATER


@pytest.mark.parametrize("status", [401, 403, 404, 408, 429, 500, 502, 503, 504])
def test_a_batch_that_is_not_at_fault_is_kept(status: int) -> None:
    assert (
        outcome_of(said(status, PushResponse(error="later"))).disposition
        is PushDisposition.RETRY_LATER
    )


def test_the_wait_is_taken_from_the_answer_up_to_a_limit() -> None:
    assert outcome_of(said(429, PushResponse(), "30")).wait_s == 30
    assert outcome_of(said(503, PushResponse(), "99999999")).wait_s == MAX_RETRY_AFTER_S
    assert outcome_of(said(503, PushResponse(), "Wed, 21 Oct 2026 07:28:00 GMT")).wait_s == 0


def test_no_answer_is_later_and_says_why() -> None:
    reading = outcome_of(PostResponse(status=0, problem="timed out: no route"))
    assert (reading.disposition, reading.text) == (
        PushDisposition.RETRY_LATER,
        "timed out: no route",
    )


ANYTHING: st.SearchStrategy[object] = st.one_of(
    st.integers(-(2**63), 2**64 - 1), st.text(max_size=9), st.none(), st.just([])
)
NUMBERS = st.sampled_from((7, 7, 7, 6, 2**63))
MOMENTS = st.sampled_from((SENT_NS, SENT_NS, SENT_NS, SENT_NS - 1, 0, -1))
OBJECTS = st.fixed_dictionaries(
    {},
    optional={
        "acknowledged": NUMBERS,
        "answered_boottime_ns": MOMENTS,
        "unknown_layout": st.text(max_size=9),
        "error": st.text(max_size=300),
        "site_config": ANYTHING,
        "notifications": ANYTHING,
    },
).map(msgspec.json.encode)
"""Answers as a collector gives them, some with fields of another type or another push."""


@given(
    status=st.one_of(st.integers(0, 999), st.sampled_from((200, 400, 409, 413, 429, 503))),
    body=st.one_of(st.binary(max_size=60), OBJECTS),
    header=st.one_of(st.text(max_size=9), st.integers(0, 10**8).map(str)),
)
def test_only_an_answer_that_names_this_push_decides_what_becomes_of_it(
    status: int, body: bytes, header: str
) -> None:
    reading = outcome_of(PostResponse(status=status, body=body, retry_after=header))
    assert reading.status == status
    assert 0.0 <= reading.wait_s <= MAX_RETRY_AFTER_S
    assert len(reading.text) <= 200
    if reading.answer is None:
        assert reading.disposition is PushDisposition.RETRY_LATER
        return
    fields = msgspec.json.decode(body)
    named = fields.get("answered_boottime_ns", 0)
    if reading.disposition is PushDisposition.DURABLE:
        assert (status, fields["acknowledged"]) == (200, 7)
    assert named == SENT_NS


def test_generated_answers_include_valid_refusals() -> None:
    rejected = PushDisposition.REJECTED
    assert disposition_of(find(OBJECTS, lambda body: disposition_of(body) is rejected)) is rejected


def disposition_of(body: bytes) -> PushDisposition:
    return outcome_of(PostResponse(status=413, body=body)).disposition
