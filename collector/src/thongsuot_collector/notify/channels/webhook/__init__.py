"""Webhook: a signed POST of the incident as JSON."""
