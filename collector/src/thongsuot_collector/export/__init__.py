"""Exports raw results from the journal to a file, for research and disputes."""
