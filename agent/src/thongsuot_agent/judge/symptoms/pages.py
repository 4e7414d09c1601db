"""
Pages: whether users notice a fault that echoes, or retransmitted segments, show.

Used for faults beyond the carrier, whose operators are only notified of faults that affect users.
"""

from thongsuot_agent.judge.diagnosis import Suspicion
from thongsuot_agent.judge.link_context import LinkContext
from thongsuot_agent.judge.loss_memory import QueuedPage
from thongsuot_agent.judge.memory import Track
from thongsuot_agent.judge.symptoms.families import dead_family_of
from thongsuot_agent.judge.symptoms.loss_location import is_plain
from thongsuot_agent.judge.symptoms.own_queue import is_queued_near
from thongsuot_agent.judge.symptoms.service_over_link import REQUEST
from thongsuot_agent.judge.tracks import PROMPT_KEPT
from thongsuot_schema.result import Family

SEGMENTS = 12
"""Segments of a web request without body: handshakes, request, response, closing."""
PAGE_QUICK_S = 1.0
"""A page that loads within a second causes no wait (Nielsen 1993), however far away it is."""
FELT_LEAST, FELT_RATIO, FELT_OF_BOTH_RATIO = 4, 0.2, 0.3
"""
Number of pages, and their share, that must fail or be slow for a loss to be noticeable; more with
two families, because browsers use the faster (RFC 8305): 9 % are slow in both. The test is repeated
with every page: with three, and 15 %, a loss that made one page in twenty slow counted as
noticeable by chance (2026-11, one of fifteen such losses).
"""
DROPPED_PAGES = 3
"""A queue drops one packet in a hundred: now and then a page is lost, but not so many in a row."""
_BOTH = (Family.IP4, Family.IP6)
_NEVER_QUEUED = QueuedPage(0, 0, 0)


def note_queue(at: LinkContext, page: Track) -> None:
    """Remember a page that came, or failed, while the line queued. Call it at each page."""
    if is_queued_near(at):
        at.link.loss_test.queued_pages[_name_of(page)] = QueuedPage(
            at.now_ns, page.failures, page.slow_runs
        )


def may_be_dropped(at: LinkContext, page: Track) -> bool:
    """
    Return whether what a page lost may be drops of a queue of the line.

    The line queues now, or it has done so since the page last failed (2026-12: one site in three
    blamed its carrier's name server for a portal that two lookups, lost in the queue of the site's
    own transfer within minutes, had made fail).
    """
    queued = at.link.loss_test.queued_pages.get(_name_of(page), _NEVER_QUEUED)
    is_of_queue = is_queued_near(at) or 0 < (page.failed_ns or 0) <= queued.at_ns
    return is_of_queue and page.failures < DROPPED_PAGES


def is_felt(at: LinkContext, since_ns: int) -> bool:
    """
    Return whether enough pages opened since a time failed or were slow.

    A fault beyond the carrier is reported to several parties, so it must affect users: TCP
    retransmits one segment in thirty and users do not notice. While the line queues, its pages are
    slow because of that (2026-12: echoes lost by another carrier became this one's fault when a
    large transfer of the site began), and they show nothing afterwards either (2026-12: two minutes
    after a transfer its slow pages bore out what a carrier's limit drops of echoes; over a metered
    line no other had been requested since). Nor do pages of a family that is reported dead show
    anything besides (2026-12: a core lost IPv6, and echoes from abroad were lost, which no page
    showed).
    """
    if is_queued_near(at):
        return False
    disturbed = pages = 0
    families: set[Family] = set()
    for track in at.link.tracks.values():
        if track.kind != REQUEST or track.family is dead_family_of(at.link):
            continue
        prompt_ns = track.prompt_ns
        queued = at.link.loss_test.queued_pages.get(_name_of(track), _NEVER_QUEUED)
        # If the prompt ones are not remembered that far back, the others do not count either.
        kept_ns = prompt_ns[0] if len(prompt_ns) == PROMPT_KEPT else 0
        from_ns = max(since_ns, queued.at_ns, kept_ns)
        starts = {ns for ns in (*track.episodes_ns, *track.slow_episodes_ns) if ns >= from_ns}
        # A series of them counts as one start, and without those of the time when the line queued.
        failures, slow_runs = track.failures, track.slow_runs
        if (track.failed_since_ns or 0) < queued.at_ns:
            failures -= queued.failures
        if (track.slow_since_ns or 0) < queued.at_ns:
            slow_runs -= queued.slow_runs
        count = len(starts) + max(0, failures - 1, slow_runs - 1)
        disturbed += count
        pages += count + sum(ns >= from_ns for ns in prompt_ns)
        families.add(track.family)
    ratio = FELT_RATIO if len(families) < len(_BOTH) else FELT_OF_BOTH_RATIO
    return disturbed >= max(FELT_LEAST, ratio * pages)


def is_felt_far_out(at: LinkContext, suspicion: Suspicion, onset_ns: int) -> bool:
    """
    Return whether pages show a loss beyond the carrier, or no page is watched there.

    Echoes alone do not prove it: when a tenth was lost on the way out and none on the way back,
    users noticed nothing, and two carriers were notified (2026-11). Pages are requested meanwhile
    (``carried_probes``), also over a metered link.
    """
    is_any_watched = any(point.is_service for point in at.probes.points.values())
    return is_felt(at, onset_ns) if is_any_watched else is_plain(suspicion)


def is_refuted_by_pages(at: LinkContext, onset_ns: int) -> bool:
    """
    Return whether all pages opened since echoes beyond the carrier became slow were fast.

    Then the watched services are not on that path: foreign routers are slow, and no user waits for
    them.
    """
    pages = [
        track
        for track in at.link.tracks.values()
        if track.value_s is not None
        and (track.value_ns or 0) >= onset_ns
        and (point := at.probes.point_of(track)) is not None
        and point.is_service
    ]
    return bool(pages) and all(
        (page.value_s or 0.0) < PAGE_QUICK_S
        or (page.value_s or 0.0) - (page.usual_s or 0.0) < at.settings.slow_excess_s
        for page in pages
    )


def _name_of(page: Track) -> str:
    return f"{page.target} {page.family}"
