"""The roles, on a machine that systemd boots."""
