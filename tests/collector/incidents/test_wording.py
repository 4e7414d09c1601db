"""Titles of incidents in both languages."""

import pytest

from tests.collector.incidents.city import PORTAL, CityFixture, healthy_city
from tests.collector.timeline.boot_script import CUT, OUT, REFUSES, UNPLUGGED, wall_ns
from thongsuot_collector.incidents.incident import Incident
from thongsuot_collector.incidents.wording import IncidentWording, area, describe
from thongsuot_collector.rules.loader import load
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom
from thongsuot_schema.words.language import Language
from thongsuot_schema.words.translations import languages

NOW_S = wall_ns(100) / 1e9


def words(made: CityFixture, incident: Incident, language: Language = "vi") -> IncidentWording:
    return describe(incident, load(incident.code), made.directory, language, now_s=NOW_S)


def test_the_text_of_a_link_fault_names_symptom_circuit_and_carrier() -> None:
    made = healthy_city()
    made.report("s0", "fiber", CUT)
    sentences = words(made, made.only("link_fault"))
    assert "VNPT" in sentences.situation
    assert "mã kênh FTTH-0000" in sentences.situation
    assert "18001166" in sentences.do


def test_an_outage_says_how_many_of_how_many_and_where() -> None:
    made = healthy_city(sites=30)
    for number in range(0, 24, 3):
        made.report(f"s{number}", "fiber", OUT)
    outage = made.only("carrier_outage")
    assert words(made, outage).headline == "VNPT: 8/10 đường truyền cùng gặp sự cố"
    assert words(made, outage, "en").headline == "VNPT: 8 of 10 links failed together"
    assert "Phường 1, Phường 4, Phường 7, Phường 10, Phường 13 và 3 xã, phường khác" in (
        words(made, outage).situation
    )


def test_the_headline_of_a_transit_outage_names_the_direction() -> None:
    made = healthy_city()
    lost = (State.DEGRADED, Segment.TRANSIT, Symptom.INTERNATIONAL_TRANSIT_SILENT)
    for site in ("s0", "s3", "s6", "s9"):
        made.report(site, "fiber", lost)
    sentences = words(made, made.only("transit_outage"))
    assert sentences.headline == "VNPT: hướng quốc tế gián đoạn trên 4/4 đường truyền"


def test_a_service_is_called_by_its_title_and_says_what_is_wrong() -> None:
    made = healthy_city()
    for number in range(4):
        made.report(f"s{number}", f"/{PORTAL}", REFUSES)
    sentences = words(made, made.only("service_down"))
    assert sentences.headline == "4/12 điểm không truy cập được Cổng dịch vụ công"
    alone = words(made, made.incidents("service_fault")[0])
    assert alone.headline in sentences.situation


def test_a_site_is_called_by_its_title() -> None:
    made = healthy_city()
    made.power_off("s7")
    made.run(300)
    assert words(made, made.only("site_power")).headline == "Điểm 7 có thể mất điện"


def test_a_notification_of_a_power_cut_ends_by_the_same_name() -> None:
    """A person who was told that the power may be out has to recognise what is over."""
    made = healthy_city()
    made.power_off("s7")
    made.run(300)
    opened = words(made, made.only("site_power")).headline
    made.power_on("s7")
    made.run(600)
    notified = [(kind, code) for _, kind, _, code, _ in made.notification_lines()]
    assert notified == [("opened", "site_power"), ("resolved", "site_power")]
    (over,) = made.incidents()
    assert not over.is_open
    assert words(made, over).headline == opened


@pytest.mark.parametrize("language", languages())
def test_no_text_of_an_incident_has_an_unfilled_placeholder(language: Language) -> None:
    made = healthy_city()
    made.report("s1", "fiber", UNPLUGGED)
    made.report("s2", f"/{PORTAL}", REFUSES)
    for site in ("s0", "s3", "s6", "s9"):
        made.report(site, "fiber", OUT)
    made.power_off("s4")
    made.cut_uplink("s1")
    made.run(300)
    codes = set()
    for incident in made.incidents():
        sentences = words(made, incident, language)
        for text in (sentences.headline, sentences.situation, sentences.do):
            assert text
            assert "{" not in text
            assert "  " not in text
        codes.add(incident.code)
    assert {"link_fault", "carrier_outage", "service_fault", "site_power", "agent_silent"} <= codes


def test_many_communes_are_counted() -> None:
    directory = healthy_city().directory
    assert area(("00001", "00002"), directory, "en") == "Phường 1 and Phường 2"
    many = tuple(f"{n:05}" for n in range(1, 10))
    assert area(many, directory, "en").endswith("Phường 5 and 4 more communes")
