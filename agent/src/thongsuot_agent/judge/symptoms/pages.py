"""
Pages: whether somebody who opens them notices what echoes, or segments sent again, show.

Asked of what lies beyond the carrier, whose operators are told of nothing that keeps nobody from
anything.
"""

from thongsuot_agent.judge.link_context import LinkContext
from thongsuot_agent.judge.symptoms.service_over_link import REQUEST

SEGMENTS = 12
"""Segments of a web request without body: handshakes, request, answer, closing."""
PAGE_QUICK_S = 1.0
"""A page that is there within a second keeps nobody waiting (Nielsen 1993), however far it came."""
FELT_LEAST, FELT_RATIO = 3, 0.1
"""So many pages, and such a share of all, have to fail or come slowly for a loss to be felt."""


def is_felt(at: LinkContext, since_ns: int) -> bool:
    """
    Return whether pages that were opened since a moment failed or were slow, some of them.

    What lies beyond the carrier is told to several, so that it has to keep somebody from something:
    TCP sends again one segment in thirty and nobody notices.
    """
    disturbed = 0
    pages = 0.0
    for track in at.link.tracks.values():
        if track.kind == REQUEST:
            starts = (*track.episodes_ns, *track.slow_episodes_ns)
            disturbed += sum(start_ns >= since_ns for start_ns in starts)
            # A row of them is one start.
            disturbed += max(0, track.failures - 1) + max(0, track.slow_runs - 1)
            pages += track.carried_sent / SEGMENTS
    return disturbed >= max(FELT_LEAST, FELT_RATIO * pages)


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
