"""Parsers of modem data from routers and daemons: HTTP answers, D-Bus objects."""
