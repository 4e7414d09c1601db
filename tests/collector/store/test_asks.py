"""Tests that are wanted: kept once, bounded by site, led on by news and never back."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace
from sqlalchemy import Engine

from thongsuot_collector.asks.wanting import wanted
from thongsuot_collector.errors import AskError
from thongsuot_collector.store import asks
from thongsuot_collector.store.asks import (
    AT_ONCE,
    AT_ONCE_HERE,
    AT_SITE,
    LASTS_NS,
    Ask,
    Stage,
)
from thongsuot_collector.store.engine import open_store
from thongsuot_schema.page.view import TrialRun


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Engine]:
    made = open_store(tmp_path / "store.sqlite")
    yield made
    made.dispose()


def want(kind: str = "path", *, site: str = "hoan-kiem", name: str = "", target: str = "") -> Ask:
    return wanted(site, kind, target=target, asked_by="Trần Thị Lan", name=name)


def stage_of(store: Engine, name: str) -> Stage:
    found = asks.get(store, name)
    assert found is not None
    return found.state


def test_the_same_id_and_the_same_wish_are_one_test(store: Engine) -> None:
    first = asks.put(store, want(name="one"))
    assert asks.put(store, want("radio", name="one")) == first
    assert asks.put(store, want()) == first
    asks.lead_on(store, "hoan-kiem", "one", Stage.DONE)
    assert asks.put(store, want()) != first, "that one is over"
    assert asks.put(store, want(name="one")).state is Stage.DONE


def test_a_site_takes_so_many_and_others_are_not_held_up(store: Engine) -> None:
    for number in range(AT_ONCE):
        asks.put(store, want(target=f"portal-{number}"))
    with pytest.raises(AskError, match="6 tests of hoan-kiem"):
        asks.put(store, want())
    asks.put(store, want(site="ba-dinh"))
    later = want()
    later = msgspec.structs.replace(later, asked_ns=later.asked_ns + LASTS_NS + 1)
    assert asks.put(store, later) == later


def test_news_leads_on_and_never_back(store: Engine) -> None:
    asks.put(store, want(name="one"))
    asks.lead_on(store, "ba-dinh", "one", Stage.DONE)
    assert stage_of(store, "one") is Stage.WAITING, "another site's agent has no say in it"
    asks.lead_on(store, "hoan-kiem", "one", Stage.TAKEN)
    asks.lead_on(store, "hoan-kiem", "one", Stage.REFUSED, "budget mobile")
    asks.lead_on(store, "hoan-kiem", "one", Stage.TAKEN)
    asks.lead_on(store, "hoan-kiem", "one", Stage.DONE)
    found = asks.get(store, "one")
    assert found is not None
    assert (found.state, found.said) == (Stage.REFUSED, "budget mobile")
    assert asks.live(store) == []


def test_what_nobody_takes_expires_and_late_news_still_counts(store: Engine) -> None:
    old = want(name="one")
    asks.put(store, msgspec.structs.replace(old, expires_ns=old.asked_ns - 1))
    assert asks.live(store) == []
    assert stage_of(store, "one") is Stage.EXPIRED
    asks.lead_on(store, "hoan-kiem", "one", Stage.TAKEN)
    (found,) = asks.live(store)
    assert (found.id, found.state) == ("one", Stage.TAKEN)


def test_of_a_series_the_latest_run_counts(store: Engine) -> None:
    asks.put(store, want(name="one"))
    first = TrialRun(link="fiber", target="a", family="ip4", outcome="failed", reason="timed_out")
    other = TrialRun(link="5g", target="a", family="ip4", outcome="ok", values={"path_hops": 3})
    second = TrialRun(link="fiber", target="a", family="ip4", outcome="ok")
    asks.find(store, "one", [first])
    asks.find(store, "one", [other, second])
    found = asks.get(store, "one")
    assert found is not None
    assert found.findings == [other, second]
    late = TrialRun(link="wifi", target="a", family="ip4", outcome="ok")
    asks.find(store, "one", [first, late], only_new=True)
    found = asks.get(store, "one")
    assert found is not None
    assert found.findings == [other, second, late]


def test_what_was_wanted_at_the_point_is_kept_once_and_does_not_use_up_other_peoples(
    store: Engine,
) -> None:
    one = replace(want(name="one"), asked_by=AT_SITE, state=Stage.TAKEN)
    asks.put_here(store, one)
    asks.lead_on(store, "hoan-kiem", "one", Stage.DONE)
    asks.put_here(store, one)
    assert stage_of(store, "one") is Stage.DONE
    for n in range(AT_ONCE_HERE - 1):
        asks.put_here(store, replace(one, id=f"more{n}"))
    with pytest.raises(AskError, match="in a short time"):
        asks.put_here(store, replace(one, id="toomany"))
    assert asks.put(store, want("radio")).state is Stage.WAITING
