"""The ``snmp`` kind: the results of a survey of equipment."""
