"""Filling a link: what the kinds that do it share, here and in their short-lived workers."""
