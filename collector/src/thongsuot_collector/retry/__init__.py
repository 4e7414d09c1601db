"""Trying again: what a receiver asks for, for sinks and channels alike."""
