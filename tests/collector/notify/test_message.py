"""What a message says of itself without being opened: its time and its page are the event's."""

from tests.collector.notify.incident_events import (
    city_inventory,
    cut_fibre,
    message_of,
    restore_fibre,
    steady_city,
)
from thongsuot_collector.notify.settings import NotifySettings


def test_a_message_is_dated_by_its_event_and_leads_to_its_incident() -> None:
    made = steady_city(city_inventory())
    settings = NotifySettings(page_url="https://collector.example")
    opened_event = cut_fibre(made)
    opened = message_of(opened_event, made, settings=settings)
    assert opened.at_ns == opened_event.record.at_ns
    assert opened.incident.id in opened.page_url
    ended = message_of(restore_fibre(made), made, settings=settings)
    assert ended.at_ns > opened.at_ns, "the end has its own time"
    without_pages = message_of(opened_event, made, settings=NotifySettings())
    assert without_pages.page_url == ""
