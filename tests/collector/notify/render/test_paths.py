"""Paths before and during the fault, in a message."""

from msgspec import structs

from tests.collector.incidents.city import PORTAL
from tests.collector.notify.incident_events import (
    city_inventory,
    composer_of,
    cut_fibre,
    restore_fibre,
    steady_city,
    unplug_cable,
)
from thongsuot_collector.incidents.incident import NotificationEvent
from thongsuot_collector.notify.render.comparison import comparison_of
from thongsuot_collector.notify.render.context import MessageContext
from thongsuot_collector.notify.render.paths import PathLookup, no_paths
from thongsuot_collector.notify.render.text import render_text
from thongsuot_collector.rules.loader import load
from thongsuot_schema.path import Hop, Path
from thongsuot_schema.result import Family
from thongsuot_schema.view import NetworkPath
from thongsuot_schema.words.language import Language


def path(*addresses: str, reached: bool) -> Path:
    hops = tuple(
        Hop(number=number, sent=3, answered=3, addresses=(address,), rtt_s=0.001 * number)
        for number, address in enumerate(addresses, 1)
    )
    return Path(hops=hops, is_reached=reached)


def ways_at(now_s: float) -> PathLookup:
    way = NetworkPath(
        target="exchange",
        family=Family.IP4,
        at_s=now_s,
        path=path("192.168.1.1", reached=False),
        previous_at_s=now_s - 300,
        previous=path("192.168.1.1", "100.64.0.1", "203.0.113.1", reached=True),
    )
    return lambda site, link: (way,) if (site, link) == ("s0", "fiber") else ()


def body(
    event: NotificationEvent, known: PathLookup | None = None, language: Language = "en"
) -> str:
    made = steady_city(city_inventory())
    context = MessageContext(
        kind=event.record.kind,
        record=event.record,
        incident=event.incident,
        rule=load(event.incident.code),
        audience=event.record.party,
        comparison=comparison_of(event.incident, made.registry.network_state),
        directory=made.directory,
    )
    return render_text(context, language, known or ways_at(event.record.at_ns / 1e9)).body


def test_a_carrier_reads_where_packets_went_before_and_where_they_go_now() -> None:
    text = body(cut_fibre(steady_city(city_inventory())))
    assert "Path (traceroute):" in text
    assert "192.168.1.1 (1.0 ms) → 100.64.0.1 (2.0 ms) → 203.0.113.1 (3.0 ms)" in text
    assert "to exchange IPv4, before (" in text
    assert "the last hop that answers is hop 1 (192.168.1.1)" in text
    assert "Tuyến kết nối (traceroute):" in body(
        cut_fibre(steady_city(city_inventory())), language="vi"
    )


def test_a_carrier_reads_the_name_of_a_target_and_numbers_as_on_the_pages() -> None:
    event = cut_fibre(steady_city(city_inventory()))
    (cut,) = ways_at(event.record.at_ns / 1e9)("s0", "fiber")
    named = structs.replace(cut, target=PORTAL)
    known = {("s0", "fiber"): (named,)}
    text = body(event, lambda site, link: known.get((site, link), ()), language="vi")
    assert "đến Cổng dịch vụ công IPv4, trước đó (" in text
    assert "192.168.1.1 (1,0 ms) → 100.64.0.1 (2,0 ms)" in text


def test_a_router_that_refuses_is_not_counted_as_a_hop_in_a_message() -> None:
    event = cut_fibre(steady_city(city_inventory()))
    (cut,) = ways_at(event.record.at_ns / 1e9)("s0", "fiber")
    refusal = Hop(number=2, sent=3, answered=3, addresses=("192.168.1.1",), refusal="!N")
    refused = structs.replace(cut, path=structs.replace(cut.path, hops=(*cut.path.hops, refusal)))
    text = body(event, lambda site, link: (refused,) if (site, link) == ("s0", "fiber") else ())
    assert "192.168.1.1 (1.0 ms) → !N 192.168.1.1\n" in text
    assert "is hop 1 (192.168.1.1). 192.168.1.1 answers: network unreachable (!N)." in text


def test_results_from_an_earlier_fault_are_no_evidence() -> None:
    event = cut_fibre(steady_city(city_inventory()))
    long_before_s = event.incident.opened_ns / 1e9 - 120
    text = body(event, ways_at(long_before_s))
    assert "to exchange IPv4, before (" in text, "the last good path is shown"
    assert "the last hop that answers" not in text, "the earlier fault is not"
    assert text.count("to exchange IPv4") == 1


def test_without_known_paths_or_after_the_end_a_message_has_no_path_section() -> None:
    made = steady_city(city_inventory())
    assert "Path (traceroute)" not in body(cut_fibre(made), no_paths)
    assert "Path (traceroute)" not in body(restore_fibre(made))


def test_messages_to_staff_at_a_point_have_no_path_section() -> None:
    assert "Path (traceroute)" not in body(unplug_cable(steady_city(city_inventory())))


def test_a_composer_without_ways_composes_as_before() -> None:
    assert composer_of(steady_city(city_inventory()).directory) is not None
