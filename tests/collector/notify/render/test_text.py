"""Texts: each party reads what it needs, in its own words, in both languages."""

import unicodedata
from collections.abc import Callable

import msgspec
import pytest

from tests.collector.incidents.city import CityFixture
from tests.collector.notify.incident_events import (
    HOTLINE,
    break_portal,
    carrier_outage,
    city_inventory,
    cut_fibre,
    restore_fibre,
    steady_city,
    unplug_cable,
)
from thongsuot_collector.incidents.answer import Dispute
from thongsuot_collector.incidents.incident import NotificationEvent
from thongsuot_collector.incidents.notification_log import NotificationCause
from thongsuot_collector.incidents.party import CITY, ResponsibleParty
from thongsuot_collector.notify.render.comparison import comparison_of
from thongsuot_collector.notify.render.context import MessageContext
from thongsuot_collector.notify.render.names import (
    SEVERITIES,
    SUBJECT_MARKS,
    place_name,
    short_commune,
)
from thongsuot_collector.notify.render.text import RenderedText, render_text
from thongsuot_collector.rules.loader import load
from thongsuot_schema.result import Family
from thongsuot_schema.segment import Segment
from thongsuot_schema.verdict import Evidence
from thongsuot_schema.view import PartyNotification
from thongsuot_schema.words.language import Language

CORE = Evidence(
    kind="icmp", target="vnpt-core", family=Family.IP4, segment=Segment.CARRIER, failed=9
)
ABROAD = Evidence(
    kind="icmp", target="quad", family=Family.IP4, segment=Segment.TRANSIT, ok=9, link="5g"
)
NOT_HEARD = Evidence(
    kind="icmp", target="ix", family=Family.IP4, segment=Segment.TRANSIT, link="5g"
)
"""Asked when the verdict was given, and had not answered yet."""


def said(
    event: NotificationEvent,
    made: CityFixture,
    *,
    language: Language = "vi",
    notified: tuple[PartyNotification, ...] = (),
    audience: ResponsibleParty | None = None,
    disputes: tuple[Dispute, ...] = (),
) -> RenderedText:
    incident = event.incident
    shown = tuple(
        msgspec.structs.replace(evidence, evidence=(CORE, NOT_HEARD, ABROAD))
        for evidence in incident.member_evidence
    )
    context = MessageContext(
        kind=event.record.kind,
        record=event.record,
        incident=msgspec.structs.replace(incident, member_evidence=shown),
        rule=load(incident.code),
        audience=audience or event.record.party,
        comparison=comparison_of(incident, made.registry.network_state),
        directory=made.directory,
        notified=notified,
        disputes=disputes,
        support_hotline=HOTLINE,
        page_url="https://thongsuot.example/incidents/x",
    )
    return render_text(context, language)


def test_a_carrier_reads_circuit_onset_measurements_and_what_works_beside_it() -> None:
    made = steady_city(city_inventory())
    lines = said(cut_fibre(made), made).body.splitlines()
    assert "Từ: 18/11/2026 18:07:10 (sai số đồng hồ ± 0,01 giây)" in lines
    assert "Vị trí lỗi: Đường truyền của nhà mạng tới điểm" in lines
    circuit = f"Mã kênh FTTH-0000 · {place_name('s0', made.directory)} · đường cáp quang VNPT"
    assert f"- {circuit} · Mất kết nối: 18/11/2026 18:07:10" in lines
    own = lines[lines.index("Kết quả đo kiểm:") + 1 : lines.index("So sánh:") - 1]
    assert own == ["- Ping tới vnpt-core (IPv4) · Mạng lõi của nhà mạng: 0/9 lần có phản hồi"]
    assert lines[lines.index("So sánh:") + 1 :][:3] == [
        "- Cùng điểm, kết nối 5G VIETTEL: Hoạt động bình thường",
        "- Cùng nhà mạng, các điểm khác: 7/7 đường khác hoạt động bình thường",
        (
            "- Ping tới quad (IPv4) · Mạng bên ngoài nhà mạng "
            "qua kết nối 5G VIETTEL: 9/9 lần có phản hồi"
        ),
    ]
    assert any(line.startswith("- s0 s0-a1/") for line in lines)


def test_a_subject_begins_with_circuit_state_onset_and_commune_to_its_end() -> None:
    city = steady_city(city_inventory())
    opened, resolved = cut_fibre(city), restore_fibre(city)
    assert said(opened, city).title == "[SC] FTTH-0000 mất kết nối 18:07 Phường 1, Điểm 0"
    assert (
        said(resolved, city).title == "[Đã khắc phục] FTTH-0000 mất kết nối 18:07 Phường 1, Điểm 0"
    )
    english = said(opened, city, language="en").title
    assert english == "[Fault] FTTH-0000 disconnected 18:07 Phường 1, Điểm 0"


@pytest.mark.parametrize(
    ("name", "short"),
    [("Phường Ba Đình", "Ba Đình"), ("Xã Ba Vì", "Ba Vì"), ("Phường 1", "Phường 1"), ("", "")],
)
def test_a_commune_is_shortened_to_its_name_unless_that_is_a_number(name: str, short: str) -> None:
    assert short_commune(name) == short


def test_a_dispute_names_who_refused_which_ticket_and_why() -> None:
    city = steady_city(city_inventory())
    event = cut_fibre(city)
    dispute = Dispute(
        party=event.record.party,
        reference="TT-2",
        reason="ONT mất điện",
        at_ns=event.record.at_ns,
    )
    rendered = said(event, city, audience=CITY, disputes=(dispute,))
    assert rendered.title == "[Tranh chấp] FTTH-0000 mất kết nối 18:07 Phường 1, Điểm 0"
    assert rendered.body.startswith(
        "VNPT từ chối phiếu TT-2 lúc 18/11/2026 18:07:13: ONT mất điện\n"
    )
    assert "Đề nghị Thành phố quyết định đơn vị xử lý." in rendered.body


def test_a_series_that_shows_nothing_is_not_a_line() -> None:
    made = steady_city(city_inventory())
    body = said(cut_fibre(made), made).body
    assert "quad" in body, "what answered is a line"
    assert "ix" not in body.split()


def test_an_outage_is_one_message_with_all_its_circuits() -> None:
    made = steady_city(city_inventory())
    words = said(carrier_outage(made), made)
    assert words.title == "[SC] VNPT: 4/4 đường truyền cùng gặp sự cố 18:07"
    assert "Bị ảnh hưởng (4 trên 4):" in words.body
    for number in (0, 3, 6, 9):
        assert f"Mã kênh FTTH-{number:04}" in words.body


def test_a_long_list_of_circuits_is_cut_with_a_note() -> None:
    made = steady_city(city_inventory(150))
    event = carrier_outage(made)
    body = said(event, made).body
    assert body.count("Mã kênh FTTH-") == 40
    assert "… và 10 mục nữa: xem tệp đính kèm" in body
    assert len(body) < 10_000


def test_staff_read_what_to_do_whom_to_call_and_who_knows_already() -> None:
    made = steady_city(city_inventory())
    event = unplug_cable(made)
    at_s = event.record.at_ns / 1e9
    known = (
        PartyNotification(party="city", channel="zalo", at_s=at_s, about="fiber", reference="7"),
    )
    body = said(event, made, notified=known).body
    assert "Việc cần làm: " in body
    assert f"Số điện thoại hỗ trợ: {HOTLINE}." in body
    city_knows = "Bộ phận kỹ thuật của Thành phố (Zalo), về đường cáp quang VNPT, 18:07, 7"
    assert f"Hệ thống đã báo:\n- {city_knows}" in body
    for word in ("ICMP", "IPv4", "mã băm", "Vị trí lỗi", "Mức độ"):
        assert word not in body
    assert "Hệ thống đã báo" not in said(event, made).body


def test_the_operator_of_a_portal_reads_which_and_how_many_points_it_fails() -> None:
    made = steady_city(city_inventory())
    words = said(break_portal(made), made)
    assert "Cổng dịch vụ công" in words.title
    assert "Địa chỉ: https://portal.test/" in words.body
    assert "Các điểm khác:" in words.body


def test_the_city_reads_which_party_must_act() -> None:
    made = steady_city(city_inventory())
    assert "Đơn vị xử lý: VNPT" in said(cut_fibre(made), made, audience=CITY).body
    assert "Đơn vị xử lý" not in said(made.notifications[0], made).body


@pytest.mark.parametrize(
    ("cause", "sentence"),
    [
        (
            NotificationCause.ENDED,
            "Đã hoạt động bình thường trở lại lúc 18/11/2026 18:07:13, sau 3 giây.",
        ),
        (NotificationCause.ABSORBED, "là một phần của một sự cố lớn hơn"),
        (NotificationCause.REASSIGNED, "lỗi thuộc phạm vi của đơn vị khác: VNPT"),
        (NotificationCause.WITHDRAWN, "không có sự cố này"),
    ],
)
def test_a_resolution_states_its_reason(cause: NotificationCause, sentence: str) -> None:
    made = steady_city(city_inventory())
    cut_fibre(made)
    end = restore_fibre(made)
    end = msgspec.structs.replace(end, record=msgspec.structs.replace(end.record, cause=cause))
    words = said(end, made)
    assert sentence in words.body
    assert words.title.startswith(f"[{SUBJECT_MARKS[cause].read('vi')}] ")
    assert "Việc cần làm" not in words.body


@pytest.mark.parametrize("act", [cut_fibre, carrier_outage, unplug_cable, break_portal])
@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_text_is_whole_in_both_languages(
    act: Callable[[CityFixture], NotificationEvent], language: Language
) -> None:
    made = steady_city(city_inventory())
    words = said(act(made), made, language=language)
    text = f"{words.title}\n{words.body}"
    assert unicodedata.is_normalized("NFC", text)
    assert "{" not in text
    assert "None" not in text
    assert len(words.title) <= 200
    if language == "en":
        assert "Sự cố" not in text.replace("Cổng dịch vụ công", "")
        assert "điểm" not in text


def test_an_onset_without_a_known_error_is_marked_as_unverified() -> None:
    made = steady_city(city_inventory())
    event = cut_fibre(made)
    incident = msgspec.structs.replace(event.incident, error_s=None)
    body = said(msgspec.structs.replace(event, incident=incident), made).body
    assert "(đồng hồ chưa được kiểm chứng)" in body


def test_every_severity_and_every_cause_has_its_word() -> None:
    assert set(SUBJECT_MARKS) == set(NotificationCause)
    assert len({text.read("vi") for text in SEVERITIES.values()}) == len(SEVERITIES)
