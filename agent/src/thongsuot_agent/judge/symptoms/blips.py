"""
Blips: a line that is dead for a second, repeatedly.

The sequential test (``loss``) counts a blip as one loss, because a single one is not a loss ratio;
the more echoes are sent, the less it weighs. So a line that was dead for a second of every ten was
never reported as lossy (2026-11); blips are therefore counted separately.
"""

from thongsuot_agent.judge.link_context import NS_PER_S, LinkContext, ns
from thongsuot_agent.judge.memory import LinkMemory, Track
from thongsuot_agent.judge.tracks import ECHO
from thongsuot_schema.result import Family

BLIPS, BLIPS_S = 4, 120.0
"""This many blips in this time are a fault of the line; a healthy line has two a day."""
BLIP_NS, BLIPS_APART_NS = NS_PER_S, 3 * NS_PER_S
"""Echoes lost this close together belong to one blip; later ones to another."""


def note_blip(at: LinkContext, track: Track, lost_ns: int) -> None:
    """
    Record a time at which two targets lost echoes simultaneously: a blip of the line, of any
    length.
    """
    if track.family is not _family_of_blips(at.link):
        return
    loss = at.link.loss_test
    is_blip = track.target != loss.lost_target and abs(lost_ns - loss.lost_ns) <= BLIP_NS
    loss.lost_target, loss.lost_ns = track.target, lost_ns
    if is_blip and (not loss.blips_ns or lost_ns - loss.blips_ns[-1] >= BLIPS_APART_NS):
        loss.blips_ns = [*loss.blips_ns[1 - BLIPS :], lost_ns]


def _family_of_blips(link: LinkMemory) -> Family:
    """
    Return the family whose echoes show blips of a line: IPv4, if available.

    Both families are probed at the same times, and blips of IPv6 alone are not the line's: browsers
    have IPv4 (2026-11: those of a core were reported to its carrier as loss of a line).
    """
    is_any = any(t.kind == ECHO and t.family is Family.IP4 for t in link.tracks.values())
    return Family.IP4 if is_any else Family.IP6


def is_blipping(at: LinkContext) -> bool:
    """Return whether a line has repeated blips."""
    blips_ns = at.link.loss_test.blips_ns
    return len(blips_ns) == BLIPS and at.now_ns - blips_ns[0] <= ns(BLIPS_S)
