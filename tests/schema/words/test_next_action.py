"""Who has to act next, as the page of a point says it."""

from collections.abc import Callable

import pytest
from msgspec import structs

from tests.schema.page.healthy_site import fibre, mobile, services, site
from tests.schema.page.scenes import (
    SCENES,
    agent_silent,
    both_down,
    cut_fibre,
    fibre_cut,
    just_started,
    portal_down,
)
from thongsuot_schema.segment import Party, Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom
from thongsuot_schema.view import OngoingMaintenance, SiteView
from thongsuot_schema.words.next_action import next_action


def forged() -> SiteView:
    """A cable that is out, and pages behind the other link that may be somebody else's."""
    unplugged = fibre(state=State.DOWN, segment=Segment.LAN, symptom=Symptom.CABLE_UNPLUGGED)
    lying = mobile(
        state=State.DEGRADED, segment=Segment.CARRIER, symptom=Symptom.RESOLVER_FORGED_ANSWER
    )
    return site(links=(unplugged, lying))


def unplugged() -> SiteView:
    cable = fibre(state=State.DOWN, segment=Segment.LAN, symptom=Symptom.CABLE_UNPLUGGED)
    return site(links=(cable, mobile()))


@pytest.mark.parametrize(
    ("scene", "party", "turn"),
    [
        (site, None, "Không phải làm gì"),
        (fibre_cut, Party.CARRIER, "Nhà mạng VNPT phải khắc phục"),
        (unplugged, Party.COMMUNE, "Điểm phải tự xử lý"),
        (portal_down, Party.PORTAL, "Đơn vị vận hành dịch vụ phải khắc phục"),
        (forged, Party.CARRIER, "Nguy hiểm: không đăng nhập, không nhập mật khẩu"),
        (just_started, None, "Chưa biết đơn vị nào phải xử lý"),
    ],
)
def test_each_scene_says_who_must_act(
    scene: Callable[[], SiteView], party: Party | None, turn: str
) -> None:
    action = next_action(scene(), "vi")
    assert (action.party, action.turn) == (party, turn)


def test_a_cut_fibre_and_a_pulled_cable_do_not_look_alike() -> None:
    cut, pulled = next_action(fibre_cut(), "vi"), next_action(unplugged(), "vi")
    assert cut.turn != pulled.turn
    assert cut.advice != pulled.advice


def test_danger_comes_before_everything_that_is_merely_broken() -> None:
    action = next_action(forged(), "en")
    assert action.is_danger
    assert action.subject is not None
    assert action.subject.symptom is Symptom.RESOLVER_FORGED_ANSWER


def test_faults_that_the_point_can_repair_come_before_those_it_has_to_wait_for() -> None:
    unplugged_backup = mobile(
        state=State.DOWN, segment=Segment.LAN, symptom=Symptom.CABLE_UNPLUGGED
    )
    action = next_action(site(links=(cut_fibre(), unplugged_backup)), "vi")
    assert action.party is Party.COMMUNE


def test_each_notified_party_is_listed_once_with_the_ticket() -> None:
    action = next_action(fibre_cut(), "vi")
    assert action.notified.count("Đã báo Nhà mạng VNPT") == 1
    assert "mã phiếu TS-2026-000317" in action.notified
    waiting = tuple(
        structs.replace(notification, is_delivered=False)
        for notification in fibre_cut().notifications
    )
    sentence = next_action(structs.replace(fibre_cut(), notifications=waiting), "vi").notified
    assert sentence.startswith("Đang tìm cách báo Nhà mạng VNPT")


def test_nobody_is_reported_as_notified_of_another_fault() -> None:
    elsewhere = tuple(
        structs.replace(notification, about="another") for notification in fibre_cut().notifications
    )
    assert next_action(structs.replace(fibre_cut(), notifications=elsewhere), "vi").notified == ""


def test_during_planned_work_nobody_has_to_act() -> None:
    view = fibre_cut()
    work = OngoingMaintenance(end_s=view.now_s + 3600.0, about=(view.links[0].name,))
    action = next_action(structs.replace(view, maintenance=(work,)), "vi")
    assert action.subject is None


def test_a_service_that_fails_for_the_line_is_not_the_portals_turn() -> None:
    failing = services(state=State.DOWN, symptom=Symptom.ACCESS_SILENT)
    view = structs.replace(both_down(), services=failing)
    assert next_action(view, "vi").party is not Party.PORTAL


def test_a_silent_device_is_looked_at_first() -> None:
    action = next_action(agent_silent(), "vi")
    assert action.subject is not None
    assert action.advice


@pytest.mark.parametrize("scene", SCENES)
@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_scene_has_a_turn_and_whole_sentences(scene: str, language: str) -> None:
    action = next_action(SCENES[scene](), language)
    assert action.turn
    assert not action.turn.endswith(".")
    for text in (action.advice, action.notified):
        assert not text or text.endswith(".")
