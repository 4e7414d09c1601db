"""Old agents and old collectors understand an answer with tests in it, and one without."""

import msgspec
import pytest

from thongsuot_schema.batch.push import (
    ANSWER_LIMIT_BYTES,
    PushResponse,
    SentNotification,
    SiteIncident,
    TestRequest,
    fit_answer,
)


class ResponseBeforeTestRequests(msgspec.Struct, frozen=True, kw_only=True):
    """The answer as agents knew it before tests could be asked for."""

    acknowledged: int = 0
    collector_wall_ns: int = 0


ASK = TestRequest(id="0123456789abcdef", kind="path", link="fiber")


def test_an_agent_without_requested_tests_reads_the_other_fields() -> None:
    body = msgspec.json.encode(
        PushResponse(acknowledged=7, collector_wall_ns=5, test_requests=(ASK,))
    )
    assert msgspec.json.decode(body, type=ResponseBeforeTestRequests) == ResponseBeforeTestRequests(
        acknowledged=7, collector_wall_ns=5
    )


def test_an_answer_of_a_collector_that_knows_no_tests_has_none() -> None:
    body = msgspec.json.encode(ResponseBeforeTestRequests(acknowledged=7))
    assert msgspec.json.decode(body, type=PushResponse) == PushResponse(acknowledged=7)


def test_unknown_fields_of_a_newer_collector_are_ignored() -> None:
    request = b'{"id":"a","kind":"path","colour":"red"}'
    body = b'{"acknowledged":7,"test_requests":[%s],"weather":"dry"}' % request
    assert msgspec.json.decode(body, type=PushResponse) == PushResponse(
        acknowledged=7, test_requests=(TestRequest(id="a", kind="path"),)
    )


def test_without_tests_an_answer_is_as_short_as_before() -> None:
    assert b"test_requests" not in msgspec.json.encode(PushResponse(acknowledged=7))


def test_a_missing_part_of_an_answer_means_that_nothing_happened() -> None:
    answer = msgspec.json.decode(b"{}", type=PushResponse)
    assert (answer.acknowledged, answer.repeated, answer.error) == (0, False, "")
    assert (answer.answered_boottime_ns, answer.collector_wall_ns) == (0, 0)
    assert msgspec.json.encode(PushResponse(repeated=True)) == b'{"repeated":true}'


def crowded(count: int) -> PushResponse:
    """Return the answer to a site at which much is broken."""
    return PushResponse(
        acknowledged=1,
        answered_boottime_ns=10**15,
        test_requests=(ASK,),
        site_config=msgspec.Raw(b'"%s"' % (b"x" * 40_000)),
        notifications=tuple(
            SentNotification(
                party="carrier:vnpt",
                channel="e-mail",
                at_wall_ns=number,
                service=f"service-{number}",
            )
            for number in range(count)
        ),
        incidents=tuple(
            SiteIncident(party="carrier:vnpt", about=("service",) * 9, sites=count - number)
            for number in range(count)
        ),
    )


def test_an_answer_is_never_too_long_to_be_read_and_keeps_what_matters_most() -> None:
    for count in (1, 2, 3, 40, 400, 4_000):
        whole = crowded(count)
        fitted = fit_answer(whole)
        assert len(msgspec.json.encode(fitted)) < ANSWER_LIMIT_BYTES
        assert (fitted.acknowledged, fitted.site_config) == (1, whole.site_config)
        assert fitted.test_requests == (ASK,)
        kept = len(fitted.notifications)
        assert kept > 0
        assert fitted.notifications == whole.notifications[-kept:], "the newest"
        assert fitted.incidents == whole.incidents[: len(fitted.incidents)], "the widest"
    assert fit_answer(crowded(40)) == crowded(40)


def test_a_time_that_no_clock_has_is_not_read() -> None:
    """The page could not convert it, as long as this answer was the last one."""
    sent = SentNotification(party="commune", channel="e-mail", at_wall_ns=10**400)
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(msgspec.json.encode(sent), type=SentNotification)
