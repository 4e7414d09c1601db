"""
Service reopening: when a service that was compared is compared again, although it fails as before.

A comparison can close without saying whose a failure is: an answer over a metered link did not come
in time, another portal had not been asked, a name server may remember what is gone. The next run
that could tell more opens it again, sooner at first and then ever more seldom.
"""

from thongsuot_agent.judge.link_context import LinkContext, ns
from thongsuot_agent.judge.memory import Memory, ServiceMemory, Track
from thongsuot_agent.judge.symptoms.attribution import RELATION, is_undecided
from thongsuot_agent.judge.symptoms.missing_names import is_missing_for_long
from thongsuot_agent.judge.symptoms.service_over_link import SLOW_RUNS, ServiceOverLink

FIRST_WAIT_S, LONGEST_WAIT_S = 30.0, 900.0
"""
An undecided comparison is opened again after so long, then after twice as long each time. Left to a
change it was not at all: a portal that refused stayed unknown for as long as it was dead, where the
second line is metered and asks once an hour (2026-12). Over such a line each page costs.
"""


def is_taken_up(
    at: LinkContext, service: ServiceMemory, track: Track, now: ServiceOverLink
) -> bool:
    """Return whether a run opens a comparison anew, although ``now`` is what was judged before."""
    slot = service.slots.get(at.link.name)
    if now.is_doubtful and track.failures == 1:
        return True
    if slot is None:
        return False
    if slot.fault is None:
        # A slow page is looked into at once, like one that fails: at one run a minute, three slow
        # ones in a row would take longer than most slow spells last.
        return track.slow_runs % SLOW_RUNS == 1
    if slot.fault == RELATION:
        # Of a name that one link alone lacks, time says whose fault it is.
        return is_missing_for_long(at, track)
    return track.failures > 0 and is_undecided(slot.fault) and at.now_ns >= service.reopened_ns


def note_outcome(memory: Memory, service: ServiceMemory) -> None:
    """
    Count the comparisons in a row that did not say whose a failure is, and set when the next is
    due.
    """
    if not any(is_undecided(slot.fault) for slot in service.slots.values()):
        service.undecided = 0
        return
    wait_s = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2.0**service.undecided)
    service.reopened_ns = memory.now_ns + ns(wait_s)
    service.undecided += 1
