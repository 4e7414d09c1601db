"""The one sentence that sums up a site."""

import msgspec
import pytest

from tests.schema.page.healthy_site import fibre, mobile, services, site
from tests.schema.page.scenes import (
    SCENES,
    agent_silent,
    both_down,
    cut_fibre,
    fibre_cut,
    portal_down,
    sent_elsewhere,
    slow_backup,
)
from tests.schema.words.test_tables import is_vietnamese
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom
from thongsuot_schema.view import SubjectView
from thongsuot_schema.words.headline import headline

NEXT_POINT = "điểm phục vụ gần nhất"


def sentence(*links: SubjectView, language: str = "vi") -> str:
    return headline(site(links=links), "vi" if language == "vi" else "en").sentence


def test_a_healthy_site_says_that_in_one_sentence() -> None:
    head = headline(site(), "vi")
    assert head.sentence == "Cả hai đường truyền hoạt động bình thường"
    assert head.detail == "Cả 5 dịch vụ đều truy cập được."
    assert head.advice == ""
    assert head.state is State.UP
    assert headline(site(), "en").sentence == "Both lines are working normally"


def test_a_site_without_a_way_out_names_the_nearest_point_and_as_of_when() -> None:
    assert NEXT_POINT in headline(both_down(), "vi").advice
    sent = sent_elsewhere()
    advice = headline(sent, "vi").advice
    assert "Ngọc Hà (cách khoảng 2,5 km), đang phục vụ được lúc " in advice
    assert NEXT_POINT not in advice
    assert sent.nearest is not None
    same = msgspec.structs.replace(
        sent, nearest=msgspec.structs.replace(sent.nearest, distance_m=0)
    )
    assert "(in the same commune)" in headline(same, "en").advice
    near = msgspec.structs.replace(
        sent, nearest=msgspec.structs.replace(sent.nearest, distance_m=90)
    )
    assert "0.5 km" in headline(near, "en").advice


def test_one_and_three_lines_are_counted_right() -> None:
    assert sentence(fibre()) == "Đường cáp quang hoạt động bình thường"
    assert sentence(fibre(), language="en") == "The fibre line is working normally"
    three = (fibre(), mobile(), fibre(name="wan2", medium="leased"))
    assert sentence(*three) == "Cả 3 đường truyền hoạt động bình thường"
    assert sentence(*three, language="en") == "All 3 lines are working normally"


def test_a_site_on_its_backup_says_what_is_out_and_what_carries_it() -> None:
    head = headline(fibre_cut(), "vi")
    assert head.sentence == "Đường cáp quang mất kết nối; mạng 5G dự phòng đang hoạt động"
    # What the computers get was not measured, and nobody is promised anything.
    assert head.advice.startswith("Nếu máy tại quầy (chưa đo được) không vào được mạng")
    assert head.state is State.DEGRADED
    assert headline(slow_backup(), "vi").sentence.endswith("hoạt động nhưng chậm/chập chờn")


def test_a_dead_backup_is_not_a_failover() -> None:
    dead = mobile(state=State.DOWN, symptom=Symptom.ACCESS_SILENT)
    assert sentence(fibre(), dead) == (
        "Kết nối 5G mất kết nối; đường cáp quang hoạt động bình thường"
    )
    advice = headline(site(links=(fibre(), dead)), "vi").advice
    assert advice == "Đường chính vẫn tốt; tạm thời không còn đường dự phòng."


def test_a_backup_that_is_only_slow_is_still_a_backup() -> None:
    slow = mobile(state=State.DEGRADED, symptom=Symptom.ACCESS_SLOW)
    assert headline(site(links=(fibre(), slow)), "vi").advice == ""


def test_a_point_that_never_reported_has_no_device_yet() -> None:
    never = msgspec.structs.replace(agent_silent(), heard_s=None)
    head = headline(never, "vi")
    assert (head.sentence, head.advice) == ("Chưa lắp đặt thiết bị", "")
    assert "installed" in headline(never, "en").sentence


def test_a_second_wired_line_that_works_means_that_the_backup_is_not_in_use() -> None:
    other = fibre(name="wan2", carrier="FPT")
    assert sentence(cut_fibre(), other, mobile()) == (
        "Đường cáp quang VNPT mất kết nối; đường cáp quang FPT và kết nối 5G hoạt động bình thường"
    )


def test_two_lines_of_one_carrier_and_medium_are_told_apart_by_name() -> None:
    assert sentence(cut_fibre(), fibre(name="wan2")) == (
        "Đường cáp quang VNPT (wan0) mất kết nối; đường cáp quang VNPT (wan2) hoạt động bình thường"
    )


def test_unknown_items_are_named_last() -> None:
    unknown = mobile(state=State.UNKNOWN, symptom=Symptom.NOT_YET_MEASURED)
    assert sentence(cut_fibre(), unknown) == (
        "Đường cáp quang mất kết nối; chưa có dữ liệu về kết nối 5G"
    )
    assert sentence(fibre(), unknown) == (
        "Đường cáp quang hoạt động bình thường; chưa có dữ liệu về kết nối 5G"
    )


@pytest.mark.parametrize("scene", SCENES)
def test_citizens_are_sent_to_the_next_point_only_when_every_line_is_down(scene: str) -> None:
    view = SCENES[scene]()
    all_down = all(link.state is State.DOWN for link in view.links)
    assert ("người dân có thể đến " in headline(view, "vi").advice) == all_down
    assert all_down == (scene in {"both-down", "sent-elsewhere"})


def test_with_both_lines_down_no_service_is_within_reach() -> None:
    head = headline(both_down(), "vi")
    assert head.sentence == "Cả hai đường truyền mất kết nối"
    assert head.detail == "Từ điểm này hiện không truy cập được dịch vụ nào."
    assert head.state is State.DOWN


def test_a_dead_portal_is_named_and_the_lines_are_cleared() -> None:
    head = headline(portal_down(), "vi")
    assert head.sentence == (
        "Cổng Dịch vụ công quốc gia báo lỗi; đường truyền của điểm vẫn bình thường"
    )
    assert head.advice == "Không cần sửa gì tại điểm."
    assert head.state is State.DEGRADED


def test_several_dead_services_are_counted_and_the_first_are_named() -> None:
    up = services()[:1]
    down = services(state=State.DOWN, symptom=Symptom.SERVICE_TIMEOUT)
    view = site(services=(*up, *(service for service in down if service.name != up[0].name)))
    head = headline(view, "vi")
    assert head.sentence == "4 dịch vụ đang gặp sự cố; đường truyền của điểm vẫn bình thường"
    assert head.detail.startswith("Dịch vụ bị ảnh hưởng: Hệ thống thông tin")
    everything = headline(site(services=down), "vi")
    assert everything.state is State.DOWN
    assert everything.detail == "Từ điểm này hiện không truy cập được dịch vụ nào."


def test_more_services_than_one_glance_holds_are_counted() -> None:
    up, *others = services(state=State.DOWN, symptom=Symptom.SERVICE_TIMEOUT)
    extra = services(state=State.DOWN, symptom=Symptom.SERVICE_ERROR)[:2]
    alive = services()[:1]
    view = site(services=(*alive, up, *others, *extra))
    assert headline(view, "vi").detail.endswith("và 3 dịch vụ khác.")
    assert headline(view, "en").detail.endswith("and 3 more.")


def test_an_expiring_certificate_is_not_called_an_outage() -> None:
    first, *others = services()
    expiring = services(state=State.DEGRADED, symptom=Symptom.CERTIFICATE_EXPIRING)[0]
    assert expiring.name == first.name
    head = headline(site(services=(expiring, *others)), "vi")
    assert head.sentence.startswith("Chứng thư số của Cổng Dịch vụ công quốc gia sắp hết hạn;")
    assert head.state is State.DEGRADED


def test_a_silent_device_is_never_called_a_dead_network() -> None:
    head = headline(agent_silent(), "vi")
    assert head.sentence == "Thiết bị giám sát mất liên lạc"
    assert "11:14" in head.detail
    assert "Mất kết nối" not in head.sentence + head.detail + head.advice
    assert head.state is State.UNKNOWN


def test_a_device_without_any_line_says_what_to_check() -> None:
    head = headline(site(links=()), "vi")
    assert head.sentence == "Chưa tìm thấy đường truyền nào"
    assert "dây mạng" in head.advice


@pytest.mark.parametrize("scene", SCENES)
def test_headlines_are_vietnamese_and_begin_with_a_capital(scene: str) -> None:
    head = headline(SCENES[scene](), "vi")
    for text in (head.sentence, head.detail, head.advice):
        if text:
            assert is_vietnamese(text)
            assert text[0].isupper()
            assert not text.endswith("..")
    assert not head.sentence.endswith(".")
