"""The ways of a link on the page."""

import msgspec

from tests.schema.page.document import HtmlDocument
from tests.schema.page.healthy_site import NOW_S
from tests.schema.page.scenes import cut_fibre, fibre_cut
from thongsuot_schema.page.render import site_page
from thongsuot_schema.path import Hop, Path
from thongsuot_schema.result import Family
from thongsuot_schema.view import NetworkPath
from thongsuot_schema.words.language import Language


def path(*addresses: str, reached: bool = True, mtu: str = "") -> Path:
    hops = tuple(
        Hop(
            number=number,
            sent=3,
            answered=2 if address else 0,
            addresses=(address,) if address else (),
            rtt_s=0.0041 if address else None,
            labels=(24001,) if number == 3 else (),
        )
        for number, address in enumerate(addresses, 1)
    )
    return Path(hops=hops, is_reached=reached, mtu=mtu)


GOOD = path("192.168.1.1", "", "100.64.0.1", "203.0.113.1")
CUT = path("192.168.1.1", reached=False)


def read(way: NetworkPath, language: Language = "vi") -> str:
    light = msgspec.structs.replace(cut_fibre(), paths=(way,))
    view = msgspec.structs.replace(fibre_cut(), links=(light,))
    return HtmlDocument(site_page(view, language=language)).text


def way(now: Path, before: Path | None = None) -> NetworkPath:
    return NetworkPath(
        target="exchange",
        family=Family.IP4,
        at_s=NOW_S - 60,
        path=now,
        previous_at_s=None if before is None else NOW_S - 600,
        previous=before,
        networks=(("100.64.0.1", "AS45899 VNPT"),),
    )


def test_paths_before_and_now_are_shown_together() -> None:
    text = read(way(CUT, GOOD))
    assert "Tuyến kết nối (traceroute): trước và hiện nay" in text
    assert "Đến exchange IPv4" in text
    assert "100.64.0.1 · AS45899 VNPT · 4,1 ms · 2/3 · MPLS 24001" in text
    assert "không phản hồi" in text
    assert "Gói tin không tới đích, dừng sau chặng 1 (192.168.1.1)" in text
    english = read(way(CUT, GOOD), "en")
    assert "the last hop that answers is hop 1 (192.168.1.1)" in english


def test_a_router_that_says_unreachable_is_shown_as_that_and_not_as_a_hop() -> None:
    refusal = Hop(number=2, sent=3, answered=3, addresses=("192.168.1.1",), refusal="!H")
    cut = msgspec.structs.replace(CUT, hops=(*CUT.hops, refusal))
    text = read(way(cut, GOOD), "en")
    assert "192.168.1.1: host unreachable (!H)" in text
    assert "the last hop that answers is hop 1 (192.168.1.1). 192.168.1.1 answers: host" in text
    assert "192.168.1.1: không tới được máy đích (!H)" in read(way(cut, GOOD))
    alone = Path(hops=(msgspec.structs.replace(refusal, number=1),))
    assert "192.168.1.1 answers: host unreachable (!H)" in read(way(alone), "en")
    assert "No hop answers" not in read(way(alone), "en")


def test_a_way_that_never_was_another_is_shown_alone() -> None:
    text = read(way(GOOD))
    assert "trước và hiện nay" not in text
    assert "203.0.113.1" in text


def test_where_large_packets_vanish_is_reported_in_words() -> None:
    hole = path(
        "192.168.1.1", "10.0.0.1", mtu="1400 bytes; larger ones vanish behind hop 2 10.0.0.1"
    )
    assert "Gói tin lớn hơn 1400 byte bị mất sau chặng 2" in read(way(hole))
    assert "1400" not in read(way(path("192.168.1.1", mtu="1400 bytes, told by hop 1 192.168.1.1")))


def test_nothing_of_a_hostile_record_gets_into_the_page() -> None:
    hostile = Hop(number=1, sent=1, answered=1, addresses=("<script>",), rtt_s=0.1)
    page = Path(hops=(hostile,), is_reached=True)
    assert "<script>" in read(way(page))  # as text: the reader of the test would refuse a tag


def test_no_hop_at_all_is_reported() -> None:
    assert "Không chặng nào phản hồi" in read(way(Path(), GOOD))
