"""
Probes: one folder per kind, with the name that ``kind`` has in the configuration and in the
catalogue.

A folder contains everything that belongs to its kind; its ``probe.py`` defines ``PROBE``. Code
shared by several kinds is in ``thongsuot_agent.probing``. No kind imports another.
"""
