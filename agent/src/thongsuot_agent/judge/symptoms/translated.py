"""
Translated services: IPv4-only services over an IPv6-only line.

The carrier's NAT64 is between the line and such a portal. If one portal is silent, either may be at
fault; if all are, while portals with IPv6 answer over the same line, the translator is.
"""

from thongsuot_agent.judge.diagnosis import Diagnosis
from thongsuot_agent.judge.link_context import LinkContext
from thongsuot_agent.judge.memory import Track
from thongsuot_agent.judge.symptoms.service_over_link import REQUEST
from thongsuot_agent.judge.tracks import SILENT_REASONS
from thongsuot_agent.judge.verdicts import UNKNOWN
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom

TRANSLATOR_DOWN = Diagnosis(state=State.DOWN, segment=Segment.CARRIER, symptom=Symptom.IPV4_DOWN)
WITNESSES = 2
"""Number of silent portals required: a single one may be dead itself."""


def may_be_translators(track: Track) -> bool:
    """Return whether a page is silent behind the translator, or because of it."""
    return track.is_translated and track.reason in SILENT_REASONS


def translator_fault(at: LinkContext, failing: Track) -> Diagnosis | None:
    """
    Return the fault of a portal behind the translator; ``None`` if the translator is not involved:
    the portal is not behind it, or another portal behind it answers.
    """
    if not may_be_translators(failing):
        return None
    since_ns = failing.failed_since_ns or at.now_ns
    pages = [track for track in at.link.tracks.values() if track.kind == REQUEST]
    behind = [track for track in pages if track.is_translated]
    if any(not track.failures and (track.worked_ns or 0) >= since_ns for track in behind):
        return None
    silent = {track.target for track in behind if track.failures and track.reason in SILENT_REASONS}
    is_line_good = any(
        not track.is_translated and not track.failures and (track.worked_ns or 0) >= since_ns
        for track in pages
    )
    return TRANSLATOR_DOWN if len(silent) >= WITNESSES and is_line_good else UNKNOWN
