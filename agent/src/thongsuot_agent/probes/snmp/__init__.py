"""The ``snmp`` kind: what a survey of equipment comes to."""
