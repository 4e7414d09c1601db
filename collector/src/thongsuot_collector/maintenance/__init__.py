"""Planned work: from the words of the command line to a window, and back."""
