"""
Service reopening: when a comparison of a service is repeated although it fails as before.

A comparison can close without attributing the failure: an answer over a metered link was late,
another portal had not been probed, a name server may have cached an old answer. The next run with
more information opens it again, soon at first and then with growing intervals.
"""

from thongsuot_agent.judge.link_context import LinkContext, ns
from thongsuot_agent.judge.memory import Memory, ServiceMemory, Track
from thongsuot_agent.judge.symptoms.attribution import RELATION, is_undecided
from thongsuot_agent.judge.symptoms.missing_names import is_missing_for_long
from thongsuot_agent.judge.symptoms.service_over_link import SLOW_RUNS, ServiceOverLink

FIRST_WAIT_S, LONGEST_WAIT_S = 30.0, 900.0
"""
An undecided comparison is opened again after this time, then after twice as long each time. If it
depended on a change, it was never repeated: a portal that refused remained unknown while it was
dead, if the second line was metered and probed once an hour (2026-12). Over such a line each page
costs data.
"""


def is_taken_up(
    at: LinkContext, service: ServiceMemory, track: Track, now: ServiceOverLink
) -> bool:
    """Return whether a run opens a new comparison, although ``now`` has been judged before."""
    slot = service.slots.get(at.link.name)
    if now.is_doubtful and track.failures == 1:
        return True
    if slot is None:
        return False
    if slot.fault is None:
        # A slow page is examined at once, like a failed one: at one run per minute, three slow ones
        # in a row would take longer than most slow spells last.
        return track.slow_runs % SLOW_RUNS == 1
    if slot.fault == RELATION:
        # If only one link does not resolve a name, time decides whose fault it is.
        return is_missing_for_long(at, track)
    return track.failures > 0 and is_undecided(slot.fault) and at.now_ns >= service.reopened_ns


def note_outcome(memory: Memory, service: ServiceMemory) -> None:
    """
    Count consecutive comparisons that did not attribute the failure, and set the time of the next.
    """
    if not any(is_undecided(slot.fault) for slot in service.slots.values()):
        service.undecided = 0
        return
    wait_s = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2.0**service.undecided)
    service.reopened_ns = memory.now_ns + ns(wait_s)
    service.undecided += 1
