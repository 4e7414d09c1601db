"""
Reads equipment by SNMP: a client behind a narrow interface, profiles as data, one survey per run.

Everything that is heavy to import is in ``worker``, a process that runs for one survey.
"""
