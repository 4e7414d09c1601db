"""
Many devices stopped reporting together: an area without electricity, or the centre's own network.

No commune has to check its power while the centre itself may be cut off.
"""

from collections.abc import Sequence

from thongsuot_collector.incidents.cluster import FaultCluster, find_clusters, min_cluster_size
from thongsuot_collector.incidents.fault import Fault
from thongsuot_collector.incidents.network_state import NetworkState
from thongsuot_collector.incidents.party import CITY, Severity
from thongsuot_collector.incidents.rule import Candidate, GroupRule, RuleSentences
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom
from thongsuot_schema.words.language import Text


def group_key(fault: Fault, _network: NetworkState) -> str | None:
    """Group the silences of all devices."""
    return "devices" if fault.subject.is_device else None


def assess(_key: str, faults: Sequence[Fault], network: NetworkState) -> list[Candidate]:
    """Return the periods in which more devices fell silent together than chance explains."""
    counted = [fault for fault in faults if not network.is_excused(fault)]
    total = network.device_count()
    least = min_cluster_size(total, network.settings)
    clusters = find_clusters(counted, network.settings, lambda _chain: least)
    return [_candidate(cluster, total, network) for cluster in clusters]


def _candidate(cluster: FaultCluster, total: int, network: NetworkState) -> Candidate:
    # The same hold as for one device, so that none is reported before this rule could apply.
    hold_s = network.settings.silence_hold_s
    is_most = 2 * len({fault.subject for fault in cluster.faults}) > total
    return Candidate(
        faults=cluster.faults,
        start_ns=cluster.start_ns,
        end_ns=cluster.end_ns,
        state=State.UNKNOWN,
        segment=None,
        symptom=Symptom.AGENT_SILENT,
        party=CITY,
        severity=Severity.CRITICAL if is_most else Severity.MAJOR,
        hold_s=hold_s,
        limit_s=hold_s,
        total=total,
    )


RULE = GroupRule(
    code="many_silent",
    title=Text("collector.rule_many_silent.title"),
    precedence=60,
    group_key=group_key,
    assess=assess,
    covers=("site_power", "agent_silent"),
    sentences=RuleSentences(
        headline=Text("collector.rule_many_silent.headline"),
        situation=Text("collector.rule_many_silent.situation"),
        do=Text("collector.rule_many_silent.do"),
    ),
)
