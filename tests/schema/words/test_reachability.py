"""A headline, the state beside it, whose turn it is and what is beneath follow from one fact."""

from collections.abc import Iterator
from itertools import product

import msgspec
import pytest

from tests.schema.page.healthy_site import NOW_S, fibre, mobile, services, site
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom
from thongsuot_schema.view import CounterView, SiteView, SubjectView
from thongsuot_schema.words.headline import headline, site_state
from thongsuot_schema.words.language import Language, Text
from thongsuot_schema.words.next_action import next_action
from thongsuot_schema.words.reachability import (
    Reach,
    affected_services,
    can_serve,
    known_counter,
    reach_of,
    services_reached,
    without_past_causes,
)

LINK_FAULTS = {
    State.UP: (None, Symptom.NONE),
    State.DEGRADED: (Segment.ACCESS, Symptom.ACCESS_LOSS),
    State.DOWN: (Segment.ACCESS, Symptom.ACCESS_SILENT),
    State.UNKNOWN: (None, Symptom.NOT_YET_MEASURED),
}
SERVICE_FAULTS = (
    (State.UP, None, Symptom.NONE),
    (State.DEGRADED, Segment.SERVICE, Symptom.SERVICE_SLOW),
    (State.DOWN, Segment.SERVICE, Symptom.SERVICE_ERROR),
    (State.DOWN, Segment.ACCESS, Symptom.ACCESS_SILENT),
    (State.UNKNOWN, None, Symptom.NOT_YET_MEASURED),
)
PORTAL, CITY = services()[:2]


def _counters() -> Iterator[CounterView | None]:
    yield None
    yield CounterView(is_alive=False, since_s=NOW_S - 90, at_s=NOW_S - 3)
    for tried in product(("open", "failed", "not tried"), repeat=2):
        by_name = dict(zip((PORTAL.name, CITY.name), tried, strict=True))
        yield CounterView(
            is_alive=True,
            since_s=NOW_S - 90,
            at_s=NOW_S - 3,
            open_services=tuple(name for name, how in by_name.items() if how == "open"),
            failed_services=tuple(name for name, how in by_name.items() if how == "failed"),
        )


def _as(light: SubjectView, state: State, segment: Segment | None, symptom: Symptom) -> SubjectView:
    return msgspec.structs.replace(light, state=state, segment=segment, symptom=symptom)


def all_sites() -> Iterator[SiteView]:
    """Yield a site with two lines and two portals in every state, seen from the counter or not."""
    for (wired, backup), (portal, city), counter in product(
        product(LINK_FAULTS, repeat=2), product(SERVICE_FAULTS, repeat=2), _counters()
    ):
        yield site(
            links=(
                _as(fibre(), wired, *LINK_FAULTS[wired]),
                _as(mobile(), backup, *LINK_FAULTS[backup]),
            ),
            services=(_as(PORTAL, *portal), _as(CITY, *city)),
            counter=counter,
        )


def _text(name: str, language: Language) -> str:
    """Return a message up to its first place."""
    return Text(f"schema.words.{name}").read(language).partition("{")[0]


def _is_down(service: SubjectView, view: SiteView) -> bool:
    """Return what a person would say of it who reads the facts one by one."""
    counter = view.counter
    is_shut = counter is not None and (
        not counter.is_alive or service.name in counter.failed_services
    )
    return service.state is State.DOWN or is_shut


@pytest.mark.parametrize("language", ["vi", "en"])
def test_no_green_headline_stands_over_a_fault_and_no_other_asks_for_nothing(
    language: Language,
) -> None:
    nothing_to_do = _text("turn.nobody", language)
    count = 0
    for view in all_sites():
        count += 1
        head, action = headline(view, language), next_action(view, language)
        assert head.state is site_state(view), view
        is_well = all(link.state in {State.UP, State.UNKNOWN} for link in view.links) and not any(
            _is_down(service, view) or service.state is State.DEGRADED for service in view.services
        )
        assert (head.state in {State.UP, State.UNKNOWN}) == is_well, (head, view)
        if is_well:
            assert action.subject is None, (action, view)
        else:
            assert action.turn != nothing_to_do, (head, action, view)
            assert action.subject is not None or action.advice, (action, view)
    assert count == 16 * 25 * 11


@pytest.mark.parametrize("language", ["vi", "en"])
def test_services_are_called_affected_reached_or_unknown_as_they_are(
    language: Language,
) -> None:
    for view in all_sites():
        head = headline(view, language)
        said = f"{head.sentence} {head.detail} {head.advice}"
        down = [service for service in view.services if _is_down(service, view)]
        assert down == affected_services(view), view
        if _text("headline.services_affected", language) in said:
            assert down, (head, view)
        if _text("headline.no_service_reached", language) in said:
            assert len(down) == 2, (head, view)
        if Text("schema.words.counter.serve").read(language) in said.split(". "):
            assert len(down) < 2, (head, view)
        for all_well in ("headline.all_services_reached", "counter.opens_all"):
            everything = Text(f"schema.words.{all_well}").read(language)
            words = everything.replace("{count}", "2").partition("{")[0]
            if words in said:
                assert not down, (head, view)
                assert not services_reached(view, Reach.NOT_KNOWN), (head, view)


@pytest.mark.parametrize("language", ["vi", "en"])
def test_lines_that_work_are_not_blamed_in_the_same_sentence(language: Language) -> None:
    """A line's verdict changes some seconds before those of the services over it."""
    blame = {"vi": "do đường truyền", "en": "because of the line"}[language]
    held = _as(PORTAL, State.DOWN, Segment.ACCESS, Symptom.ACCESS_SILENT)
    view = site(services=(held, CITY))
    head, action = headline(view, language), next_action(view, language)
    assert blame not in head.sentence, head
    assert action.subject is not None
    assert action.subject.name == PORTAL.name
    cut = site(links=(_as(fibre(), State.DOWN, *LINK_FAULTS[State.DOWN]), mobile()))
    assert without_past_causes(cut) == cut
    assert without_past_causes(view).services[0].symptom is Symptom.NONE


def test_a_portal_that_was_not_opened_yet_is_not_called_affected() -> None:
    """As half a minute after a device starts: one portal opened, the other not tried yet."""
    counter = CounterView(
        is_alive=True, since_s=NOW_S - 5, at_s=NOW_S - 5, open_services=(CITY.name,)
    )
    view = site(services=(PORTAL, CITY), counter=counter)
    head = headline(view, "vi")
    assert head.state is State.UP
    assert head.detail == (
        "Máy tại quầy mở được 1/2 dịch vụ (đo lúc 11:57); chưa mở thử: Cổng Dịch vụ công quốc gia."
    )
    unmeasured = _as(PORTAL, State.UNKNOWN, None, Symptom.NOT_YET_MEASURED)
    head = headline(site(services=(unmeasured, CITY)), "vi")
    assert head.detail == (
        f"{CITY.title_vi} vẫn truy cập được. Chưa đo được: Cổng Dịch vụ công quốc gia."
    )
    head = headline(site(services=(unmeasured,)), "vi")
    assert (head.state, head.detail) == (State.UP, "Chưa đo được dịch vụ nào.")


def test_a_portal_that_only_the_computers_do_not_open_is_no_healthy_point() -> None:
    counter = CounterView(
        is_alive=True,
        since_s=NOW_S - 5,
        at_s=NOW_S - 5,
        open_services=(CITY.name,),
        failed_services=(PORTAL.name,),
    )
    view = site(services=(PORTAL, CITY), counter=counter)
    assert reach_of(PORTAL, view) is Reach.BLOCKED
    assert known_counter(view) == counter
    assert can_serve(view)
    head, action = headline(view, "vi"), next_action(view, "vi")
    assert head.state is State.DEGRADED
    assert head.sentence == (
        "Máy tại quầy không mở được Cổng Dịch vụ công quốc gia; "
        "đường truyền của điểm vẫn bình thường"
    )
    assert action.turn == "Chưa biết đơn vị nào phải xử lý"
    assert action.advice.startswith("Thiết bị giám sát vẫn truy cập được Cổng Dịch vụ công")
    assert action.advice.endswith("gọi bộ phận hỗ trợ: (024) 1022.")
    neither = msgspec.structs.replace(
        counter, open_services=(), failed_services=(PORTAL.name, CITY.name)
    )
    shut = msgspec.structs.replace(view, counter=neither)
    assert headline(shut, "vi").sentence.startswith("Máy tại quầy không mở được 2 dịch vụ")
    assert not can_serve(shut)
