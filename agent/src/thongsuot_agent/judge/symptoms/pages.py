"""
Pages: whether somebody who opens them notices what echoes, or segments sent again, show.

Asked of what lies beyond the carrier, whose operators are told of nothing that keeps nobody from
anything.
"""

from thongsuot_agent.judge.link_context import LinkContext
from thongsuot_agent.judge.symptoms.own_queue import is_queued_near
from thongsuot_agent.judge.symptoms.service_over_link import REQUEST
from thongsuot_agent.judge.tracks import PROMPT_KEPT
from thongsuot_schema.result import Family

SEGMENTS = 12
"""Segments of a web request without body: handshakes, request, answer, closing."""
PAGE_QUICK_S = 1.0
"""A page that is there within a second keeps nobody waiting (Nielsen 1993), however far it came."""
FELT_LEAST, FELT_RATIO, FELT_OF_BOTH_RATIO = 4, 0.2, 0.3
"""
So many pages, and such a share of all, have to fail or come slowly for a loss to be felt; more
where there are two families, since browsers take the quicker (RFC 8305): 9 % are slow in both. It
is asked again with every page: with three, and 15 %, a loss that made one page in twenty slow was
called felt by chance (2026-11, one of fifteen such losses).
"""
_BOTH = (Family.IP4, Family.IP6)


def is_felt(at: LinkContext, since_ns: int) -> bool:
    """
    Return whether pages that were opened since a moment failed or were slow, some of them.

    What lies beyond the carrier is told to several, so that it has to keep somebody from something:
    TCP sends again one segment in thirty and nobody notices. While the line queues its pages are
    slow for that (2026-12: echoes that another carrier lost became this one's fault when a big
    transfer of the site began).
    """
    if is_queued_near(at):
        return False
    disturbed = pages = 0
    families: set[Family] = set()
    for track in at.link.tracks.values():
        if track.kind != REQUEST:
            continue
        prompt_ns = track.prompt_ns
        # What is not remembered of the prompt ones is not counted of the others either.
        from_ns = max(since_ns, prompt_ns[0] if len(prompt_ns) == PROMPT_KEPT else 0)
        starts = {ns for ns in (*track.episodes_ns, *track.slow_episodes_ns) if ns >= from_ns}
        # A row of them is one start.
        count = len(starts) + max(0, track.failures - 1, track.slow_runs - 1)
        disturbed += count
        pages += count + sum(ns >= from_ns for ns in prompt_ns)
        families.add(track.family)
    ratio = FELT_RATIO if len(families) < len(_BOTH) else FELT_OF_BOTH_RATIO
    return disturbed >= max(FELT_LEAST, ratio * pages)


def is_refuted_by_pages(at: LinkContext, onset_ns: int) -> bool:
    """
    Return whether all pages that were opened since echoes are slow beyond the carrier were quick.

    Then what is watched does not lie that way: routers abroad are slow, and nobody waits for them.
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
