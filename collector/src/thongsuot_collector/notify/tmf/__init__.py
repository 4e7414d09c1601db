"""TM Forum's forms: tickets (TMF621) and alarms (TMF642), as data. Pure."""
