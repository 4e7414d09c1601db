"""
Metrics that had another name once: what older agents send, and what a journal still holds.

Names and units changed when promtool got its say: ``_count`` belongs to histograms, rates are in
bytes, and no name holds the word of a type. The one place that knows the former names; batches
(``batch.layout``), batches in JSON and answers kept by a collector are read through it.
"""

from typing import Final, NamedTuple


class Now(NamedTuple):
    """The name of a metric today, and by how much the value of its former name is divided."""

    name: str
    divisor: int


_BITS_PER_BYTE = 8

RENAMED: Final[dict[str, Now]] = {
    "dns_answers_count": Now("dns_answers", 1),
    "failover_changes_count_total": Now("failover_changes_total", 1),
    "host_agent_waiting_batches_count": Now("host_agent_waiting_batches", 1),
    "host_interface_carrier_changes_count_total": Now("host_interface_carrier_changes_total", 1),
    "http_certificates_count": Now("http_certificates", 1),
    "path_hops_count": Now("path_hops", 1),
    "path_labelled_hops_count": Now("path_labelled_hops", 1),
    "path_silent_hops_count": Now("path_silent_hops", 1),
    "qcvn_down_bits_per_second": Now("qcvn_down_bytes_per_second", _BITS_PER_BYTE),
    "qcvn_up_bits_per_second": Now("qcvn_up_bytes_per_second", _BITS_PER_BYTE),
    "radio_cell_changes_count_total": Now("radio_cell_changes_total", 1),
    "radio_fallbacks_count_total": Now("radio_fallbacks_total", 1),
    "radio_technology_changes_count_total": Now("radio_technology_changes_total", 1),
    "radio_values_rejected_count": Now("radio_values_rejected", 1),
    "snmp_device_reboots_count_total": Now("snmp_device_reboots_total", 1),
    "snmp_interface_counter_resets_count_total": Now("snmp_interface_discontinuities_total", 1),
    "snmp_interface_speed_bits_per_second": Now(
        "snmp_interface_speed_bytes_per_second", _BITS_PER_BYTE
    ),
    "snmp_values_rejected_count": Now("snmp_values_rejected", 1),
    "speedtest_down_bits_per_second": Now("speedtest_down_bytes_per_second", _BITS_PER_BYTE),
    "speedtest_up_bits_per_second": Now("speedtest_up_bytes_per_second", _BITS_PER_BYTE),
    "throughput_down_bits_per_second": Now("throughput_down_bytes_per_second", _BITS_PER_BYTE),
    "throughput_up_bits_per_second": Now("throughput_up_bytes_per_second", _BITS_PER_BYTE),
}
"""By the former name. An entry is never taken out: journals and devices keep what they have."""


def now(name: str) -> Now:
    """Return the present name of a metric; its own where it never had another."""
    return RENAMED.get(name) or Now(name, 1)
