"""
Probing: what the kinds of probes share, and the uplink too: the contract of a probe, addresses,
names, authorities, equipment, workers.
"""
