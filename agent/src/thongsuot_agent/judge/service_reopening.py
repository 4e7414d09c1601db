"""
Service reopening: when a comparison of a service is repeated although it fails as before.

A comparison can close without attributing the failure: an answer over a metered link was late,
another portal had not been probed, a name server may have cached an old answer. The next run with
more information opens it again, soon at first and then with growing intervals. A failure that is
attributed is compared again if only metered links are left, over which the schedule asks rarely.
"""

from collections.abc import Sequence

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
LOOKS = 5
"""
Comparisons of a failure over metered links alone, the last 930 s after the first: the schedule,
which asks every ten minutes while the site works over such a link, shows the end of longer ones.
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


def note_outcome(memory: Memory, service: ServiceMemory, over: Sequence[LinkContext]) -> None:
    """
    Count consecutive comparisons of a service that fails, and those that did not attribute the
    failure; set the time of the next.
    """
    service.looks = service.looks + 1 if _is_failing_unseen(service, over) else 0
    service.look_ns = memory.now_ns + ns(FIRST_WAIT_S * 2.0 ** max(0, service.looks - 1))
    if not any(is_undecided(slot.fault) for slot in service.slots.values()):
        service.undecided = 0
        return
    wait_s = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2.0**service.undecided)
    service.reopened_ns = memory.now_ns + ns(wait_s)
    service.undecided += 1


def is_look_due(memory: Memory, service: ServiceMemory, over: Sequence[LinkContext]) -> bool:
    """
    Return whether a service that fails is requested again, because nothing else would show that it
    works.

    Over a metered link the schedule asks once an hour, or every ten minutes while it carries the
    site, and a verdict of before stood for so long (2026-12: a portal had worked again for a minute
    and a half everywhere, and was reported for the one site whose other line was dead).
    """
    is_unseen = service.comparison is None and _is_failing_unseen(service, over)
    return is_unseen and service.looks <= LOOKS and memory.now_ns >= service.look_ns


def _is_failing_unseen(service: ServiceMemory, over: Sequence[LinkContext]) -> bool:
    """Return whether a service fails, and is only measured over metered links."""
    slots = [service.slots.get(at.link.name) for at in over if at.probes.is_metered]
    is_failing = any(slot is not None and slot.fault is not None for slot in slots)
    return is_failing and len(slots) == len(over)
