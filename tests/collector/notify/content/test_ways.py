"""The ways in a message: before the fault and now."""

from tests.collector.notify.making import city, composer_of, cut, mend, town, unplug
from thongsuot_collector.incidents.incident import Event
from thongsuot_collector.notify.content.comparison import comparison_of
from thongsuot_collector.notify.content.occasion import Occasion
from thongsuot_collector.notify.content.text import compose
from thongsuot_collector.notify.content.ways import Ways, no_ways
from thongsuot_collector.rules import load
from thongsuot_schema.page.view import Way
from thongsuot_schema.path import Hop, Path
from thongsuot_schema.result import Family
from thongsuot_schema.words.language import Language


def path(*addresses: str, reached: bool) -> Path:
    hops = tuple(
        Hop(number=number, sent=3, answered=3, addresses=(address,), rtt_s=0.001 * number)
        for number, address in enumerate(addresses, 1)
    )
    return Path(hops=hops, is_reached=reached)


def ways_at(now_s: float) -> Ways:
    way = Way(
        target="exchange",
        family=Family.IP4,
        at_s=now_s,
        path=path("192.168.1.1", reached=False),
        before_at_s=now_s - 300,
        before=path("192.168.1.1", "100.64.0.1", "203.0.113.1", reached=True),
    )
    return lambda site, link: (way,) if (site, link) == ("s0", "fiber") else ()


def body(event: Event, known: Ways | None = None, language: Language = "en") -> str:
    made = town(city())
    occasion = Occasion(
        kind=event.entry.kind,
        entry=event.entry,
        incident=event.incident,
        rule=load(event.incident.code),
        audience=event.entry.party,
        comparison=comparison_of(event.incident, made.book.picture),
        directory=made.directory,
    )
    return compose(occasion, language, known or ways_at(event.entry.at_ns / 1e9)).body


def test_a_carrier_reads_where_packets_went_before_and_where_they_go_now() -> None:
    text = body(cut(town(city())))
    assert "The way of packets:" in text
    assert "192.168.1.1 (1.0 ms) → 100.64.0.1 (2.0 ms) → 203.0.113.1 (3.0 ms)" in text
    assert "to exchange IPv4, before (" in text
    assert "the last hop that answers is hop 1 (192.168.1.1)" in text
    assert "Đường đi của gói tin:" in body(cut(town(city())), language="vi")


def test_where_nothing_is_known_or_all_is_over_nothing_is_said() -> None:
    made = town(city())
    assert "The way of packets" not in body(cut(made), no_ways)
    assert "The way of packets" not in body(mend(made))


def test_staff_at_a_point_are_spared() -> None:
    assert "The way of packets" not in body(unplug(town(city())))


def test_a_composer_without_ways_composes_as_before() -> None:
    assert composer_of(town(city()).directory) is not None
