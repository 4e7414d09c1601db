"""How many pages must fail or be slow before users notice."""

import pytest

from tests.agent.judge.inventories import two_links
from tests.agent.judge.link_cases import fault
from thongsuot_agent.judge.keys import SeriesKey
from thongsuot_agent.judge.link_context import NS_PER_S, LinkContext
from thongsuot_agent.judge.memory import LinkMemory, Memory, Track, Traffic
from thongsuot_agent.judge.settings import Settings
from thongsuot_agent.judge.symptoms.pages import (
    is_felt,
    is_refuted_by_pages,
    may_be_dropped,
    note_queue,
)
from thongsuot_schema.result import Family
from thongsuot_schema.segment import Segment
from thongsuot_schema.verdict import Symptom

# As documented: the code's own figures would follow any change of them.
PAGE_QUICK_S = 1.0
PROMPT_KEPT = 16


NOW_NS = 5_000 * NS_PER_S


def page_track(
    target: str = "motcua",
    *,
    failed: int = 0,
    slow: int = 0,
    prompt: int = 0,
    family: Family = Family.IP4,
) -> Track:
    """Return a service whose pages began one after the other at 100, 101 and so on."""
    track = Track(kind="http", target=target, family=family)
    track.episodes_ns = list(range(100, 100 + failed))
    track.slow_episodes_ns = list(range(200, 200 + slow))
    track.prompt_ns = list(range(300, 300 + prompt))
    return track


def link_context(*tracks: Track) -> LinkContext:
    link = LinkMemory(name="fixed")
    for track in tracks:
        link.tracks[SeriesKey(track.kind, track.target, track.family)] = track
    memory = Memory(links={"fixed": link}, now_ns=NOW_NS)
    return LinkContext(memory, link, two_links().links["fixed"], Settings())


@pytest.mark.parametrize(
    ("failed", "slow", "prompt", "felt"),
    [
        (4, 0, 0, True),
        (3, 0, 0, False),
        (2, 2, 0, True),
        (2, 1, 0, False),
        (4, 0, 15, True),
        (3, 0, 12, False),
    ],
)
def test_four_pages_that_fail_or_come_slowly_are_felt(
    failed: int, slow: int, prompt: int, *, felt: bool
) -> None:
    at = link_context(page_track(failed=failed, slow=slow, prompt=prompt))
    assert is_felt(at, 100) is felt


@pytest.mark.parametrize(
    ("family", "prompt", "felt"),
    [
        (Family.IP4, 16, True),
        (Family.IP4, 17, False),
        (Family.IP6, 9, True),
        (Family.IP6, 10, False),
    ],
)
def test_a_fifth_of_the_pages_must_be_disturbed_or_three_tenths_with_two_families(
    family: Family, prompt: int, *, felt: bool
) -> None:
    disturbed = page_track(failed=4)
    first = prompt // 2
    others = [
        page_track("dichvucong", prompt=first, family=family),
        page_track("portal", prompt=prompt - first, family=family),
    ]
    assert is_felt(link_context(disturbed, *others), 100) is felt


def test_only_pages_and_only_since_the_given_moment_count_as_disturbed() -> None:
    at = link_context(page_track(failed=4))
    assert is_felt(at, 100)
    assert not is_felt(at, 101)
    echoes = page_track(failed=4)
    echoes.kind = "icmp"
    assert not is_felt(link_context(echoes), 100)


def test_each_failure_and_each_slow_page_counts_and_each_moment_once() -> None:
    track = page_track(failed=1)
    track.failures = 4
    assert is_felt(link_context(track), 100)
    track.failures = 3
    assert not is_felt(link_context(track), 100)
    track.failures, track.slow_runs = 0, 4
    assert is_felt(link_context(track), 100)
    track = page_track(failed=3)
    track.slow_episodes_ns = [100, 101]
    assert not is_felt(link_context(track), 100)


def test_disturbed_pages_older_than_the_remembered_prompt_ones_do_not_count() -> None:
    track = page_track(failed=4, prompt=PROMPT_KEPT - 1)
    track.prompt_ns = [*range(103, 103 + PROMPT_KEPT - 1)]
    assert is_felt(link_context(track), 100)
    track.prompt_ns = [*range(103, 103 + PROMPT_KEPT)]
    assert not is_felt(link_context(track), 100), "only one of the four is as new as these"


def test_pages_of_a_dead_family_do_not_count_as_disturbed() -> None:
    at = link_context(page_track(failed=9, family=Family.IP6), page_track(failed=3))
    assert is_felt(at, 100)
    at.link.silence.fault = fault(Symptom.IPV6_DOWN, Segment.CARRIER)
    assert not is_felt(at, 100)
    at.link.tracks[SeriesKey("http", "motcua", Family.IP4)].episodes_ns.append(110)
    assert is_felt(at, 100), "the other family's do"


def test_while_the_line_queues_nothing_is_felt() -> None:
    at = link_context(page_track(failed=9))
    at.link.traffic = Traffic(read_ns=NOW_NS, down_bits_per_second=5e6, down_peak=5e6)
    assert not is_felt(at, 100)


def test_pages_disturbed_during_a_queue_do_not_count_afterwards_either() -> None:
    """Two minutes after a transfer, over a metered line without a page since (day 7305:3)."""
    track = page_track(failed=3, slow=3)
    track.failures, track.failed_since_ns = 5, 105
    at = link_context(track)
    assert is_felt(at, 100)
    note_queue(at, track)
    assert is_felt(at, 100), "the line does not queue"
    at.link.traffic = Traffic(read_ns=NOW_NS, down_bits_per_second=5e6, down_peak=5e6)
    note_queue(at, track)
    at.link.traffic = Traffic()
    assert not is_felt(at, 100)
    track.failures += 4
    assert not is_felt(at, 100)
    track.failures += 1
    assert is_felt(at, 100), "those that have failed since"
    track.failures, track.slow_runs, track.slow_since_ns = 0, 5, NOW_NS + 1
    assert is_felt(at, 100), "a row that began since"
    track.slow_since_ns, track.slow_runs = 105, 5
    note_queue_of_slow(at, track)
    assert not is_felt(at, 100)


def note_queue_of_slow(at: LinkContext, track: Track) -> None:
    at.link.traffic = Traffic(read_ns=NOW_NS, down_bits_per_second=5e6, down_peak=5e6)
    note_queue(at, track)
    at.link.traffic = Traffic()


def test_a_queue_now_or_at_its_last_failure_may_have_dropped_a_page() -> None:
    page = page_track()
    page.failures, page.failed_ns = 1, NOW_NS - 10
    at = link_context(page)
    assert not may_be_dropped(at, page)
    at.link.traffic = Traffic(read_ns=NOW_NS, down_bits_per_second=5e6, down_peak=5e6)
    assert may_be_dropped(at, page)
    note_queue(at, page)
    at.link.traffic = Traffic()
    assert may_be_dropped(at, page), "it queued afterwards, and no page has failed since"
    page.failures = 3
    assert not may_be_dropped(at, page), "so many in a row"
    page.failures, page.failed_ns = 1, NOW_NS + 1
    assert not may_be_dropped(at, page), "it has failed since"
    assert not may_be_dropped(at, page_track("dichvucong")), "it never failed"


def test_a_page_disturbed_in_a_queue_leaves_other_pages_counted() -> None:
    queued, other = page_track("dichvucong"), page_track(failed=4)
    at = link_context(queued, other)
    at.link.traffic = Traffic(read_ns=NOW_NS, down_bits_per_second=5e6, down_peak=5e6)
    note_queue(at, queued)
    at.link.traffic = Traffic()
    assert is_felt(at, 100)


@pytest.mark.parametrize(
    ("value_s", "usual_s", "is_refuted"),
    [
        (PAGE_QUICK_S - 0.001, 0.1, True),
        (PAGE_QUICK_S, 0.1, False),
        (2.0, 1.875, True),
        (2.0, 1.75, False),
        (2.0, None, False),
    ],
)
def test_slow_echoes_are_refuted_by_pages_that_were_quick_or_as_usual(
    value_s: float, usual_s: float | None, *, is_refuted: bool
) -> None:
    track = page_track()
    track.value_s, track.usual_s, track.value_ns = value_s, usual_s, 500
    assert is_refuted_by_pages(link_context(track), 500) is is_refuted
    assert not is_refuted_by_pages(link_context(track), 501), "it was opened before"
    track.target = "zone"
    assert not is_refuted_by_pages(link_context(track), 500), "that is no service"
    assert not is_refuted_by_pages(link_context(), 500)


def test_one_slow_page_keeps_slow_echoes_from_being_refuted() -> None:
    quick, slow = page_track(), page_track("dichvucong")
    quick.value_s, quick.value_ns = 0.2, 500
    slow.value_s, slow.value_ns = 3.0, 500
    assert not is_refuted_by_pages(link_context(quick, slow), 400)
