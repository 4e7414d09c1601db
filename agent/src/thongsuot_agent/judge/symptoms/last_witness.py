"""Last witness: what another line has shown of a portal's failure remains known when it dies."""

from collections.abc import Sequence

from thongsuot_agent.judge.diagnosis import Suspicion
from thongsuot_agent.judge.memory import FaultSlot
from thongsuot_agent.judge.symptoms.attribution import RELATION
from thongsuot_agent.judge.symptoms.service_over_link import ServiceOverLink
from thongsuot_agent.judge.symptoms.services import SLOW_OVER_LINK
from thongsuot_agent.judge.witnesses import are_independent

_OF_ONE_LINE = frozenset({RELATION, SLOW_OVER_LINK})


def is_still_of_one_line(
    held: FaultSlot,
    suspicion: Suspicion | None,
    here: ServiceOverLink,
    elsewhere: Sequence[ServiceOverLink],
) -> bool:
    """
    Return whether a failure that only one line had is still the same, and no other line is left to
    show otherwise.

    When the other line dies, nothing is learned about the portal (2026-12: a core reset every TLS
    connection, and when a site's other line died, over which the portals worked, all of them were
    named). A failure that begins after that is judged as over a single line.
    """
    return (
        held.fault in _OF_ONE_LINE
        and suspicion is not None
        and suspicion.onset_ns <= held.onset_ns
        and not any(are_independent(here.entry, other.entry) for other in elsewhere)
    )
