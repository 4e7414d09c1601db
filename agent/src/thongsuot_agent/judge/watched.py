"""
Watched: a link over which the device can send nothing; its router tells how the port to it is.

That the port is up proves a plug with a box behind it, not a line that works: such a link is never
``up``, and its time counts for no carrier and against none. That the port is down is a fault. With
a session of its own (PPP, a modem) the carrier's end is gone, and otherwise a cable, or the box
behind it, which are the site's.
"""

import re

from thongsuot_agent.judge.diagnosis import Diagnosis
from thongsuot_agent.judge.link_context import LinkContext
from thongsuot_agent.judge.memory import FaultSlot
from thongsuot_agent.judge.symptoms.equipment import (
    explain_by_equipment,
    port_evidence,
    watched_port,
)
from thongsuot_agent.judge.symptoms.interface import SESSION_LOST
from thongsuot_agent.judge.symptoms.silence import GATEWAY_NO_UPLINK
from thongsuot_agent.judge.verdicts import issue_verdict, unknown_slot
from thongsuot_schema.inventory.fields import MOBILE_MEDIA
from thongsuot_schema.inventory.model import Link, Via
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom, VerdictChange

PORT_UP = Diagnosis(state=State.UNKNOWN, segment=None, symptom=Symptom.WATCHED_ONLY)

_SESSION = re.compile(r"ppp|wwan|lte|cell", re.IGNORECASE)
"""In a router's name of its port: what stands and falls with a session, and has no cable."""


def is_watched_only(at: LinkContext) -> bool:
    """Return whether all that is known of a link is what its router says."""
    return at.probes.link.via is Via.WATCHED


def judge_watched(at: LinkContext) -> tuple[VerdictChange, ...]:
    """Give a verdict on a link that is only watched; returns the change, if it is one."""
    known = at.link.equipment
    is_up = watched_port(known)
    if is_up is None:
        onset_ns = at.now_ns if known.port_ns is None else known.port_ns
        at.link.heard_ns = known.port_ns
        slot = unknown_slot(at.link, onset_ns)
    else:
        fault = PORT_UP if is_up else _port_down(at.probes.link)
        slot = FaultSlot(
            fault=fault, onset_ns=known.port_ns or at.now_ns, evidence=port_evidence(known)
        )
        if not is_up:
            slot = explain_by_equipment(at.link, slot)
    return issue_verdict(at.memory, at.link.name, "", slot)


def _port_down(link: Link) -> Diagnosis:
    has_session = link.medium in MOBILE_MEDIA or _SESSION.search(link.interface) is not None
    return SESSION_LOST if has_session else GATEWAY_NO_UPLINK
