"""Tests that are wanted: kept once, bounded by site, led on by news and never back."""

from collections.abc import Callable

import msgspec
import pytest
from msgspec.structs import replace
from sqlalchemy import Engine

from thongsuot_collector.errors import InvalidTestRequest
from thongsuot_collector.store import test_requests
from thongsuot_collector.store.test_requests import (
    AT_ONCE,
    AT_ONCE_HERE,
    AT_SITE,
    LASTS_NS,
    RequestedTest,
    RequestStage,
    StageNews,
)
from thongsuot_collector.test_requests.request import new_request
from thongsuot_schema.view import TestRun


@pytest.fixture
def store(open_each_store: Callable[[], Engine]) -> Engine:
    return open_each_store()


def want(
    kind: str = "path", *, site: str = "hoan-kiem", name: str = "", target: str = ""
) -> RequestedTest:
    return new_request(site, kind, target=target, requested_by="Trần Thị Lan", name=name)


def stage_of(store: Engine, name: str) -> RequestStage:
    request = test_requests.get(store, name)
    assert request is not None
    return request.state


def test_the_same_id_and_the_same_wish_are_one_test(store: Engine) -> None:
    first = test_requests.put(store, want(name="one"))
    assert test_requests.put(store, want("radio", name="one")) == first
    assert test_requests.put(store, want()) == first
    test_requests.advance(store, "hoan-kiem", [StageNews("one", RequestStage.DONE)])
    assert test_requests.put(store, want()) != first, "that one is over"
    assert test_requests.put(store, want(name="one")).state is RequestStage.DONE


def test_a_site_takes_so_many_and_others_are_not_held_up(store: Engine) -> None:
    for number in range(AT_ONCE):
        test_requests.put(store, want(target=f"portal-{number}"))
    with pytest.raises(InvalidTestRequest, match="6 tests of hoan-kiem"):
        test_requests.put(store, want())
    test_requests.put(store, want(site="ba-dinh"))
    later = want()
    later = msgspec.structs.replace(later, requested_ns=later.requested_ns + LASTS_NS + 1)
    assert test_requests.put(store, later) == later


def test_a_test_request_never_goes_back_to_an_earlier_stage(store: Engine) -> None:
    test_requests.put(store, want(name="one"))
    test_requests.advance(store, "ba-dinh", [StageNews("one", RequestStage.DONE)])
    assert stage_of(store, "one") is RequestStage.WAITING, "another site's agent has no say in it"
    test_requests.advance(store, "hoan-kiem", [StageNews("one", RequestStage.TAKEN)])
    test_requests.advance(
        store, "hoan-kiem", [StageNews("one", RequestStage.REFUSED, "budget mobile")]
    )
    test_requests.advance(store, "hoan-kiem", [StageNews("one", RequestStage.TAKEN)])
    test_requests.advance(store, "hoan-kiem", [StageNews("one", RequestStage.DONE)])
    request = test_requests.get(store, "one")
    assert request is not None
    assert (request.state, request.refusal) == (RequestStage.REFUSED, "budget mobile")
    assert test_requests.live(store) == []


def test_tests_that_nobody_accepts_expire_and_late_reports_still_count(store: Engine) -> None:
    old = want(name="one")
    test_requests.put(store, msgspec.structs.replace(old, expires_ns=old.requested_ns - 1))
    assert test_requests.live(store) == []
    assert stage_of(store, "one") is RequestStage.EXPIRED
    test_requests.advance(store, "hoan-kiem", [StageNews("one", RequestStage.TAKEN)])
    (request,) = test_requests.live(store)
    assert (request.id, request.state) == ("one", RequestStage.TAKEN)


def test_the_latest_run_of_each_series_is_kept(store: Engine) -> None:
    test_requests.put(store, want(name="one"))
    first = TestRun(link="fiber", target="a", family="ip4", outcome="failed", reason="timed_out")
    other = TestRun(link="5g", target="a", family="ip4", outcome="ok", values={"path_hops": 3})
    second = TestRun(link="fiber", target="a", family="ip4", outcome="ok")
    test_requests.record_findings(store, "one", [first])
    test_requests.record_findings(store, "one", [other, second])
    request = test_requests.get(store, "one")
    assert request is not None
    assert request.runs == [other, second]
    late = TestRun(link="wifi", target="a", family="ip4", outcome="ok")
    test_requests.record_findings(store, "one", [first, late], only_new=True)
    request = test_requests.get(store, "one")
    assert request is not None
    assert request.runs == [other, second, late]


def test_a_test_requested_at_the_point_is_kept_once_and_uses_up_nobody_elses(
    store: Engine,
) -> None:
    wanted = replace(want(name="one"), requested_by=AT_SITE, state=RequestStage.TAKEN)
    assert test_requests.put_onsite(store, [wanted]) == 0
    test_requests.advance(store, "hoan-kiem", [StageNews("one", RequestStage.DONE)])
    assert test_requests.put_onsite(store, [wanted]) == 0
    assert stage_of(store, "one") is RequestStage.DONE
    more = [replace(wanted, id=f"more{number}") for number in range(AT_ONCE_HERE)]
    assert test_requests.put_onsite(store, more) == 1, "a device says that it was pressed so often"
    assert test_requests.put(store, want("radio")).state is RequestStage.WAITING
