"""The device's own certificate: its key, asking for it, renewing it."""
