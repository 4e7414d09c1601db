"""Words about the computers at the counter come from measurements, not from the lines."""

import msgspec

from tests.schema.page.healthy_site import NOW_S, fibre, mobile, services, site
from tests.schema.page.scenes import cut_off, fibre_cut, not_switched, switched, wide_outage
from thongsuot_schema.page.render import site_page
from thongsuot_schema.segment import Party, Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom
from thongsuot_schema.view import CounterView
from thongsuot_schema.words.headline import headline
from thongsuot_schema.words.next_action import next_action


def test_the_backup_is_mentioned_only_if_traffic_was_seen_on_it() -> None:
    seen = headline(switched(), "vi")
    assert seen.sentence == (
        "Đường cáp quang mất kết nối; máy tại quầy đã chuyển sang mạng 5G lúc 11:40, "
        "sau 34 giây mất mạng"
    )
    assert seen.detail == "Máy tại quầy mở được cả 5 dịch vụ (đo lúc 11:57)."
    assert seen.advice == "Điểm tiếp dân được."
    for view in (fibre_cut(), not_switched()):
        assert "chuyển sang mạng 5G lúc" not in headline(view, "vi").sentence
    english = headline(switched(), "en").sentence
    assert "computers went over to 5G at 11:40 (34 seconds offline)" in english


def test_the_duration_of_a_switch_over_is_stated_only_for_the_current_one() -> None:
    view = switched()
    assert view.counter is not None
    for at_s in (view.counter.since_s - 600, view.counter.since_s + 60):
        other = msgspec.structs.replace(view.counter.switch_overs[0], at_s=at_s)
        counter = msgspec.structs.replace(view.counter, switch_overs=(other,))
        sentence = headline(msgspec.structs.replace(view, counter=counter), "vi").sentence
        assert sentence.endswith("chuyển sang mạng 5G lúc 11:40")
    still = msgspec.structs.replace(view.counter.switch_overs[0], took_s=0.0)
    counter = msgspec.structs.replace(view.counter, switch_overs=(still,))
    sentence = headline(msgspec.structs.replace(view, counter=counter), "vi").sentence
    assert sentence.endswith("chuyển sang mạng 5G lúc 11:40"), "nothing was noticed"


def test_computers_that_did_not_switch_are_the_points_own_task_and_it_is_told_how() -> None:
    view = not_switched()
    assert headline(view, "vi").state is State.DOWN
    assert headline(view, "vi").sentence.endswith(
        "mạng 5G dự phòng hoạt động nhưng máy tại quầy chưa chuyển sang"
    )
    action = next_action(view, "vi")
    assert action.party is Party.COMMUNE
    assert action.turn == "Điểm cần chuyển máy tính sang mạng 5G"
    assert "nối Wi-Fi của bộ phát 5G" in action.advice
    assert action.notified.startswith("Đã báo Nhà mạng VNPT lúc 11:39")
    assert next_action(view, "en").turn == "Move the computers to 5G"


def test_the_sites_own_instructions_replace_the_general_ones() -> None:
    own = "Gạt công tắc A/B trên tường sang B."
    view = msgspec.structs.replace(not_switched(), backup_instructions=own)
    assert next_action(view, "vi").advice == own
    assert headline(view, "vi").advice == own


def test_computers_without_network_behind_lines_that_work_are_not_a_healthy_point() -> None:
    head = headline(cut_off(), "vi")
    assert head.state is State.DOWN
    assert head.sentence == "Máy tại quầy không vào được mạng, dù đường truyền vẫn hoạt động"
    assert head.detail == "Chưa tiếp dân được: từ 11:54 máy tại quầy không mở được dịch vụ nào."
    action = next_action(cut_off(), "vi")
    assert (action.party, action.turn) == (Party.COMMUNE, "Điểm phải tự xử lý")
    assert action.advice.startswith("Khởi động lại bộ định tuyến")


def test_a_page_that_may_be_forged_comes_before_all_of_it() -> None:
    forged = mobile(
        state=State.DEGRADED, segment=Segment.CARRIER, symptom=Symptom.RESOLVER_FORGED_ANSWER
    )
    view = msgspec.structs.replace(cut_off(), links=(*cut_off().links, forged))
    assert next_action(view, "vi").is_danger
    lying = site(links=(forged,))
    assert "trả lời sai" in headline(lying, "vi").sentence


def test_a_service_that_the_computers_do_not_reach_is_named() -> None:
    failed, *opened = (service.name for service in services())
    counter = CounterView(
        is_alive=True,
        since_s=NOW_S - 900,
        at_s=NOW_S,
        link="wan0",
        open_services=tuple(opened),
        failed_services=(failed,),
    )
    head = headline(msgspec.structs.replace(fibre_cut(), counter=counter), "vi")
    assert head.detail == "Dịch vụ bị ảnh hưởng: Cổng Dịch vụ công quốc gia."


def test_a_pulled_cable_and_a_carriers_outage_have_headlines_of_their_own() -> None:
    def of(segment: Segment, symptom: Symptom) -> str:
        cut = msgspec.structs.replace(
            fibre_cut().links[0], segment=segment, symptom=symptom, state=State.DOWN
        )
        return headline(site(links=(cut, mobile())), "vi").sentence

    sentences = {
        of(Segment.LAN, Symptom.CABLE_UNPLUGGED),
        of(Segment.ACCESS, Symptom.ACCESS_SILENT),
        of(Segment.CARRIER, Symptom.CARRIER_SILENT),
        of(Segment.DEVICE, Symptom.INTERFACE_ABSENT),
        of(Segment.LAN, Symptom.GATEWAY_SILENT),
    }
    assert len(sentences) == 5
    assert of(Segment.LAN, Symptom.CABLE_UNPLUGGED).startswith("Đường cáp quang")
    assert all("mạng 5G dự phòng" in sentence for sentence in sentences)


def test_in_a_wide_outage_nobody_needs_to_call_and_the_carriers_answer_is_shown() -> None:
    action = next_action(wide_outage(), "vi")
    assert action.is_wide
    assert action.advice == (
        "Sự cố diện rộng của VNPT: 3/3 đường truyền, tại 3 điểm. Không cần gọi."
    )
    assert action.notified == (
        "Đã báo Nhà mạng VNPT lúc 11:39, mã phiếu TS-2026-000317. Đã tiếp nhận lúc 11:43."
        " Dự kiến xong lúc 12:58."
    )
    page = site_page(wide_outage(), language="vi")
    assert 'class="call"' not in page.partition("</section>")[0]
    assert 'class="call"' in site_page(switched(), language="vi").partition("</section>")[0]


def test_the_total_is_stated_only_if_it_is_known() -> None:
    (incident,) = wide_outage().incidents
    unknown = msgspec.structs.replace(incident, affected=0, total=0)
    action = next_action(msgspec.structs.replace(wide_outage(), incidents=(unknown,)), "vi")
    assert action.advice == "Sự cố diện rộng: 3 điểm cùng bị ảnh hưởng. Không cần gọi."


def test_incidents_that_a_party_refuses_are_the_citys_to_decide() -> None:
    (incident,) = wide_outage().incidents
    alone = msgspec.structs.replace(incident, sites=1, is_disputed=True)
    view = msgspec.structs.replace(wide_outage(), incidents=(alone,))
    action = next_action(view, "vi")
    assert not action.is_wide
    assert action.notified.endswith("Thành phố đang phân xử.")
    other = msgspec.structs.replace(incident, about=("wan1",))
    view = msgspec.structs.replace(wide_outage(), incidents=(other,))
    assert not next_action(view, "vi").is_wide


def test_results_from_before_a_failure_or_a_return_of_a_line_say_nothing_about_now() -> None:
    onset_s = fibre_cut().links[0].since_s
    assert onset_s is not None
    before = CounterView(
        is_alive=True,
        since_s=NOW_S - 9_000,
        at_s=onset_s - 5,
        link="wan0",
        open_services=tuple(service.name for service in services()),
    )
    cut = msgspec.structs.replace(fibre_cut(), counter=before)
    assert headline(cut, "vi") == headline(fibre_cut(), "vi")
    elsewhere = msgspec.structs.replace(before, link="wan1")
    moved = headline(msgspec.structs.replace(cut, counter=elsewhere), "vi")
    assert "đã chuyển sang mạng 5G" in moved.sentence
    back = fibre(since_s=NOW_S - 2)
    mended = msgspec.structs.replace(cut_off(), links=(back, mobile()))
    assert headline(mended, "vi").state is State.UP
    assert next_action(mended, "vi").party is None
