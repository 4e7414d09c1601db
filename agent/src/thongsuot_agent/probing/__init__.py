"""
Probing: shared by the kinds of probes and the uplink: the contract of a probe, addresses, names,
authorities, equipment, workers.
"""
