"""
Identity: whether the box at the end of a link is the one that was there before.

A site has to be itself before it accuses. Where another box answers as the gateway (a rogue DHCP
server, a device that was moved, a box that somebody has swapped), what fails from then on says
nothing of the circuit that the inventory names.
"""

from thongsuot_agent.judge.diagnosis import Diagnosis
from thongsuot_agent.judge.link_context import ns
from thongsuot_agent.judge.memory import FaultSlot, LinkMemory
from thongsuot_agent.judge.site_probes import RANK
from thongsuot_schema.result import Finding
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom

GATEWAY_REPLACED = Diagnosis(state=State.UNKNOWN, segment=None, symptom=Symptom.GATEWAY_REPLACED)
HARDWARE = "gateway_hardware"
"""Evidence of the host probe: the link-layer address of the gateway that answers."""
ACCEPTED_S = 3600.0
"""A box that has been there for so long was put there: its circuit is named again."""


def note_gateway(link: LinkMemory, finding: Finding, started_ns: int) -> None:
    """Take in which box answers as the gateway, by one ``host`` run."""
    hardware, known = finding.evidence.get(HARDWARE, ""), link.gateway
    if not hardware:
        return
    if hardware != known.strange and known.usual not in {"", hardware}:
        known.strange, known.strange_ns = hardware, started_ns
    is_accepted = hardware == known.strange and started_ns - known.strange_ns >= ns(ACCEPTED_S)
    if known.usual in {"", hardware} or is_accepted:
        known.usual, known.usual_ns, known.strange = hardware, started_ns, ""


def without_a_name(link: LinkMemory, slot: FaultSlot) -> FaultSlot:
    """
    Return a fault of a link as it may be told: beyond a box that is not the known one, of nobody.

    What began while the known one was heard stays whose it is.
    """
    fault, known = slot.fault, link.gateway
    if fault is None or fault.segment is None or RANK[fault.segment] <= RANK[Segment.LAN]:
        return slot
    if not known.strange or slot.onset_ns < known.usual_ns:
        return slot
    return FaultSlot(fault=GATEWAY_REPLACED, onset_ns=slot.onset_ns, evidence=slot.evidence)
