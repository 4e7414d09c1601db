"""
Metrics that had another name once: what older agents send, and what a journal still holds.

Names and units changed when promtool got its say: ``_count`` belongs to histograms, rates are in
bytes, and no name holds the word of a type. The one place that knows the former names; batches
(``batch.layout``), batches in JSON and answers kept by a collector are read through it.
"""

from typing import Final, NamedTuple


class PresentName(NamedTuple):
    """The name of a metric today, and by how much the value of its former name is divided."""

    name: str
    divisor: int


_BITS_PER_BYTE = 8

PRESENT_NAMES: Final[dict[str, PresentName]] = {
    "dns_answers_count": PresentName("dns_answers", 1),
    "failover_changes_count_total": PresentName("failover_changes_total", 1),
    "host_agent_waiting_batches_count": PresentName("host_agent_waiting_batches", 1),
    "host_interface_carrier_changes_count_total": PresentName(
        "host_interface_carrier_changes_total", 1
    ),
    "http_certificates_count": PresentName("http_certificates", 1),
    "path_hops_count": PresentName("path_hops", 1),
    "path_labelled_hops_count": PresentName("path_labelled_hops", 1),
    "path_silent_hops_count": PresentName("path_silent_hops", 1),
    "qcvn_down_bits_per_second": PresentName("qcvn_down_bytes_per_second", _BITS_PER_BYTE),
    "qcvn_up_bits_per_second": PresentName("qcvn_up_bytes_per_second", _BITS_PER_BYTE),
    "radio_cell_changes_count_total": PresentName("radio_cell_changes_total", 1),
    "radio_fallbacks_count_total": PresentName("radio_fallbacks_total", 1),
    "radio_technology_changes_count_total": PresentName("radio_technology_changes_total", 1),
    "radio_values_rejected_count": PresentName("radio_values_rejected", 1),
    "snmp_device_reboots_count_total": PresentName("snmp_device_reboots_total", 1),
    "snmp_interface_counter_resets_count_total": PresentName(
        "snmp_interface_discontinuities_total", 1
    ),
    "snmp_interface_speed_bits_per_second": PresentName(
        "snmp_interface_speed_bytes_per_second", _BITS_PER_BYTE
    ),
    "snmp_values_rejected_count": PresentName("snmp_values_rejected", 1),
    "speedtest_down_bits_per_second": PresentName(
        "speedtest_down_bytes_per_second", _BITS_PER_BYTE
    ),
    "speedtest_up_bits_per_second": PresentName("speedtest_up_bytes_per_second", _BITS_PER_BYTE),
    "throughput_down_bits_per_second": PresentName(
        "throughput_down_bytes_per_second", _BITS_PER_BYTE
    ),
    "throughput_up_bits_per_second": PresentName("throughput_up_bytes_per_second", _BITS_PER_BYTE),
}
"""By the former name. An entry is never taken out: journals and devices keep what they have."""


def present_name(name: str) -> PresentName:
    """Return the present name of a metric; its own where it never had another."""
    return PRESENT_NAMES.get(name) or PresentName(name, 1)
