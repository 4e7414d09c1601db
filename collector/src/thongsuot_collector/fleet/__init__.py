"""Letting devices in, and who changed what, from the command line."""
