"""
Reading equipment by SNMP: a client behind a narrow interface, profiles as data, one survey a run.

Everything that is heavy to import lives in ``worker``, a process that lives for one survey.
"""
