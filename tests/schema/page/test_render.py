"""The page as a document: whole, safe, small, and true to its view."""

import re
from itertools import cycle, pairwise

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.schema.page.document import HtmlDocument
from tests.schema.page.healthy_site import DAY_S, NOW_S, fibre, mobile, services, site
from tests.schema.page.scenes import (
    SCENES,
    agent_silent,
    both_down,
    cut_fibre,
    fibre_cut,
    portal_down,
)
from tests.timing import examples
from thongsuot_schema.page.render import site_page
from thongsuot_schema.segment import LADDER, Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Evidence, Symptom
from thongsuot_schema.view import PartyNotification, SiteView, StateStretch
from thongsuot_schema.words.language import Language
from thongsuot_schema.words.translations import languages

HOSTILE = (
    """</title></style></script><script>alert(1)</script>'"><img src=x onerror=alert(1)>&lt;"""
)

SIZE_LIMIT_BYTES = 60 * 1024


def read(view: SiteView, language: Language = "vi") -> HtmlDocument:
    return HtmlDocument(site_page(view, language=language))


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("scene", SCENES)
def test_every_scene_is_a_whole_document(scene: str, language: Language) -> None:
    page = read(SCENES[scene](), language)
    assert page.all("html") == [{"lang": language}]
    ids = page.ids()
    assert len(ids) == len(set(ids))
    for _, attributes in page.elements:
        for reference in ("aria-labelledby", "aria-describedby"):
            assert set((attributes.get(reference) or "").split()) <= set(ids)
        target = attributes.get("href") or attributes.get("fill") or ""
        for name in re.findall(r"^#(\S+)|^url\(#(\S+)\)", target):
            assert "".join(name) in ids


@pytest.mark.parametrize("scene", SCENES)
def test_a_policy_without_exceptions_lets_the_whole_page_through(scene: str) -> None:
    page = read(SCENES[scene]())
    for tag, attributes in page.elements:
        assert "style" not in attributes, tag
        assert not [name for name in attributes if name.startswith("on")], tag
        assert attributes.get("src") is None
        address = attributes.get("href") or ""
        assert not address.startswith(("http:", "https:", "//", "javascript:"))
    assert len(page.all("script")) == len(page.all("style")) == 1


@pytest.mark.parametrize("scene", SCENES)
def test_headings_go_down_one_step_at_a_time(scene: str) -> None:
    levels = [
        int(tag[1]) for tag, _ in read(SCENES[scene]()).elements if re.fullmatch("h[1-6]", tag)
    ]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def hostile_view(text: str) -> SiteView:
    """Return a view in which every text that comes from outside is the given one."""
    notification = PartyNotification(
        party=text, channel=text, at_s=NOW_S, about=text, reference=text
    )
    evidence = (Evidence(kind=text, target=text, metric=text, value=1.0, limit=2.0),)
    named = {"name": text, "title_vi": text, "title_en": text, "evidence": evidence}
    bad = {"state": State.DOWN, "segment": Segment.ACCESS, "symptom": Symptom.ACCESS_SILENT}
    return site(
        site=text,
        title=text,
        commune=text,
        version=text,
        support_hotline=text,
        notifications=(notification,),
        links=(
            fibre(**named, **bad, carrier=text, carrier_hotline=text, circuit=text, medium=text),
            fibre(**bad, carrier=text, carrier_hotline=text, circuit=text),
        ),
        services=services(
            **named, state=State.DOWN, symptom=Symptom.SERVICE_ERROR, reachable_over=(text,)
        ),
    )


@pytest.mark.parametrize("language", languages())
def test_a_hostile_name_is_shown_as_text_and_makes_no_element(language: Language) -> None:
    plain, hostile = read(hostile_view("x1"), language), read(hostile_view(HOSTILE), language)
    assert [tag for tag, _ in plain.elements] == [tag for tag, _ in hostile.elements]
    assert HOSTILE in hostile.text


@settings(max_examples=examples(30), deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_a_page_stays_well_formed_whatever_a_name_contains(text: str) -> None:
    page = read(hostile_view(text))
    assert len(page.all("script")) == 1


def busy_history(period_s: float) -> tuple[StateStretch, ...]:
    """Return a day in which the state changes all the time: nothing is harder to draw."""
    count = int(DAY_S / period_s)
    states = cycle((State.UP, State.DOWN, State.DEGRADED, State.UNKNOWN))
    return tuple(
        StateStretch(
            start_s=NOW_S - DAY_S + at * period_s,
            end_s=NOW_S - DAY_S + (at + 1) * period_s,
            state=state,
            symptom=Symptom.ACCESS_FLAPPING,
        )
        for at, state in zip(range(count), states, strict=False)
    )


@pytest.mark.parametrize("period_s", [300.0, 301.7, 20.0])
@pytest.mark.parametrize("language", languages())
def test_the_busiest_day_of_two_links_and_eight_services_fits_in_sixty_kilobytes(
    language: Language, period_s: float
) -> None:
    evidence = tuple(
        Evidence(kind="http", target=f"anchor-{at}", segment=LADDER[at % 5], ok=at, failed=30 - at)
        for at in range(12)
    )
    bad = {
        "since_s": NOW_S - 5_000,
        "history": busy_history(period_s),
        "evidence": evidence,
        "loss_ratio": 0.5,
        "state": State.DEGRADED,
    }
    access = {**bad, "segment": Segment.ACCESS, "symptom": Symptom.ACCESS_FLAPPING}
    portal = {**bad, "segment": Segment.SERVICE, "symptom": Symptom.SERVICE_UNEXPECTED_CONTENT}
    eight = [*services(**portal), *services(**portal)][:8]
    notifications = tuple(
        PartyNotification(
            party="carrier", channel="email", at_s=NOW_S - at, about="wan0", reference="X1"
        )
        for at in range(10)
    )
    view = site(
        links=(fibre(**access), mobile(**access)),
        services=tuple(eight),
        notifications=notifications,
    )
    page = site_page(view, language=language)
    assert len(page.encode()) <= SIZE_LIMIT_BYTES
    HtmlDocument(page)


def test_the_same_view_gives_the_same_page() -> None:
    assert site_page(fibre_cut(), language="vi") == site_page(fibre_cut(), language="vi")


@pytest.mark.parametrize(("state", "name"), [(state, state.value) for state in State])
def test_a_state_is_shown_by_a_word_and_a_shape_of_its_own(state: State, name: str) -> None:
    page = site_page(site(links=(fibre(state=state, symptom=Symptom.NONE),)), language="vi")
    words = {
        State.UP: "Hoạt động bình thường",
        State.DEGRADED: "Kết nối chậm/chập chờn",
        State.DOWN: "Mất kết nối",
        State.UNKNOWN: "Chưa có dữ liệu",
    }
    card = page[
        page.index('<li class="card light') : page.index("</li>", page.index('"card light'))
    ]
    assert f'<span class="state">{words[state]}</span>' in card
    assert f'href="#i-{name}"' in card


def test_the_chain_marks_the_rung_at_fault_and_leaves_what_lies_beyond_open() -> None:
    page = site_page(site(links=(cut_fibre(),)), language="vi")
    start = page.index('<ol class="ladder"')
    chain = page[start : page.index("</ol>", start)]
    assert re.findall(r'<li class="([^"]*)">', chain) == [
        "up", "up", "down fault", "unknown", "unknown",
    ]  # fmt: skip
    assert chain.count("lỗi ở đây") == 1


def test_notified_parties_and_times_are_shown_with_the_carriers_name() -> None:
    text = read(fibre_cut()).text
    assert "24/11/2026 11:39 Nhà mạng VNPT thư điện tử · Đường cáp quang VNPT" in text
    assert "mã phiếu TS-2026-000317" in text


def test_parties_that_could_not_be_notified_yet_are_not_shown_as_notified() -> None:
    view = fibre_cut()
    (first, *others) = view.notifications
    failing = msgspec.structs.replace(first, is_delivered=False, reference="")
    shown = read(msgspec.structs.replace(view, notifications=(failing, *others))).text
    assert "Đường cáp quang VNPT · chưa gửi được, đang thử lại" in shown
    assert "chưa gửi được" not in read(view).text


def test_a_fault_that_nobody_was_notified_of_is_admitted_by_the_collector_only() -> None:
    nobody = "Hệ thống chưa báo cho ai về sự cố này."
    heard = site(links=(cut_fibre(), mobile()), heard_s=NOW_S - 3)
    assert nobody in read(heard).text
    assert nobody not in read(site(links=(cut_fibre(), mobile()))).text
    assert nobody not in read(site(heard_s=NOW_S - 3)).text


@pytest.mark.parametrize("scene", SCENES)
def test_a_green_tick_appears_only_if_nothing_has_to_be_done(scene: str) -> None:
    page = read(SCENES[scene]())
    (turn,) = (at["class"] for at in page.all("p") if (at.get("class") or "").startswith("turn "))
    assert (turn == "turn nobody") == ("Không phải làm gì" in page.text), scene
    if "Chưa biết đơn vị nào phải xử lý" in page.text:
        assert turn == "turn not-known"


def test_the_name_and_the_number_on_a_button_stay_apart() -> None:
    """A flex box drops the space before an element, so both stand in one element."""
    html = site_page(fibre_cut(), language="vi")
    for button in re.findall(r'<a class="call" href="tel:.*?</a>', html):
        assert re.search(r'"><span>Gọi VNPT <span class=nb>1800 1166</span></span></a>$', button)


def test_a_device_cut_off_with_a_fault_asks_people_to_call() -> None:
    assert "Hãy gọi điện báo." in read(both_down()).text
    healthy = read(site(collector_reachable=False)).text
    assert "Hãy gọi điện báo." not in healthy
    assert "kết quả đo vẫn được lưu tại đây" in healthy


def test_a_standby_that_takes_the_record_is_named() -> None:
    named = site(collector_reachable=True, collector_failover="two.example:8480")
    assert "máy dự phòng two.example:8480 đang nhận số liệu" in read(named).text
    unreached = msgspec.structs.replace(named, collector_reachable=False)
    assert "dự phòng two" not in read(unreached).text


def test_another_device_of_the_same_point_is_said_on_the_page() -> None:
    sentence = "Một thiết bị khác cũng đang gửi dữ liệu cho điểm này"
    assert sentence in read(site(has_duplicate_devices=True)).text
    assert sentence not in read(site()).text


def test_freshness_backlog_and_a_wrong_clock_are_shown() -> None:
    text = read(site(backlog_batches=27, clock_trusted=False)).text
    assert "Dữ liệu chờ gửi: 27 gói" in text
    assert "Đồng hồ của thiết bị đang sai" in text
    heard = read(site(heard_s=NOW_S - 200.0)).text
    assert "Lần cuối gửi dữ liệu: 11:54 (3 phút trước)" in heard
    last_known = "Trang này hiển thị tình trạng biết được lần cuối."
    assert last_known in heard
    assert last_known not in read(site(heard_s=NOW_S - 5)).text


def test_a_silent_device_is_reported_once_and_not_on_every_light() -> None:
    page = read(agent_silent())
    assert page.text.count("Kiểm tra thiết bị giám sát tại điểm có điện") == 1


def test_a_service_behind_a_dead_line_points_at_the_line_instead_of_repeating_it() -> None:
    # Of one of the two lines the first screen has said already what to do.
    assert read(both_down()).text.count("Việc cần làm") == 1
    assert read(both_down()).text.count("Do đường truyền của điểm") == 5


def test_a_dead_portal_is_explained_with_its_evidence() -> None:
    text = read(portal_down()).text
    assert "Đơn vị vận hành dịch vụ" in text
    assert "0/14 lần đạt, hệ thống trả mã lỗi HTTP 503" in text


def test_links_of_the_page_lead_where_the_server_says() -> None:
    page = HtmlDocument(
        site_page(
            site(),
            language="en",
            home_url="/",
            stylesheet_url="/font.css",
            refresh_s=7,
        )
    )
    assert [link["href"] for link in page.all("a")] == ["/", "?lang=vi"]
    assert {"rel": "stylesheet", "href": "/font.css"} in page.all("link")
    assert page.all("script") == [{"data-every": "7"}]
    assert {"http-equiv": "refresh", "content": "7"} in page.all("meta")


def test_a_commune_is_shown_by_name_or_by_its_code_but_never_by_zeros() -> None:
    assert "Trang tình trạng mạng · Phường Ba Đình, Hà Nội" in read(site()).text
    assert "Mã xã/phường 00004" in read(site(commune="00004")).text
    assert "00000" not in read(site(commune="00000")).text


def test_the_page_says_since_when_the_centre_has_not_answered() -> None:
    away = both_down()
    english = site_page(away, language="en")
    # 398 s before 11:58.
    assert "The centre has not answered since 11:51" in english
    assert "Trung tâm không phản hồi từ 11:51" in site_page(away, language="vi")
    reached = msgspec.structs.replace(away, collector_reachable=True, collector_away_s=None)
    assert "has not answered since" not in site_page(reached, language="en")
