"""Corroboration: lookups and pages bear the loss of echoes out, refute it, or leave it open."""

import pytest

from tests.agent.judge.inventories import two_links
from thongsuot_agent.judge.keys import SeriesKey
from thongsuot_agent.judge.link_context import NS_PER_S, LinkContext, ns
from thongsuot_agent.judge.memory import LinkMemory, Memory, Track
from thongsuot_agent.judge.settings import Settings
from thongsuot_agent.judge.symptoms.corroboration import confirms, refutes
from thongsuot_schema.result import Family
from thongsuot_schema.segment import Segment

# As documented: the code's own figures would follow any change of them.
DECIDE_ANYWAY_S = 120.0


NOW_NS = 5_000 * NS_PER_S


def carried(kind: str, target: str, sent: int, lost: int) -> Track:
    track = Track(kind=kind, target=target, family=Family.IP4, answered_ns=NOW_NS - 1)
    track.carried_sent, track.carried_lost = sent, lost
    return track


def link_context(*tracks: Track) -> LinkContext:
    link = LinkMemory(name="fixed")
    for track in tracks:
        link.tracks[SeriesKey(track.kind, track.target, track.family)] = track
    memory = Memory(links={"fixed": link}, now_ns=NOW_NS)
    return LinkContext(memory, link, two_links().links["fixed"], Settings())


def said(at: LinkContext, ratio: float, *, age_s: float = 0.0) -> bool | None:
    return confirms(at, Segment.CARRIER, ratio, NOW_NS - ns(age_s))


@pytest.mark.parametrize(
    ("lookups", "pages", "ratio", "confirmed"),
    [
        ((100, 5), (0, 0), 0.1, True),
        ((400, 0), (0, 0), 0.1, False),
        ((20, 0), (0, 0), 0.1, None),
        ((40, 1), (0, 0), 0.1, None),
        ((40, 2), (0, 0), 0.1, True),
        ((0, 0), (400, 0), 0.1, False),
        ((60, 6), (900, 0), 0.1, True),
        ((60, 1), (900, 0), 0.1, False),
        ((50, 5), (110, 0), 0.1, True),
        ((50, 4), (110, 0), 0.1, True),
        ((50, 4), (300, 0), 0.1, None),
        ((45, 3), (300, 0), 0.1, None),
    ],
)
def test_a_loss_of_echoes_is_borne_out_by_lookups_alone_or_by_all_together(
    lookups: tuple[int, int], pages: tuple[int, int], ratio: float, confirmed: bool | None
) -> None:
    at = link_context(carried("dns", "zone", *lookups), carried("http", "motcua", *pages))
    assert said(at, ratio) is confirmed


@pytest.mark.parametrize(
    ("lookups", "pages", "ratio", "confirmed"),
    [
        # What a transfer of the site makes everything lose, while a carrier limits echoes.
        ((26, 2), (12, 0), 0.3, None),
        ((6, 0), (48, 4), 0.34, None),
        ((100, 3), (120, 2), 0.4, False),
        # As much as lookups lose where a line loses it, by direction (up, down, both).
        ((40, 10), (48, 8), 0.3, True),
        ((40, 10), (48, 2), 0.3, True),
        ((30, 11), (0, 0), 0.8, True),
        # Pages alone, on the way beyond the name servers.
        ((0, 0), (48, 8), 0.3, True),
        ((0, 0), (240, 4), 0.3, False),
        # Small losses are confirmed by small ones.
        ((100, 1), (120, 2), 0.03, True),
        ((100, 3), (120, 3), 0.03, True),
        ((100, 4), (120, 1), 0.06, True),
        ((200, 0), (300, 1), 0.06, False),
    ],
)
def test_lookups_and_pages_confirm_a_loss_only_in_proportion_to_the_echoes(
    lookups: tuple[int, int], pages: tuple[int, int], ratio: float, confirmed: bool | None
) -> None:
    at = link_context(carried("dns", "zone", *lookups), carried("http", "motcua", *pages))
    assert said(at, ratio) is confirmed


def test_a_loss_still_undecided_after_two_minutes_is_not_confirmed() -> None:
    at = link_context(carried("dns", "zone", 20, 0))
    assert said(at, 0.1, age_s=DECIDE_ANYWAY_S - 0.001) is None
    assert said(at, 0.1, age_s=DECIDE_ANYWAY_S) is False


def test_without_other_measurements_echoes_alone_prove_a_loss_up_to_the_carrier() -> None:
    at = link_context()
    assert said(at, 0.1) is True
    assert confirms(at, Segment.TRANSIT, 0.1, NOW_NS) is False
    page = carried("http", "motcua", 0, 0)
    at = link_context(page)
    long_ago_ns = NOW_NS - ns(DECIDE_ANYWAY_S)
    assert confirms(at, Segment.TRANSIT, 0.1, NOW_NS) is None
    assert confirms(at, Segment.TRANSIT, 0.1, long_ago_ns) is False
    page.failures = 1
    assert confirms(at, Segment.TRANSIT, 0.1, long_ago_ns) is True, "there a service has to fail"


@pytest.mark.parametrize(("silences", "confirmed"), [(0, None), (1, None), (3, True), (9, True)])
def test_lookups_that_stay_unanswered_bear_out_the_loss_of_a_lan(
    silences: int, confirmed: bool | None
) -> None:
    lookup = carried("dns", "resolver", 4, 0)
    lookup.silences = silences
    at = link_context(lookup)
    assert confirms(at, Segment.LAN, 0.5, NOW_NS) is confirmed
    assert confirms(at, Segment.ACCESS, 0.5, NOW_NS) is None, "only there"
    lookup.answered_ns = None
    assert confirms(at, Segment.LAN, 0.5, NOW_NS) is True, "who never answered is no witness"


@pytest.mark.parametrize(
    ("lookups", "pages", "ratio", "refuted"),
    [
        ((100, 0), (100, 0), 0.1, True),
        ((40, 0), (100, 0), 0.1, False),
        ((100, 5), (100, 0), 0.1, False),
        ((100, 0), (40, 8), 0.1, False),
        ((0, 0), (400, 0), 0.1, False),
        ((64, 1), (120, 3), 0.3, True),
        ((40, 10), (120, 3), 0.3, False),
    ],
)
def test_a_loss_is_refuted_by_lookups_that_lose_far_less_and_nothing_that_loses_as_much(
    lookups: tuple[int, int], pages: tuple[int, int], ratio: float, *, refuted: bool
) -> None:
    at = link_context(carried("dns", "zone", *lookups), carried("http", "motcua", *pages))
    assert refutes(at, Segment.CARRIER, ratio) is refuted
