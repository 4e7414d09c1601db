"""The history of an incident is told in words: no code of the program is left in it."""

import re

import msgspec
import pytest

from tests.collector.incidents.city import CityFixture
from tests.collector.notify.incident_events import (
    carrier_outage,
    city_inventory,
    cut_fibre,
    steady_city,
)
from tests.collector.timeline.boot_script import UNPLUGGED, UP, wall_ns
from thongsuot_collector.incidents.incident import HistoryEntry, Incident, with_delivery
from thongsuot_collector.incidents.notification_log import DeliveryAttempt
from thongsuot_collector.notify.render.comparison import Comparison
from thongsuot_collector.notify.render.context import MessageContext
from thongsuot_collector.rules.loader import load
from thongsuot_collector.web.incident.history import history_events
from thongsuot_schema.words.language import Language

CODE = re.compile(r"[a-z0-9]+[_:/][a-z0-9]|\b(is|started|none)\b")
"""What names of the program look like."""


def context_of(made: CityFixture, incident: Incident) -> MessageContext:
    entry = incident.notifications[-1]
    return MessageContext(
        kind=entry.kind,
        record=entry,
        incident=incident,
        rule=load(incident.code),
        audience=entry.party,
        comparison=Comparison(),
        directory=made.directory,
    )


def told(made: CityFixture, incident: Incident, language: Language = "vi") -> list[str]:
    events = history_events(context_of(made, incident), language)
    return [event.text for event in events if event.look in {"state", "person"}]


def test_a_fault_that_moves_and_ends_is_described_in_words() -> None:
    made = steady_city(city_inventory())
    cut_fibre(made)
    made.run(made.now_s + 20)
    made.report("s0", "fiber", UNPLUGGED)
    made.run(made.now_s + 60)
    made.report("s0", "fiber", UP)
    made.run(made.now_s + 60)
    lines = told(made, made.only("link_fault"))
    assert lines[0] == "mở sự cố: Đường cáp quang VNPT mất kết nối"
    assert "không hoạt động: Đường cáp quang VNPT: dây mạng chưa cắm" in lines
    assert any(line.startswith("đơn vị xử lý mới: Cán bộ tại điểm: ") for line in lines)
    assert lines[-1] == "kết thúc: đã khôi phục"
    assert not [line for line in lines if CODE.search(line)]


def test_the_history_of_an_outage_names_the_lines_that_join_and_leave() -> None:
    made = steady_city(city_inventory())
    carrier_outage(made)
    made.report("s3", "fiber", UP)
    made.run(made.now_s + 60)
    lines = told(made, made.only("carrier_outage"))
    assert lines[0] == "mở sự cố"
    assert any(re.fullmatch(r"hoạt động trở lại: .+, đường cáp quang VNPT", line) for line in lines)
    assert not [line for line in lines if CODE.search(line)]


@pytest.mark.parametrize(
    ("event", "about", "line"),
    [
        ("opened", "of_an_older_version", "opened: of_an_older_version"),
        ("party", "carrier:vnpt", "another party acts: VNPT"),
        ("party", "gods", "another party acts: gods"),
        ("rule", "carrier_outage", "another kind: Outage of a carrier"),
        ("acknowledged", "Lan", "taken on: Lan"),
        ("acknowledged", "carrier:vnpt", "taken on: VNPT"),
        ("something new", "", "something new"),
    ],
)
def test_a_history_entry_is_shown_in_words_or_unchanged_if_unknown(
    event: str, about: str, line: str
) -> None:
    made = steady_city(city_inventory())
    cut_fibre(made)
    note = HistoryEntry(at_ns=1, event=event, about=about)
    incident = msgspec.structs.replace(made.only("link_fault"), history=(note,))
    assert told(made, incident, "en") == [line]


def test_notifications_are_in_their_place_among_the_events() -> None:
    made = steady_city(city_inventory())
    cut_fibre(made)
    made.run(made.now_s + 20)
    incident = made.only("link_fault")
    delivery = DeliveryAttempt(
        channel="carrier-mail:noc", at_ns=wall_ns(made.now_s), is_delivered=True, reference="TT-7"
    )
    (record,) = incident.notifications
    told_of = with_delivery(incident, record.number, delivery, is_done=True)
    context = context_of(made, told_of)
    events = history_events(context, "vi", lambda _channel: "email")
    assert [event.look for event in events] == ["state", "sent"]
    assert events[-1].text == "đã báo VNPT (thư điện tử): báo sự cố, TT-7"
    untold = history_events(context_of(made, incident), "vi")
    assert untold[-1].look == "unsent"
    assert untold[-1].at_ns == record.at_ns
