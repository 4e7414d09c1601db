"""The ``icmp`` kind."""
