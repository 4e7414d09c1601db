"""New flows: what has to be silent, and what to be answered, before they are said to be lost."""

import pytest

from tests.agent.judge.link_cases import (
    Shown,
    add_link,
    ago,
    echoes,
    judged_link,
    lookups,
    pages,
)
from thongsuot_agent.judge.memory import Track
from thongsuot_agent.judge.symptoms.new_flows import are_new_flows_lost

CLEAN, ONE_LOST, TWO_LOST = 0b1_0000_0000, 0b1_0000_0001, 0b1_0000_0011
FELL_SILENT: Shown = {"silent_ns": ago(1.0), "silences": 1, "silent_since_ns": ago(1.0)}


def lost_lookups(**shown: object) -> Track:
    return lookups(**FELL_SILENT | {"recent": TWO_LOST} | shown)


def silent_page(target: str = "motcua", **shown: object) -> Track:
    return pages(target, **FELL_SILENT | shown)


def open_flow(target: str = "zone", **shown: object) -> Track:
    of_echoes: Shown = {"recent": CLEAN}
    return echoes(target, **of_echoes | shown)


def is_lost(*tracks: Track) -> bool:
    return are_new_flows_lost(judged_link(*tracks))


def test_lookups_and_a_page_are_silent_while_echoes_are_answered() -> None:
    assert is_lost(lost_lookups(), silent_page(), open_flow())
    assert not is_lost(lost_lookups(), open_flow()), "no page is silent"
    assert not is_lost(silent_page(), open_flow()), "no lookup is lost"
    assert not is_lost(lost_lookups(), silent_page()), "no echo is answered"


@pytest.mark.parametrize(
    ("lookup", "expected"),
    [
        (lost_lookups(), True),
        (lost_lookups(recent=ONE_LOST), False),
        (lost_lookups(silent_ns=ago(100.0)), True),
        (lost_lookups(silent_ns=ago(100.0, 1)), False),
        (lost_lookups(silent_ns=None), False),
        (lookups("gone", **FELL_SILENT | {"recent": TWO_LOST}), False),
    ],
    ids=["two lost", "one lost", "lately", "long ago", "never", "asked no more"],
)
def test_two_lookups_have_to_be_lost_lately(lookup: Track, *, expected: bool) -> None:
    assert is_lost(lookup, silent_page(), open_flow()) is expected


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        (silent_page(), True),
        (silent_page(silent_ns=ago(100.0)), True),
        (silent_page(silent_ns=ago(100.0, 1)), False),
        (pages(), False),
    ],
    ids=["silent", "lately", "long ago", "never silent"],
)
def test_a_page_must_have_fallen_silent_recently(page: Track, *, expected: bool) -> None:
    assert is_lost(lost_lookups(), page, open_flow()) is expected


@pytest.mark.parametrize(
    ("flows", "expected"),
    [
        ([open_flow()], True),
        ([open_flow(silences=1)], False),
        ([open_flow(silences=1), open_flow("far")], True),
        ([open_flow(known_unresponsive=True)], False),
        ([open_flow("gateway")], False),
        ([open_flow(recent=ONE_LOST)], False),
        ([open_flow(recent=ONE_LOST), open_flow("far")], False),
        ([open_flow(recent=ONE_LOST), open_flow("far"), open_flow("abroad")], True),
        ([open_flow(), open_flow("far", recent=0b1_1111_1111, known_unresponsive=True)], True),
    ],
    ids=[
        "an echo is answered",
        "the latest is lost",
        "the latest of one is lost",
        "of who never answers",
        "the gateway's",
        "one of eight is lost",
        "one of sixteen",
        "one of 24",
        "another never answers",
    ],
)
def test_open_flows_may_lose_one_in_sixteen_and_not_more(
    flows: list[Track], *, expected: bool
) -> None:
    assert is_lost(lost_lookups(), silent_page(), *flows) is expected


@pytest.mark.parametrize(
    ("elsewhere", "others", "expected"),
    [
        (pages(answered_ns=ago(101.0)), (), True),
        (pages(answered_ns=ago(101.0, 1)), (), True),
        (pages(silent_ns=ago(101.0)), (), False),
        (pages(silent_ns=ago(101.0, 1)), (), True),
        (pages(silent_ns=ago(1.0)), (silent_page("dichvucong"),), True),
    ],
    ids=[
        "another link reaches it",
        "another link did, and has not asked since",
        "no other link does",
        "another link did not, long before",
        "two services that no other link reaches",
    ],
)
def test_a_service_that_no_other_link_reaches_is_not_a_witness_alone(
    elsewhere: Track, others: tuple[Track, ...], *, expected: bool
) -> None:
    at = judged_link(lost_lookups(), silent_page(), open_flow(), *others)
    beside = [elsewhere]
    if others:
        beside.append(pages("dichvucong", silent_ns=ago(1.0)))
    add_link(at.memory, "mobile", beside)
    assert are_new_flows_lost(at) is expected


@pytest.mark.parametrize(
    ("lookup", "page", "expected"),
    [
        ({"silences": 2, "silent_since_ns": ago(30.0)}, {}, False),
        ({"silences": 1, "silent_since_ns": ago(30.0)}, {}, True),
        ({"silences": 2, "silent_since_ns": ago(60.0)}, {}, True),
        ({"silences": 2, "silent_since_ns": ago(60.0, 1)}, {}, True),
        ({"silences": 2, "silent_since_ns": ago(5.0)}, {}, False),
        ({"silences": 2, "silent_since_ns": ago(30.0)}, {"answered_ns": ago(60.0, 1)}, True),
        ({"silences": 2, "silent_since_ns": ago(30.0)}, {"answered_ns": None}, True),
    ],
    ids=[
        "the portal was silent before, and answers since the lookups fell silent",
        "lookups are lost by turns",
        "lookups fell silent with it",
        "lookups fell silent before it",
        "the portal was well again before the lookups fell silent",
        "the portal has not answered since",
        "the portal has never answered",
    ],
)
def test_a_portal_that_was_out_before_the_name_server_died_is_not_a_new_flow(
    lookup: Shown, page: Shown, *, expected: bool
) -> None:
    was_out: Shown = {"silent_ns": ago(60.0), "answered_ns": ago(10.0), "silences": 0}
    tracks = lost_lookups(**lookup), silent_page(**was_out | page), open_flow()
    assert is_lost(*tracks) is expected


def test_a_second_name_server_that_answers_intermittently_leaves_the_cause_open() -> None:
    was_out: Shown = {"silent_ns": ago(60.0), "answered_ns": ago(10.0), "silences": 0}
    row = lost_lookups(silences=2, silent_since_ns=ago(30.0))
    turns = lookups("zone", **FELL_SILENT | {"recent": ONE_LOST})
    assert is_lost(row, turns, silent_page(**was_out), open_flow())
