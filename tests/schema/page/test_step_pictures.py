"""Pictures of lamps, sockets and cables: beside every step whose words speak of one."""

import re
from collections.abc import Iterator
from xml.etree import ElementTree as ET

import pytest

from tests.schema.page.document import HtmlDocument
from tests.schema.page.healthy_site import NOW_S, fibre, mobile, services, site
from tests.schema.page.scenes import cut_off, fibre_cut, not_switched, wide_outage
from thongsuot_schema.page.render import site_page
from thongsuot_schema.page.step_pictures import (
    picture_alternative,
    picture_on_paper,
    picture_parts,
    step_picture,
)
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom
from thongsuot_schema.view import SiteView, SubjectView
from thongsuot_schema.words.explanation import SYMPTOM_SENTENCES, explain
from thongsuot_schema.words.language import Language
from thongsuot_schema.words.sentence import Sentence, StepPicture
from thongsuot_schema.words.symptoms import access, device, lan
from thongsuot_schema.words.translations import languages

EQUIPMENT = {
    "vi": r"\bđèn|ổ cắm|phích|dây mạng|dây quang|dây của|\bcắm\b|nguồn điện|cầu dao|\bSIM\b",
    "en": r"\blamp|socket|\bplug|unplug|cable|fibre at|\bmains\b|circuit breaker|\bSIM\b",
}
"""How each language speaks of what somebody at the counter can see and touch."""

MEDIA = ("fiber", "5g", "leased")

ALL: list[Sentence] = [
    *SYMPTOM_SENTENCES.values(),
    *access.MOBILE.values(),
    *device.BY_STATE.values(),
]


def dead(symptom: Symptom, medium: str) -> SubjectView:
    make = mobile if medium == "5g" else fibre
    return make(
        state=State.DOWN,
        segment=Segment.LAN if symptom in lan.SENTENCES else Segment.DEVICE,
        symptom=symptom,
        medium=medium,
        since_s=NOW_S - 900,
    )


def lights() -> Iterator[SubjectView]:
    for symptom in Symptom:
        for medium in MEDIA:
            yield dead(symptom, medium)


def pictured(view: SiteView, language: Language) -> list[str | None]:
    """Return the alternative texts of the pictures on a page, in its order."""
    page = HtmlDocument(site_page(view, language=language))
    return [each.get("aria-label") for each in page.all("svg") if each.get("class") == "pic"]


@pytest.mark.parametrize("language", languages())
def test_every_step_that_speaks_of_a_lamp_a_socket_or_a_cable_has_its_picture(
    language: Language,
) -> None:
    without = [
        step.text
        for light in lights()
        for step in explain(light, language, now_s=NOW_S).steps
        if step.picture is None and re.search(EQUIPMENT[language], step.text, re.IGNORECASE)
    ]
    assert without == []


def test_equipment_is_recognised_in_sentences() -> None:
    assert re.search(EQUIPMENT["vi"], "Xem đèn LOS trên modem quang.", re.IGNORECASE)
    assert re.search(EQUIPMENT["en"], "Push in both ends of the cable.", re.IGNORECASE)
    assert not re.search(EQUIPMENT["vi"], "Hãy chờ vài phút để thiết bị đo thêm.", re.IGNORECASE)


@pytest.mark.parametrize("sentence", ALL, ids=lambda sentence: sentence.headline.read("en"))
def test_both_languages_have_the_same_steps_and_a_step_for_each_picture(
    sentence: Sentence,
) -> None:
    counts = {len(sentence.advice.read(language).split("\n")) for language in languages()}
    assert len(counts) == 1
    assert len(sentence.pictures) <= counts.pop()


def test_a_lamp_that_only_a_fibre_modem_has_is_shown_of_no_other_box() -> None:
    shown = {
        medium: [step.picture for step in explain(dead(Symptom.ACCESS_SILENT, medium), "vi").steps]
        for medium in MEDIA
    }
    assert shown["fiber"] == [StepPicture.LOS_LAMP, None]
    assert shown["leased"] == [None]
    assert shown["5g"] == [StepPicture.RESTART, StepPicture.WINDOW, None]


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("symptom", lan.SENTENCES)
def test_the_page_shows_the_pictures_in_the_order_of_the_steps(
    symptom: Symptom, language: Language
) -> None:
    light = dead(symptom, "fiber")
    expected = [
        picture_alternative(step.picture, language)
        for step in explain(light, language).steps
        if step.picture is not None
    ]
    view = site(links=(light, mobile()), services=services(reachable_over=("wan1",)))
    assert pictured(view, language) == expected


def test_the_lamp_to_look_at_before_a_call_is_shown_and_with_no_need_to_call_nothing() -> None:
    assert pictured(fibre_cut(), "vi") == ["Mặt modem quang: đèn LOS nhấp nháy đỏ"]
    assert pictured(wide_outage(), "vi") == []


def test_how_computers_get_onto_the_backup_is_shown_unless_the_point_has_its_own_way() -> None:
    assert pictured(not_switched(), "en")[0] == "A computer joins the Wi-Fi of the backup box"
    assert pictured(cut_off(), "en") == ["Switch off, wait, then switch on"]


@pytest.mark.parametrize("picture", StepPicture)
def test_a_picture_is_drawn_named_in_every_language_and_reaches_for_nothing(
    picture: StepPicture,
) -> None:
    names = {picture_alternative(picture, language) for language in languages()}
    assert len(names) == len(languages())
    used = step_picture(picture, "vi")
    parts = picture_parts(used)
    root = ET.fromstring(f"<svg>{parts}</svg>")
    assert [each.get("id") for each in root] == [f"p-{picture}"]
    assert "style" not in parts
    assert "http" not in parts
    assert picture_parts("") == ""


@pytest.mark.parametrize("picture", StepPicture)
def test_on_paper_a_picture_has_colours_of_its_own(picture: StepPicture) -> None:
    drawn = picture_on_paper(picture)
    ET.fromstring(drawn)
    assert "var(" not in drawn
    assert "currentColor" not in drawn
