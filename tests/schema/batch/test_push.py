"""Old agents and old collectors understand an answer with tests in it, and one without."""

import msgspec

from thongsuot_schema.batch.push import Answer, Ask


class BeforeAsks(msgspec.Struct, frozen=True, kw_only=True):
    """The answer as agents knew it before tests could be asked for."""

    acknowledged: int = 0
    collector_wall_ns: int = 0


ASK = Ask(id="0123456789abcdef", kind="path", link="fiber")


def test_an_agent_that_knows_no_tests_reads_the_rest() -> None:
    body = msgspec.json.encode(Answer(acknowledged=7, collector_wall_ns=5, asks=(ASK,)))
    assert msgspec.json.decode(body, type=BeforeAsks) == BeforeAsks(
        acknowledged=7, collector_wall_ns=5
    )


def test_an_answer_of_a_collector_that_knows_no_tests_has_none() -> None:
    body = msgspec.json.encode(BeforeAsks(acknowledged=7))
    assert msgspec.json.decode(body, type=Answer) == Answer(acknowledged=7)


def test_what_a_newer_collector_says_beside_is_passed_over() -> None:
    body = b'{"acknowledged":7,"asks":[{"id":"a","kind":"path","colour":"red"}],"weather":"dry"}'
    assert msgspec.json.decode(body, type=Answer) == Answer(
        acknowledged=7, asks=(Ask(id="a", kind="path"),)
    )


def test_without_tests_an_answer_is_as_short_as_before() -> None:
    assert b"asks" not in msgspec.json.encode(Answer(acknowledged=7))
