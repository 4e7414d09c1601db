"""A carrier's NAT64 is told from the portals behind it, by more than one of them."""

import pytest

from tests.agent.judge.inventories import two_links
from thongsuot_agent.judge.diagnosis import Diagnosis
from thongsuot_agent.judge.keys import SeriesKey
from thongsuot_agent.judge.link_context import NS_PER_S, LinkContext
from thongsuot_agent.judge.memory import LinkMemory, Memory, Track
from thongsuot_agent.judge.settings import Settings
from thongsuot_agent.judge.symptoms.attribution import attribute_failure
from thongsuot_agent.judge.symptoms.failure_modes import Health
from thongsuot_agent.judge.symptoms.service_over_link import ServiceOverLink
from thongsuot_agent.judge.symptoms.translated import TRANSLATOR_DOWN, translator_fault
from thongsuot_agent.judge.verdicts import UNKNOWN
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family
from thongsuot_schema.segment import Segment

NOW_NS = 1_000 * NS_PER_S
SILENT, REFUSED, OPEN = Reason.TIMED_OUT, Reason.CONNECTION_REFUSED, None
BEHIND, DIRECT = True, False

Page = tuple[Reason | None, bool]
"""How a page fails (``None``: it opens), and whether it stands behind the translator."""


def told(*pages: Page) -> Diagnosis:
    """Return what is told of the first page, on a site's only line."""
    link = LinkMemory(name="fixed")
    tracks = []
    for name, (reason, is_translated) in zip(("motcua", "thue", "dichvucong"), pages, strict=False):
        track = Track(
            kind="http", target=name, family=Family.IP6, is_translated=is_translated, reason=reason
        )
        if reason is None:
            track.worked_since_ns, track.worked_ns = 0, NOW_NS
            track.answered_ns, track.successes = NOW_NS, 5
        else:
            track.failed_since_ns, track.failed_ns = NOW_NS - NS_PER_S, NOW_NS
            track.failures = 3
        link.tracks[SeriesKey("http", name, Family.IP6)] = track
        tracks.append(track)
    at = LinkContext(
        Memory(links={"fixed": link}, now_ns=NOW_NS), link, two_links().links["fixed"], Settings()
    )
    here = ServiceOverLink(link, {Family.IP6: Health.BAD}, {Family.IP6: tracks[0]})
    return attribute_failure(at, here, tracks[0], ())


def test_all_pages_behind_the_translator_silent_beside_one_with_ipv6_are_the_carriers() -> None:
    fault = told((SILENT, BEHIND), (SILENT, BEHIND), (OPEN, DIRECT))
    assert fault == TRANSLATOR_DOWN
    assert fault.segment is Segment.CARRIER


@pytest.mark.parametrize(
    "pages",
    [
        ((SILENT, BEHIND), (OPEN, DIRECT)),
        ((SILENT, BEHIND), (SILENT, DIRECT)),
        ((SILENT, BEHIND), (SILENT, BEHIND)),
    ],
    ids=["one page alone", "one with IPv6 is silent too", "nothing else is measured"],
)
def test_nobody_is_named_where_page_and_translator_cannot_be_told_apart(
    pages: tuple[Page, ...],
) -> None:
    assert told(*pages) == UNKNOWN


def test_a_page_that_is_silent_beside_another_behind_the_translator_is_no_translators() -> None:
    assert told((SILENT, BEHIND), (OPEN, BEHIND), (OPEN, DIRECT)) != TRANSLATOR_DOWN


def test_a_page_that_refuses_has_been_reached_by_the_translator() -> None:
    assert told((REFUSED, BEHIND), (REFUSED, BEHIND), (OPEN, DIRECT)) != TRANSLATOR_DOWN


@pytest.mark.parametrize(
    ("worked_ns", "failures", "is_in_doubt"),
    [
        (NOW_NS - NS_PER_S, 0, False),
        (NOW_NS - NS_PER_S - 1, 0, True),
        (NOW_NS, 1, True),
        (None, 0, True),
    ],
    ids=["since", "before", "fails again", "never"],
)
def test_the_translator_plays_no_part_where_another_page_behind_it_has_opened_since(
    worked_ns: int | None, failures: int, *, is_in_doubt: bool
) -> None:
    failing = Track(kind="http", target="motcua", family=Family.IP6, is_translated=True)
    failing.reason, failing.failures, failing.failed_since_ns = SILENT, 3, NOW_NS - NS_PER_S
    other = Track(kind="http", target="thue", family=Family.IP6, is_translated=True)
    other.worked_ns, other.failures, other.reason = worked_ns, failures, REFUSED
    link = LinkMemory(name="fixed")
    for track in (failing, other):
        link.tracks[SeriesKey("http", track.target, Family.IP6)] = track
    memory = Memory(links={"fixed": link}, now_ns=NOW_NS)
    at = LinkContext(memory, link, two_links().links["fixed"], Settings())
    assert translator_fault(at, failing) == (UNKNOWN if is_in_doubt else None)
    failing.failed_since_ns = None
    expected = None if worked_ns == NOW_NS and not failures else UNKNOWN
    assert translator_fault(at, failing) == expected, "it began to fail just now"


@pytest.mark.parametrize(("silent_s", "is_good"), [(1, True), (2, False)])
def test_the_line_is_good_by_a_page_before_the_translator_that_opened_since(
    silent_s: int, *, is_good: bool
) -> None:
    link = LinkMemory(name="fixed")
    for name in ("motcua", "thue"):
        track = Track(kind="http", target=name, family=Family.IP6, is_translated=True)
        track.reason, track.failures, track.failed_since_ns = SILENT, 3, NOW_NS - NS_PER_S
        link.tracks[SeriesKey("http", name, Family.IP6)] = track
    direct = Track(kind="http", target="dichvucong", family=Family.IP6)
    direct.worked_ns = NOW_NS - silent_s * NS_PER_S
    link.tracks[SeriesKey("http", "dichvucong", Family.IP6)] = direct
    memory = Memory(links={"fixed": link}, now_ns=NOW_NS)
    at = LinkContext(memory, link, two_links().links["fixed"], Settings())
    failing = link.tracks[SeriesKey("http", "motcua", Family.IP6)]
    assert (translator_fault(at, failing) == TRANSLATOR_DOWN) is is_good
