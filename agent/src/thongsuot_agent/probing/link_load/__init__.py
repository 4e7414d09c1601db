"""Filling a link: shared by the kinds that do it, here and in their short-lived workers."""
