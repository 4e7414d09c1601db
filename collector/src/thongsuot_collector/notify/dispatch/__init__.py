"""Telling: who is told by which channel, until it is known that they were. For all channels."""
