"""Trying again: how long to wait, for sinks and channels alike."""
