"""A carrier's resolver answers every name with an address that is not its own."""

from thongsuot_lab.errors import TopologyError
from thongsuot_lab.fault_scope import FaultScope
from thongsuot_schema.segment import Segment

SEGMENT = Segment.CARRIER
# The second pair leads nowhere: a device that is sent there gets no answer.
FORGED = {
    "loopback": ["127.0.0.1", "::1"],
    "captive": ["192.0.2.250", "2001:db8:ffff::250"],
}


def apply(scope: FaultScope, *, carrier: str, how: str = "loopback") -> None:
    """Forge answers: ``loopback`` like a blocked name, ``captive`` like a captive portal."""
    if how not in FORGED:
        raise TopologyError(f"a resolver forges answers by {' or '.join(FORGED)}, not {how!r}")
    resolver = scope.topology.carrier(carrier).resolver
    scope.behave(resolver, answer="forged", addresses=FORGED[how])
