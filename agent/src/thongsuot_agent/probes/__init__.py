"""
Probes: one folder a kind, named as the ``kind`` in the configuration and in the catalogue.

A folder holds everything of its kind; its ``probe.py`` holds ``PROBE``. What kinds share stands in
``thongsuot_agent.probing``. No kind imports another.
"""
