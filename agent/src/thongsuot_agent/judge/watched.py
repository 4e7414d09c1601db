"""
Watched: a link over which the device can send nothing; its router reports the state of the port to
it.

An active port proves a connected device, not a working line: such a link is never ``up``, and its
time counts neither for nor against a carrier. An inactive port is a fault. With a session of its
own (PPP, a modem) the carrier's end is gone, otherwise a cable or the device behind it, which are
the site's.
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
"""Name prefixes of router ports that exist with a session only, and have no cable."""


def is_watched_only(at: LinkContext) -> bool:
    """Return whether the router's report is all that is known about a link."""
    return at.probes.link.via is Via.WATCHED


def judge_watched(at: LinkContext) -> tuple[VerdictChange, ...]:
    """Judge a link that is only watched; returns the verdict's change, if any."""
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
