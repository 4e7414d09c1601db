"""The picture of a path: where two paths part, and what is drawn of it."""

from xml.etree import ElementTree as ET

import pytest

from thongsuot_collector.web.charts.path_picture import PathComparison, parting, path_picture
from thongsuot_schema.path import Hop, ObservedRoute, Path, RouteHistory, with_observation

GATEWAY, ACCESS, CORE, OTHER, ANCHOR = (
    "192.168.1.1",
    "100.65.0.1",
    "100.127.0.1",
    "100.99.0.1",
    "203.0.113.14",
)


def path(*addresses: str, is_reached: bool = True, refusal: str = "") -> Path:
    hops = [
        Hop(
            number=number,
            sent=3,
            answered=3 if address else 0,
            addresses=(address,) if address else (),
            rtt_s=0.003 * number if address else None,
        )
        for number, address in enumerate(addresses, 1)
    ]
    if refusal:
        refused = Hop(number=len(hops) + 1, sent=3, answered=1, addresses=(refusal,), refusal="!H")
        hops.append(refused)
    return Path(hops=tuple(hops), is_reached=is_reached)


GOOD = path(GATEWAY, ACCESS, CORE, ANCHOR)


def picture(before: Path | None, after: Path | None) -> str:
    comparison = PathComparison(
        title="Ba Đình <cáp quang>",
        target="anchor IPv4",
        key="p0",
        before=before,
        after=after,
        networks={CORE: "AS45899 VNPT"},
    )
    return path_picture(comparison, "en")


def texts(markup: str) -> list[str]:
    """Return the words of the drawing, of well-formed XML."""
    svg = ET.fromstring(markup.partition('<p class="sum"')[0])
    return [node.text or "" for node in svg.iter("text")]


@pytest.mark.parametrize(
    ("after", "hop"),
    [
        (GOOD, None),
        (path(GATEWAY, ACCESS, is_reached=False), 3),
        (path(GATEWAY, is_reached=False, refusal="100.65.0.2"), 2),
        (path(is_reached=False), 1),
        (path(GATEWAY, OTHER, CORE, ANCHOR), 2),
        # Routers answer as they like: silence is no other way.
        (path(GATEWAY, "", CORE, ANCHOR), None),
        (path(GATEWAY, ACCESS, OTHER, CORE, ANCHOR), 3),
    ],
)
def test_two_paths_part_at_the_first_hop_that_differs(after: Path, hop: int | None) -> None:
    assert parting(GOOD, after) == hop


def test_a_path_that_ends_is_drawn_beside_the_earlier_one() -> None:
    markup = picture(GOOD, path(GATEWAY, is_reached=False, refusal="100.65.0.2"))
    words = texts(markup)
    assert words.count(f"1 · {GATEWAY}") == 1, "what both have in common is one line"
    assert {f"2 · {ACCESS}", f"3 · {CORE}", "anchor IPv4", "Ends here"} <= set(words)
    assert any("AS45899 VNPT · 9.0 ms" in word for word in words)
    assert "!H" in words, "who refuses says so at the end"
    assert 'class="cross"' in markup
    assert 'class="was"' in markup
    assert "4 hops" in markup
    assert "&lt;cáp quang&gt;" in markup


def test_the_same_path_is_one_line_and_nothing_is_red() -> None:
    markup = picture(GOOD, GOOD)
    assert 'class="now"' not in markup
    assert 'class="was"' not in markup
    assert "the same" in markup


def test_another_way_is_drawn_to_its_end() -> None:
    markup = picture(GOOD, path(GATEWAY, OTHER, CORE, ANCHOR))
    words = texts(markup)
    assert {f"2 · {ACCESS}", f"2 · {OTHER}"} <= set(words)
    assert words.count("anchor IPv4") == 2
    assert "from hop 2 on" in markup


def test_without_a_path_before_only_what_is_measured_now_is_drawn() -> None:
    words = texts(picture(None, path(GATEWAY, ACCESS, is_reached=False)))
    assert words[-1] == "Ends here"
    assert picture(None, None) == ""


def test_a_long_address_is_shortened_and_named_in_full() -> None:
    long = "2001:db8:1234:5678:9abc:def0:1234:5678"
    markup = picture(path(GATEWAY, long), None)
    assert "2 · …ef0:1234:5678" in texts(markup)
    assert f"<title>{long}</title>" in markup


def test_an_ended_route_is_kept_after_recovery() -> None:
    ended = path(GATEWAY, is_reached=False)
    routes: RouteHistory | None = None
    for at, observed in enumerate((GOOD, ended, GOOD)):
        routes = with_observation(routes, at, observed)
    assert routes is not None
    assert routes.ended == ObservedRoute(at_ns=1, path=ended)
    assert routes.before is not None
    assert routes.before.path == GOOD
